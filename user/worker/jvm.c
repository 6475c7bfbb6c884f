/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/jvm.h"

#include <assert.h>
#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/worker/jvm_metrics.h"

/* Twice what HotSpot makes by default (PerfDataMemorySize); what is longer is not read. */
enum { FILE_BYTES = 64 << 10 };

#define READ_EVERY_NS NS_PER_S

/* After it was seen, then after each try; a JVM has its file 50 ms after it began. */
static const uint64_t tries_ns[] = { NS_PER_S, 2 * NS_PER_S, 8 * NS_PER_S };

struct jvm {
	struct process_id id;
	enum jvm_state state;
	int fd;		 /* -1: not open */
	uint64_t ask_ns; /* when to ask; 0: not */
	size_t tries;
	uint64_t read_ns; /* tried last; 0: never */
	bool was_invalid; /* and counted */
	bool has_place;	  /* among the `limit` of them: a descriptor is open, or may come */
	struct hsperf_index index;
	struct hsperf_counters now; /* as they were read last */
	struct jvm_row *row;	    /* NULL: never read */
};

struct jvms {
	struct jvms_options options;
	struct table jvms; /* by process_id */
	struct table rows; /* by their resources' ids */
	size_t places;	   /* that are taken */
	uint64_t unread[JVM_STATES];
	char *file; /* FILE_BYTES, of which one is read at a time */
	struct collector collector;
};

static const char *const state_names[] = {
	[JVM_NOT] = "",	       [JVM_WAITING] = "waiting", [JVM_READ] = "read",
	[JVM_NONE] = "none",   [JVM_INVALID] = "invalid", [JVM_FILE_SYSTEM] = "file_system",
	[JVM_LIMIT] = "limit",
};
static_assert(ARRAY_SIZE(state_names) == JVM_STATES, "each state has its name");

const char *jvm_state_name(enum jvm_state state)
{
	return state_names[state];
}

static struct str key_of(const struct process_id *id)
{
	return (struct str){ (const char *)id, sizeof(*id) };
}

static bool runs_java(const struct process *process)
{
	return process && resource_speaks(process->resource, STR("java"));
}

static void give_place(struct jvms *j, struct jvm *m)
{
	j->places -= m->has_place;
	m->has_place = false;
}

/* Nothing of it is read. */
static void settle_as(struct jvms *j, struct jvm *m, enum jvm_state state)
{
	give_place(j, m);
	m->state = state;
	m->ask_ns = 0;
	j->unread[state]++;
}

/* What stands there can be had without waiting for anybody but a disk. */
static bool is_local(int fd)
{
	static const uint32_t local[] = { TMPFS_MAGIC,
					  EXT4_SUPER_MAGIC,
					  XFS_SUPER_MAGIC,
					  BTRFS_SUPER_MAGIC,
					  OVERLAYFS_SUPER_MAGIC,
					  F2FS_SUPER_MAGIC,
					  0x2fc12fc1 /* ZFS */ };
	struct statfs status;

	if (fstatfs(fd, &status))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((uint32_t)status.f_type == local[i])
			return true;
	return false;
}

/* Has any that only grows become less? */
static bool is_less(const struct hsperf_counters *now, const struct hsperf_counters *before)
{
	for (int i = HSPERF_CLASSES_LOADED; i <= HSPERF_COLLECTOR_2_TIME; i++)
		if (now->value[i] < before->value[i])
			return true;
	return false;
}

static struct jvm_row *row_of(struct jvms *j, const struct jvm *m)
{
	const struct process *process = processes_find(j->options.processes, m->id);
	struct jvm_row *row;

	if (!process || !process->resource)
		return NULL;
	row = table_find_u64(&j->rows, process->resource->id);
	if (row)
		return row;
	row = xcalloc(1, sizeof(*row));
	row->resource = resource_ref(process->resource);
	row->since_unix_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + m->id.started_ns;
	table_put_u64(&j->rows, process->resource->id, row);
	return row;
}

/* Whose it is may change: an instance can get another resource. */
static void join(struct jvms *j, struct jvm *m)
{
	struct jvm_row *row = row_of(j, m);

	if (!row || row == m->row)
		return;
	if (m->row)
		m->row->members--;
	m->row = row;
	row->members++;
}

/* False when there was nothing to be read, or nothing that can be. */
static bool read_file(struct jvms *j, struct jvm *m)
{
	struct hsperf_counters counters;
	ssize_t got = pread(m->fd, j->file, FILE_BYTES, 0);
	int error = hsperf_read((struct str){ j->file, got > 0 ? (size_t)got : 0 }, &m->index,
				&counters);

	if (!error && is_less(&counters, &m->now))
		error = -EINVAL;
	if (error == -EAGAIN)
		return false;
	m->state = error ? JVM_INVALID : JVM_READ;
	if (error) {
		j->unread[JVM_INVALID] += !m->was_invalid;
		m->was_invalid = true;
		return false;
	}
	m->now = counters;
	return true;
}

static void read_now(struct jvms *j, struct jvm *m, uint64_t now_ns)
{
	if (m->fd < 0 || (m->read_ns && now_ns - m->read_ns < READ_EVERY_NS))
		return;
	m->read_ns = now_ns;
	if (read_file(j, m))
		join(j, m);
}

/* The process has ended, or calls another program: its last numbers. The file outlives its name. */
static void finish(struct jvms *j, struct jvm *m)
{
	if (m->fd >= 0 && read_file(j, m) && !m->row)
		join(j, m);
	closep(&m->fd);
	m->fd = -1;
	m->ask_ns = 0;
	give_place(j, m);
}

/* From now on they are its instance's. */
static void leave(struct jvms *j, struct jvm *m)
{
	finish(j, m);
	if (!m->row)
		return;
	jvm_sums_add(&m->row->ended, &m->now);
	m->row->members--;
}

static struct jvm *jvm_new(struct jvms *j, struct process_id process)
{
	struct jvm *m = xcalloc(1, sizeof(*m));

	m->id = process;
	m->fd = -1;
	table_put(&j->jvms, key_of(&m->id), m);
	return m;
}

static void jvm_free(struct jvms *j, struct jvm *m)
{
	give_place(j, m);
	closep(&m->fd);
	free(m);
}

/* Who finds none is remembered, to be counted once. */
static bool take_place(struct jvms *j, struct jvm *m)
{
	if (m->has_place)
		return true;
	if (j->places == j->options.limit) {
		if (m->state != JVM_LIMIT)
			settle_as(j, m, JVM_LIMIT);
		return false;
	}
	j->places++;
	return m->has_place = true;
}

/* It has said all that it will, unless it calls another program. */
static bool is_settled(const struct jvm *m)
{
	return m->fd >= 0 || m->state == JVM_NONE || m->state == JVM_FILE_SYSTEM;
}

static void ask(struct jvms *j, struct jvm *m, uint64_t now_ns)
{
	if (!m->ask_ns || now_ns < m->ask_ns || !j->options.open(j->options.context, m->id))
		return;
	m->ask_ns = 0;
	m->tries++;
}

/* One that has a place: its file is asked for, from `ask_ns` on. */
static void begin(struct jvms *j, struct jvm *m, uint64_t ask_ns, uint64_t now_ns)
{
	m->state = JVM_WAITING;
	m->tries = 0;
	m->ask_ns = ask_ns;
	ask(j, m, now_ns);
}

void jvms_learn(struct jvms *j, struct process_id process, const char *event, uint64_t now_ns)
{
	struct jvm *m = table_find(&j->jvms, key_of(&process));
	bool execs = !strcmp(event, "exec");

	if (!execs && strcmp(event, "seen"))
		return;
	if (m && execs) { /* that was another program */
		leave(j, m);
		table_remove(&j->jvms, key_of(&process));
		jvm_free(j, m);
		m = NULL;
	}
	if ((m && is_settled(m)) || !runs_java(processes_find(j->options.processes, process)))
		return;
	m = m ? m : jvm_new(j, process);
	if (take_place(j, m))
		begin(j, m, execs ? now_ns + tries_ns[0] : now_ns, now_ns);
}

/* It may have none yet. */
static void try_again(struct jvms *j, struct jvm *m, uint64_t now_ns)
{
	if (m->tries < ARRAY_SIZE(tries_ns))
		m->ask_ns = now_ns + tries_ns[m->tries];
	else
		settle_as(j, m, JVM_NONE);
}

void jvms_opened(struct jvms *j, struct process_id process, int fd, uint64_t now_ns)
{
	struct jvm *m = table_find(&j->jvms, key_of(&process));
	bool is_wanted = m && m->state == JVM_WAITING && m->fd < 0 && !m->ask_ns;

	if (is_wanted && fd < 0) {
		try_again(j, m, now_ns);
	} else if (is_wanted && !is_local(fd)) {
		settle_as(j, m, JVM_FILE_SYSTEM);
	} else if (is_wanted && take_place(j, m)) { /* where it ended since, it has none */
		m->fd = TAKE_FD(fd);
		read_now(j, m, now_ns);
	}
	closep(&fd);
}

struct moment {
	struct jvms *jvms;
	uint64_t now_ns;
};

/* Who found no place finds one when another gave its own up. */
static void go_on(struct jvms *j, struct jvm *m, uint64_t now_ns)
{
	if (m->state == JVM_LIMIT && take_place(j, m))
		begin(j, m, now_ns, now_ns);
	else
		ask(j, m, now_ns);
}

/* table_sweep's: is nothing known of it any more? One that ended may be watched again till then. */
static bool is_forgotten(void *value, void *context)
{
	const struct moment *at = context;
	struct jvm *m = value;
	const struct process *process = processes_find(at->jvms->options.processes, m->id);

	if (process && !process->ended)
		go_on(at->jvms, m, at->now_ns);
	else if (process)
		finish(at->jvms, m);
	if (process)
		return false;
	leave(at->jvms, m);
	jvm_free(at->jvms, m);
	return true;
}

static bool row_is_over(void *value, void *context)
{
	const struct moment *at = context;
	struct jvm_row *row = value;

	if (row->members ||
	    !resource_is_over(row->resource, at->now_ns, at->jvms->options.ended_series_ns))
		return false;
	resource_unref(row->resource);
	free(row);
	return true;
}

void jvms_settle(struct jvms *j, uint64_t now_ns)
{
	struct moment at = { j, now_ns };

	table_sweep(&j->jvms, is_forgotten, &at);
	table_sweep(&j->rows, row_is_over, &at);
}

static void sum_up(struct jvms *j)
{
	const struct jvm *m;
	struct jvm_row *row;
	size_t at = 0;

	while ((row = table_next(&j->rows, &at)))
		row->sum = row->ended;
	at = 0;
	while ((m = table_next(&j->jvms, &at))) {
		if (!m->row)
			continue;
		jvm_sums_add(&m->row->sum, &m->now);
		if (m->state == JVM_READ && m->fd >= 0)
			jvm_sums_add_now(&m->row->sum, &m->now);
	}
}

static void give_unread(const struct jvms *j, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "sonde.jvm.unread",
		.unit = "{process}",
		.help = "Java processes whose own counters are not read, by why.",
		.kind = METRIC_COUNTER,
	};

	sink->metric(sink, &metric);
	for (int i = JVM_NONE; i < JVM_STATES; i++) {
		const struct attribute reason =
			attribute_text(STR("reason"), str_of(state_names[i]));

		sink->sample(sink, &(struct sample){ .attributes = &reason,
						     .attribute_count = 1,
						     .value = (double)j->unread[i] });
	}
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct jvms *j = context;
	struct jvm *m;
	size_t at = 0;

	jvms_settle(j, now_ns);
	while ((m = table_next(&j->jvms, &at)))
		read_now(j, m, now_ns);
	sum_up(j);
	give_unread(j, sink);
	if (j->rows.count)
		jvm_metrics_give(&j->rows, sink);
}

struct collector *jvms_collector(struct jvms *j)
{
	return &j->collector;
}

enum jvm_state jvms_state(const struct jvms *j, struct process_id process)
{
	const struct jvm *m = table_find(&j->jvms, key_of(&process));

	return m ? m->state : JVM_NOT;
}

struct jvms *jvms_new(const struct jvms_options *options)
{
	struct jvms *j = xcalloc(1, sizeof(*j));

	j->options = *options;
	j->file = xcalloc(1, FILE_BYTES);
	table_init(&j->jvms, SIZE_MAX); /* no more than there are processes */
	table_init(&j->rows, SIZE_MAX);
	j->collector = (struct collector){ .name = "jvm", .context = j, .collect = collect };
	return j;
}

void jvms_free(struct jvms *j)
{
	struct jvm_row *row;
	struct jvm *m;
	size_t at = 0;

	if (!j)
		return;
	while ((m = table_next(&j->jvms, &at)))
		jvm_free(j, m);
	at = 0;
	while ((row = table_next(&j->rows, &at))) {
		resource_unref(row->resource);
		free(row);
	}
	table_free(&j->jvms);
	table_free(&j->rows);
	free(j->file);
	free(j);
}
