/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/scheduled.h"

#include <math.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/table.h"

#define LOOK_EVERY_NS  (10 * NS_PER_S)
#define LAST_SWITCH_NS NS_PER_S	       /* after its end a process may leave a CPU once more */
#define UNKNOWN_FOR_NS (10 * NS_PER_S) /* its facts come within a second, or never */

/* An instance of a service. */
struct row {
	struct resource *resource;   /* a reference */
	struct scheduled_totals sum; /* of those that ended, too */
	struct preempted_row preempted;
	uint64_t since_unix_ns;
	size_t members;
};

/* A process in the map. */
struct member {
	struct process_id id;
	struct row *row;       /* NULL: it is not known yet */
	struct scheduled told; /* what was added to a row */
	uint64_t unknown_ns;
	bool leaves; /* with this look */
};

struct scheduled_table {
	struct scheduled_options options;
	struct table rows;    /* by their resources' ids */
	struct table members; /* by process_id */
	struct preempted *preempted;
	uint64_t looked_ns;
	uint64_t unknown; /* whose place was given back */
	struct collector collector;
};

/* Powers of four from 0.95 us to 16 s: bounds of the exponential buckets too, so each is exact. */
static const double bounds_at[] = { 0x1p-20, 0x1p-18, 0x1p-16, 0x1p-14, 0x1p-12, 0x1p-10, 0x1p-8,
				    0x1p-6,  0x1p-4,  0x1p-2,  1,	4,	 16 };
static const struct histogram_bounds bounds = { .at = bounds_at, .count = ARRAY_SIZE(bounds_at) };

enum { BOUND_STEP = 2 * WAIT_STEPS, BOUND_FIRST = -20 * WAIT_STEPS };

/* The classic bucket of an exponential one, by its upper bound's number. */
static size_t classic_of(int upper)
{
	size_t i = 0;

	while (i < bounds.count && upper > BOUND_FIRST + (int)i * BOUND_STEP)
		i++;
	return i;
}

void waits_histogram(struct scheduled_totals *s, struct waits *ret)
{
	struct histogram *h = &ret->histogram;

	static_assert(ARRAY_SIZE(bounds_at) < ARRAY_SIZE(ret->classic), "room for the last");
	static_assert(WAIT_FIRST == -20 * WAIT_STEPS, "where the zero bucket ends");
	*ret = (struct waits){ .histogram = { .bounds = &bounds,
					      .zero_count = s->waits[0],
					      .zero_threshold = 0x1p-20,
					      .count = s->waits[0],
					      .sum = (double)s->waited_ns / 1e9,
					      .min = NAN,
					      .max = NAN,
					      .scale = WAIT_SCALE,
					      .first = WAIT_FIRST,
					      .used = WAIT_BUCKETS - 1,
					      .buckets = s->waits + 1,
					      .classic = ret->classic } };
	ret->classic[0] = s->waits[0];
	for (int i = 0; i < WAIT_BUCKETS - 1; i++) {
		ret->classic[classic_of(WAIT_FIRST + i + 1)] += h->buckets[i];
		h->count += h->buckets[i];
	}
	while (h->used && !h->buckets[h->used - 1])
		h->used--;
	for (; h->used && !*h->buckets; h->buckets++, h->used--)
		h->first++;
}

void scheduled_add(struct scheduled *to, const struct scheduled *more)
{
	to->waited_ns += more->waited_ns;
	to->throttled_ns += more->throttled_ns;
	to->voluntary += more->voluntary;
	to->involuntary += more->involuntary;
	to->migrations += more->migrations;
	for (size_t i = 0; i < WAIT_BUCKETS; i++)
		to->waits[i] += more->waits[i];
}

/* What `now` grew by from `told`. */
static void add_growth(struct scheduled_totals *to, const struct scheduled *now,
		       const struct scheduled *told)
{
	to->waited_ns += now->waited_ns - told->waited_ns;
	to->throttled_ns += now->throttled_ns - told->throttled_ns;
	to->voluntary += now->voluntary - told->voluntary;
	to->involuntary += now->involuntary - told->involuntary;
	to->migrations += now->migrations - told->migrations;
	for (size_t i = 0; i < WAIT_BUCKETS; i++)
		to->waits[i] += now->waits[i] - told->waits[i]; /* of 32 bits */
}

static struct row *row_of(struct scheduled_table *t, const struct resource *resource,
			  uint64_t now_ns)
{
	struct row *row = table_find_u64(&t->rows, resource->id);

	if (row)
		return row;
	row = xcalloc(1, sizeof(*row));
	row->resource = resource_ref(resource);
	row->since_unix_ns = now_ns + (uint64_t)*t->options.unix_offset_ns;
	table_put_u64(&t->rows, resource->id, row);
	return row;
}

/* It may be another program than at the last look, and so of another row. */
static void member_join(struct scheduled_table *t, struct member *m, const struct process *process,
			uint64_t now_ns)
{
	struct row *row = row_of(t, process->resource, now_ns);

	m->unknown_ns = 0;
	if (m->row == row)
		return;
	if (m->row)
		m->row->members--;
	m->row = row;
	row->members++;
}

static void member_tell(struct member *m, const struct scheduled *now)
{
	add_growth(&m->row->sum, now, &m->told);
	m->told = *now;
}

static void member_drop(struct scheduled_table *t, struct member *m)
{
	t->options.drop(t->options.context, &m->id);
	if (m->row)
		m->row->members--;
	table_remove(&t->members, (struct str){ (const char *)&m->id, sizeof(m->id) });
	free(m);
}

static struct member *member_of(struct scheduled_table *t, const struct process_id *id)
{
	struct member *m = table_find(&t->members, (struct str){ (const char *)id, sizeof(*id) });

	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->id = *id;
	table_put(&t->members, (struct str){ (const char *)&m->id, sizeof(m->id) }, m);
	return m;
}

/* One of the map; false when it is to be dropped. */
static bool member_look(struct scheduled_table *t, struct member *m, uint64_t now_ns)
{
	const struct process *process = processes_find(t->options.processes, m->id);
	struct scheduled now;

	if (!process || !process->resource) {
		if (!m->unknown_ns)
			m->unknown_ns = now_ns;
		if (now_ns - m->unknown_ns < UNKNOWN_FOR_NS)
			return true;
		t->unknown++;
		return false;
	}
	if (!t->options.read(t->options.context, &m->id, &now))
		return false;
	/* Until now it was what it was at the last look. */
	if (m->row)
		member_tell(m, &now);
	member_join(t, m, process, now_ns);
	member_tell(m, &now);
	return !process->ended || now_ns - process->ended_ns < LAST_SWITCH_NS;
}

/* A process that is not in the map waits for nobody. */
static bool preempted_row_of(void *owner, const struct process_id *id, struct preempted_row **ret)
{
	struct scheduled_table *t = owner;
	struct member *m = table_find(&t->members, (struct str){ (const char *)id, sizeof(*id) });

	if (m && m->row)
		*ret = &m->row->preempted;
	return m;
}

static bool is_over(void *value, void *context)
{
	const struct scheduled_table *t = context;
	struct row *row = value;

	if (row->members ||
	    !resource_is_over(row->resource, t->looked_ns, t->options.ended_series_ns))
		return false;
	resource_unref(row->resource);
	free(row);
	return true;
}

/* Those in the map, which may change under a walk; to be freed. */
static struct process_id *ids_of(const struct scheduled_table *t, size_t *count)
{
	size_t n = 0, room = t->options.limit + 1;
	struct process_id *ids = xcalloc(room, sizeof(*ids));

	while (n < room && t->options.next(t->options.context, n ? &ids[n - 1] : NULL, &ids[n]))
		n++;
	*count = n;
	return ids;
}

/* What is in the map by now is no growth. */
static void succeed(struct scheduled_table *t)
{
	size_t count;
	struct process_id *ids = ids_of(t, &count);

	for (size_t i = 0; i < count; i++) {
		struct member *m = member_of(t, &ids[i]);

		t->options.read(t->options.context, &m->id, &m->told);
	}
	free(ids);
}

/* Each process in the map, and then what becomes of it. */
static void look(struct scheduled_table *t, uint64_t now_ns)
{
	size_t count;
	struct process_id *ids = ids_of(t, &count);

	t->looked_ns = now_ns;
	for (size_t i = 0; i < count; i++) {
		struct member *m = member_of(t, &ids[i]);

		m->leaves = !member_look(t, m, now_ns);
	}
	preempted_look(t->preempted); /* of those that leave for the last time */
	for (size_t i = 0; i < count; i++) {
		struct member *m = member_of(t, &ids[i]);

		if (m->leaves)
			member_drop(t, m);
	}
	free(ids);
	table_sweep(&t->rows, is_over, t);
}

static void give_delay(const struct scheduled_table *t, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "sonde.scheduler.delay",
		.unit = "s",
		.help = "How long tasks that could run waited for a CPU.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &bounds,
	};
	struct row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(&t->rows, &at))) {
		struct waits waits;

		waits_histogram(&row->sum, &waits);
		sink->sample(sink, &(struct sample){ .resource = row->resource,
						     .start_unix_ns = row->since_unix_ns,
						     .histogram = &waits.histogram });
	}
}

static void give_count(const struct row *row, const struct attribute *attribute, uint64_t value,
		       struct metric_sink *sink)
{
	sink->sample(sink, &(struct sample){ .resource = row->resource,
					     .attributes = attribute,
					     .attribute_count = attribute ? 1 : 0,
					     .start_unix_ns = row->since_unix_ns,
					     .value = (double)value });
}

static void give_switches(const struct scheduled_table *t, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "process.context_switches",
		.unit = "{context_switch}",
		.help = "How often tasks left a CPU: by themselves, or because they had to.",
		.kind = METRIC_COUNTER,
	};
	const struct str key = STR("process.context_switch.type");
	const struct attribute voluntary = attribute_text(key, STR("voluntary")),
			       involuntary = attribute_text(key, STR("involuntary"));
	const struct row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(&t->rows, &at))) {
		give_count(row, &voluntary, row->sum.voluntary, sink);
		give_count(row, &involuntary, row->sum.involuntary, sink);
	}
}

static void give_migrations(const struct scheduled_table *t, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "sonde.scheduler.migrations",
		.unit = "{migration}",
		.help = "How often tasks were moved to another CPU.",
		.kind = METRIC_COUNTER,
	};
	const struct row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(&t->rows, &at)))
		give_count(row, NULL, row->sum.migrations, sink);
}

static void give_throttled(const struct scheduled_table *t, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "sonde.scheduler.throttled",
		.unit = "s",
		.help = "Of that delay: the cgroup had used up its quota of CPU time.",
		.kind = METRIC_COUNTER,
	};
	const struct row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(&t->rows, &at)))
		sink->sample(sink,
			     &(struct sample){ .resource = row->resource,
					       .start_unix_ns = row->since_unix_ns,
					       .value = (double)row->sum.throttled_ns / 1e9 });
}

/* What a quota held back nobody else did. */
static void give_preempted(const struct scheduled_table *t, struct metric_sink *sink)
{
	struct row *row;
	size_t at = 0;

	sink->metric(sink, &preempted_metric);
	while ((row = table_next(&t->rows, &at)))
		preempted_give(&row->preempted, row->resource,
			       row->sum.waited_ns > row->sum.throttled_ns
				       ? row->sum.waited_ns - row->sum.throttled_ns
				       : 0,
			       row->since_unix_ns, sink);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct scheduled_table *t = context;

	look(t, now_ns);
	if (!t->rows.count)
		return;
	give_delay(t, sink);
	give_switches(t, sink);
	give_migrations(t, sink);
	give_throttled(t, sink);
	give_preempted(t, sink);
}

struct collector *scheduled_collector(struct scheduled_table *t)
{
	return &t->collector;
}

uint64_t scheduled_unknown(const struct scheduled_table *t)
{
	return t->unknown;
}

struct scheduled_table *scheduled_new(const struct scheduled_options *options)
{
	struct scheduled_table *t = xcalloc(1, sizeof(*t));

	t->options = *options;
	t->options.preempted.row = preempted_row_of;
	t->options.preempted.owner = t;
	t->options.preempted.succeeds = options->succeeds;
	t->preempted = preempted_new(&t->options.preempted);
	table_init(&t->rows, SIZE_MAX);
	table_init(&t->members, SIZE_MAX); /* the map has a limit */
	t->collector = (struct collector){ .name = "scheduled", .context = t, .collect = collect };
	if (options->succeeds)
		succeed(t);
	return t;
}

void scheduled_free(struct scheduled_table *t)
{
	struct member *m;
	struct row *row;
	size_t at = 0;

	if (!t)
		return;
	while ((m = table_next(&t->members, &at)))
		free(m);
	at = 0;
	while ((row = table_next(&t->rows, &at))) {
		resource_unref(row->resource);
		free(row);
	}
	preempted_free(t->preempted);
	table_free(&t->members);
	table_free(&t->rows);
	free(t);
}

void scheduled_settle(struct scheduled_table *t, uint64_t now_ns)
{
	if (now_ns - t->looked_ns >= LOOK_EVERY_NS)
		look(t, now_ns);
}
