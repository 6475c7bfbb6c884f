/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/loops.h"

#include <math.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/worker/loop_row.h"

#define LOOK_EVERY_NS  (10 * NS_PER_S)
#define UNKNOWN_FOR_NS (10 * NS_PER_S) /* its facts come within a second, or never */

enum { READ_TRIES = 16 };

/* A thread that has a cell. */
struct member {
	struct process_id process;
	uint32_t thread;
	uint64_t since_ns;
	struct loop_row *row; /* NULL: not known yet, or not yet known to be a loop */
	struct loop_seen seen;
	uint64_t unknown_ns;
};

struct loops {
	struct loops_options options;
	struct table rows;	 /* by their resources' ids and kinds */
	struct member **members; /* by cell */
	uint64_t looked_ns;
	uint64_t unknown; /* whose cell was given back */
	struct collector collector;
};

/* A whole one, while the kernel half may write it. False: not now. */
static bool cell_read(const struct loop_cell *cell, struct loop_cell *ret)
{
	for (int i = 0; i < READ_TRIES; i++) {
		uint32_t version = __atomic_load_n(&cell->version, __ATOMIC_ACQUIRE);

		*ret = *cell;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(version & 1) && __atomic_load_n(&cell->version, __ATOMIC_RELAXED) == version)
			return true;
	}
	return false;
}

/* It is as it was from the start; the kernel half takes it again. */
static void cell_give_back(struct loop_cell *cell)
{
	memset(&cell->version, 0, sizeof(*cell) - offsetof(struct loop_cell, version));
	__atomic_store_n(&cell->thread, 0, __ATOMIC_RELEASE);
}

static void member_drop(struct loops *l, size_t at)
{
	struct member *m = l->members[at];

	if (m && m->row)
		m->row->loops--;
	free(m);
	l->members[at] = NULL;
}

/* Who has the cell now: the one that had it, or another. */
static struct member *member_at(struct loops *l, size_t at, const struct loop_cell *cell)
{
	struct member *m = l->members[at];

	if (m && m->thread == cell->thread && m->since_ns == cell->since_ns)
		return m;
	member_drop(l, at);
	m = xcalloc(1, sizeof(*m));
	m->process = cell->process;
	m->thread = cell->thread;
	m->since_ns = cell->since_ns;
	l->members[at] = m;
	return m;
}

/*
 * Node has a thread that waits for when to run V8's tasks: no loop of a user's. The user's look at
 * epoll without waiting before they wait (UV_METRICS_IDLE_TIME), and that thread does not.
 */
static bool is_loop(const struct member *m, const struct loop_cell *cell, bool node)
{
	if (!node)
		return cell->sleeps || cell->entries;
	return m->thread == m->process.tgid ||
	       (cell->entries && 2 * cell->entries >= 3 * cell->sleeps);
}

static struct loop_row *row_of(struct loops *l, const struct resource *resource, bool is_main,
			       uint64_t now_ns)
{
	uint64_t key = (uint64_t)resource->id << 1 | is_main;
	struct loop_row *row = table_find_u64(&l->rows, key);

	if (row)
		return row;
	row = xcalloc(1, sizeof(*row));
	row->resource = resource_ref(resource);
	row->is_main = is_main;
	row->is_node = resource_speaks(resource, STR("nodejs"));
	row->since_unix_ns = now_ns + (uint64_t)*l->options.unix_offset_ns;
	row->gauges.utilization = NAN;
	table_put_u64(&l->rows, key, row);
	return row;
}

/* It may be another program than at the last look, and so of another row. */
static void member_join(struct loops *l, struct member *m, const struct loop_cell *cell,
			const struct resource *resource, uint64_t now_ns)
{
	struct loop_row *row;

	if (!m->row && !is_loop(m, cell, resource_speaks(resource, STR("nodejs"))))
		return;
	row = row_of(l, resource, m->thread == m->process.tgid, now_ns);
	if (m->row == row)
		return;
	if (m->row)
		m->row->loops--;
	m->row = row;
	row->loops++;
}

/* Take what was noted since the last look; what the kernel half notes at this moment may be lost. */
static void take_extremes(struct loop_row *row, struct loop_cell *cell)
{
	uint64_t least = __atomic_exchange_n(&cell->least_ns, 0, __ATOMIC_RELAXED);
	uint64_t most = __atomic_exchange_n(&cell->most_ns, 0, __ATOMIC_RELAXED);

	if (least && (!row->least_ns || least < row->least_ns))
		row->least_ns = least;
	if (most > row->most_ns)
		row->most_ns = most;
}

/* How a loop turns is seen where it enters epoll; unseen, all between two sleeps would be a turn. */
static bool turns_are_seen(const struct loop_cell *cell)
{
	return cell->entries || cell->sleeps < 2;
}

/* What the cell grew by is its row's. */
static void member_tell(struct member *m, const struct loop_cell *cell, struct loop_cell *from,
			uint64_t now_ns)
{
	bool fires = turns_are_seen(cell);

	if (!m->row)
		return;
	loop_tally_grow(&m->row->total, &m->seen, cell, now_ns, fires);
	if (fires)
		take_extremes(m->row, from);
}

/* One that has a thread; false when it is to be given back. */
static bool member_look(struct loops *l, struct member *m, const struct loop_cell *cell,
			struct loop_cell *from, uint64_t now_ns)
{
	const struct process *process = processes_find(l->options.processes, m->process);

	if (!process || !process->resource) {
		if (!m->unknown_ns)
			m->unknown_ns = now_ns;
		if (now_ns - m->unknown_ns < UNKNOWN_FOR_NS && !cell->ended_ns)
			return true;
		l->unknown++;
		return false;
	}
	m->unknown_ns = 0;
	/* Until now it was what it was at the last look. */
	member_tell(m, cell, from, now_ns);
	if (!m->row || !cell->ended_ns)
		member_join(l, m, cell, process->resource, now_ns);
	member_tell(m, cell, from, now_ns);
	return !cell->ended_ns && !process->ended;
}

static bool is_over(void *value, void *context)
{
	const struct loops *l = context;
	struct loop_row *row = value;

	if (row->loops ||
	    !resource_is_over(row->resource, l->looked_ns, l->options.ended_series_ns))
		return false;
	resource_unref(row->resource);
	free(row);
	return true;
}

/* False: the cell is nobody's, or cannot be read now. */
static bool look_at(struct loops *l, size_t at, struct loop_cell *ret)
{
	const struct loop_cell *from = &l->options.cells[at];

	if (!__atomic_load_n(&from->thread, __ATOMIC_ACQUIRE)) {
		member_drop(l, at);
		return false;
	}
	return cell_read(from, ret) && ret->since_ns;
}

/* Before anybody is watched only the self-test had a loop, and it has ended. */
static void forget_ended(struct loops *l)
{
	struct loop_cell cell;

	for (size_t i = 0; l->options.cells && i < l->options.limit; i++)
		if (look_at(l, i, &cell) && cell.ended_ns)
			cell_give_back(&l->options.cells[i]);
}

/* What is in the cells by now is no growth. */
static void succeed(struct loops *l)
{
	struct loop_tally told = {};
	struct loop_row row = {};
	struct loop_cell cell;

	for (size_t i = 0; l->options.cells && i < l->options.limit; i++) {
		if (!look_at(l, i, &cell))
			continue;
		loop_tally_grow(&told, &member_at(l, i, &cell)->seen, &cell, l->options.told_ns,
				true);
		take_extremes(&row, &l->options.cells[i]);
	}
}

static void look(struct loops *l, uint64_t now_ns)
{
	l->looked_ns = now_ns;
	for (size_t i = 0; l->options.cells && i < l->options.limit; i++) {
		struct loop_cell *from = &l->options.cells[i], cell;

		if (!look_at(l, i, &cell))
			continue;
		if (member_look(l, member_at(l, i, &cell), &cell, from, now_ns))
			continue;
		member_drop(l, i);
		cell_give_back(from);
	}
	table_sweep(&l->rows, is_over, l);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct loops *l = context;

	look(l, now_ns);
	loop_rows_give(&l->rows, now_ns, sink);
}

struct collector *loops_collector(struct loops *l)
{
	return &l->collector;
}

uint64_t loops_unknown(const struct loops *l)
{
	return l->unknown;
}

struct loops *loops_new(const struct loops_options *options)
{
	struct loops *l = xcalloc(1, sizeof(*l));

	l->options = *options;
	l->members = xcalloc(options->limit, sizeof(struct member *));
	table_init(&l->rows, SIZE_MAX); /* no more than there are resources, twice */
	l->collector = (struct collector){ .name = "loops", .context = l, .collect = collect };
	if (options->told_ns)
		succeed(l);
	else
		forget_ended(l);
	return l;
}

void loops_free(struct loops *l)
{
	struct loop_row *row;
	size_t at = 0;

	if (!l)
		return;
	for (size_t i = 0; i < l->options.limit; i++)
		free(l->members[i]);
	while ((row = table_next(&l->rows, &at))) {
		resource_unref(row->resource);
		free(row);
	}
	table_free(&l->rows);
	free(l->members);
	free(l);
}

void loops_settle(struct loops *l, uint64_t now_ns)
{
	if (now_ns - l->looked_ns >= LOOK_EVERY_NS)
		look(l, now_ns);
}
