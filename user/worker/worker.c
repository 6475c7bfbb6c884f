/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/worker.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/exit.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/event/event.h"
#include "user/hsperf/mapped.h"
#include "user/monitor/message.h"
#include "user/monitor/shared.h"
#include "user/process/host.h"
#include "user/process/read.h"
#include "user/worker/follow.h"
#include "user/worker/inspect.h"
#include "user/worker/jail.h"
#include "user/worker/jvm.h"
#include "user/worker/learner.h"
#include "user/worker/loops.h"
#include "user/worker/pipeline.h"
#include "user/worker/rings.h"
#include "user/worker/scheduled_map.h"
#include "user/worker/self.h"

#define SWEEP_NS    (100 * NS_PER_MS)
#define PATIENCE_NS (200 * NS_PER_MS)  /* for facts about a process whose records have come */
#define FLUSH_NS    (4500 * NS_PER_MS) /* of the 5 s that ending may take */

enum { EXITS_BYTES = 1 << 20 };

struct worker {
	const struct config *config;
	const int *fds;
	struct loop *loop;
	struct shared *shared;
	struct pipeline *pipeline;
	struct rings *rings;
	struct verdict_cell *verdicts;
	struct capture_control *control;
	struct follows follows;
	struct tape_writer *tape;
	struct learner *learner;
	struct scheduled_map scheduled_map;
	struct scheduled_table *scheduled;
	struct jvms *jvms; /* NULL: collect.jvm is off */
	struct loops *loops;
	struct self *self;
	struct inspect *inspect;
	struct watch monitor;
	struct timer sweep, second, stop;
	struct buf facts; /* made up */
	struct buf exits; /* records of ends, held until the rings are drained */
	uint64_t
		waiting_ns; /* when the oldest record was made that waits for facts about its process */
	int status;
	bool stopping, stopped; /* stopped: no record is taken any more */
};

/* One cell per hash of the cookie; a tag that does not match means the default. */
static void set_verdict(void *context, uint64_t cookie, enum verdict verdict, uint16_t head_bytes)
{
	struct worker *w = context;
	struct verdict_cell cell = { .tag = (uint32_t)(cookie / VERDICT_CELLS),
				     .verdict = (uint16_t)verdict,
				     .head_bytes = head_bytes };
	uint64_t *there = (uint64_t *)&w->verdicts[cookie % VERDICT_CELLS], word;

	memcpy(&word, &cell, sizeof(word));
	if (__atomic_load_n(there, __ATOMIC_RELAXED) != word) /* it is said again with each turn */
		__atomic_store_n(there, word, __ATOMIC_RELAXED);
}

static void set_heads(void *context, uint16_t port, uint16_t head_bytes)
{
	struct worker *w = context;

	__atomic_store_n(&w->control->head_bytes[port], head_bytes, __ATOMIC_RELAXED);
}

static void set_follow(void *context, uint32_t tgid, uint32_t mask, uint32_t flags)
{
	follows_set(&((struct worker *)context)->follows, tgid, mask, flags);
}

/* Nothing is known of this process and nothing came in time: it is named by its record alone. */
static void make_up_facts(struct worker *w, const struct record *record)
{
	struct process_files none = process_files_new(NULL, 0, 0);
	struct process_id nobody = {};

	buf_clear(&w->facts);
	log_debug("no facts came about a process", "pid=%u", record->process.tgid);
	if (!process_facts(w->config, record->process, nobody, "seen", "unknown", &none,
			   monotonic_ns(), &w->facts))
		pipeline_take(w->pipeline, buf_str(&w->facts));
}

/*
 * A record of a process that is not known yet stays in its ring for a moment,
 * counted from when it was made: those behind it have waited as long.
 */
static bool take_record(void *context, struct str bytes)
{
	struct worker *w = context;
	const struct record *record;

	if (w->stopped)
		return false;
	record = event_check(bytes);
	if (!record) {
		pipeline_refuse(w->pipeline);
		return true;
	}
	if (!pipeline_knows(w->pipeline, record->process)) {
		if (!w->stopping && monotonic_ns() < record->at_ns + PATIENCE_NS) {
			if (!w->waiting_ns || record->at_ns < w->waiting_ns)
				w->waiting_ns = record->at_ns;
			return false;
		}
		make_up_facts(w, record);
	}
	pipeline_take_record(w->pipeline, record);
	return true;
}

/* Ends are told of after all that came before them was taken. */
static void on_drained(void *context)
{
	struct worker *w = context;
	struct str exits = buf_str(&w->exits);

	while (exits.len) {
		const struct record *record = (const void *)exits.at;

		pipeline_take(w->pipeline, (struct str){ exits.at, record->size });
		exits = str_after(exits, (record->size + 7) & ~(size_t)7);
	}
	buf_clear(&w->exits);
	/* What stands in a ring behind one that waits has not come yet. */
	pipeline_settle(w->pipeline, w->waiting_ns ? w->waiting_ns : monotonic_ns());
	memcpy(w->shared->in, w->pipeline->ledger.in, sizeof(w->shared->in));
	memcpy(w->shared->out, w->pipeline->ledger.out, sizeof(w->shared->out));
	memcpy(w->shared->lost, w->pipeline->ledger.lost, sizeof(w->shared->lost));
	w->shared->exchanges = *exchanges_counters(w->pipeline->exchanges);
	if (exchanges_want_sweep(w->pipeline->exchanges) && !w->sweep.at_ns)
		loop_timer(w->loop, &w->sweep, monotonic_ns() + SWEEP_NS);
	if (w->waiting_ns)
		loop_timer(w->loop, &w->sweep, monotonic_ns() + SWEEP_NS / 20);
	w->waiting_ns = 0;
}

/* What was made since the newest record that was taken has not come yet. */
static void on_behind(void *context)
{
	struct worker *w = context;
	uint64_t read_ns = w->pipeline->read_ns;

	pipeline_settle(w->pipeline,
			w->waiting_ns && w->waiting_ns < read_ns ? w->waiting_ns : read_ns);
}

/* One pass over all connections; what it has to say comes through the rings. */
static void on_sweep(struct timer *timer, uint64_t now_ns)
{
	struct worker *w = container_of(timer, struct worker, sweep);
	_cleanup_(closep) int pass = -1;
	char nothing[64];

	(void)now_ns;
	if (exchanges_want_sweep(w->pipeline->exchanges))
		pass = bpf_iter_create(w->fds[WORKER_SWEEP]);
	while (pass >= 0 && read(pass, nothing, sizeof(nothing)) > 0)
		;
	rings_read(w->rings);
}

static void on_second(struct timer *timer, uint64_t now_ns)
{
	struct worker *w = container_of(timer, struct worker, second);
	struct record_clock clock = {
		.head = { .type = RECORD_CLOCK, .size = sizeof(clock), .at_ns = now_ns },
		.unix_offset_ns = clock_unix_offset_ns(),
	};

	pipeline_take(w->pipeline, (struct str){ (const char *)&clock, sizeof(clock) });
	scheduled_settle(w->scheduled, now_ns);
	if (w->jvms)
		jvms_settle(w->jvms, now_ns);
	loops_settle(w->loops, now_ns);
	processes_expire(w->pipeline->processes, now_ns);
	if (w->tape && tape_flush(w->tape)) {
		log_error("the tape cannot be written", "path=%s", w->config->tape_record);
		tape_writer_free(w->tape);
		w->tape = w->pipeline->tape = NULL;
	}
	loop_timer(w->loop, &w->second, now_ns + NS_PER_S);
	/* Where no record wakes it, what waits has waited for a second. */
	rings_read(w->rings);
}

/* The record of an end, for when the rings are drained; the next one is aligned again. */
static int exit_keep(struct worker *w, struct str record)
{
	static const char zeros[8];
	size_t over = record.len % sizeof(zeros), size = w->exits.len;
	struct str padding = { zeros, over ? sizeof(zeros) - over : 0 };
	int error = buf_add(&w->exits, record);

	if (!error)
		error = buf_add(&w->exits, padding);
	if (error)
		w->exits.len = size;
	return error;
}

/* What the learner made of news, in their order. */
static void take_facts(void *context, const struct monitor_message *news, struct str record)
{
	struct worker *w = context;

	if (record.len && (strcmp(news->event, "exit") || exit_keep(w, record)))
		pipeline_take(w->pipeline, record);
	if (w->jvms)
		jvms_learn(w->jvms, news->process, news->event, monotonic_ns());
	if (!learner_full(w->learner))
		loop_rewatch(w->loop, &w->monitor, EPOLLIN);
	/* Perhaps it is what a record waited for, or an end for which no record will come. */
	if (w->sweep.at_ns || w->exits.len)
		rings_read(w->rings);
}

/* A file that the learner asked for. */
static void take_opened(void *context, struct process_id process, int fd)
{
	struct worker *w = context;

	jvms_opened(w->jvms, process, fd, monotonic_ns());
	if (!learner_full(w->learner))
		loop_rewatch(w->loop, &w->monitor, EPOLLIN);
}

static bool ask_counters(void *context, struct process_id process)
{
	struct worker *w = context;

	if (learner_full(w->learner))
		return false;
	learner_open(w->learner, process, HSPERF_PATTERN);
	return true;
}

/* The configuration was read again and nothing else in it is the worker's. */
static void take_options(struct worker *w, int fd)
{
	buf_clear(&w->pipeline->watch_flags);
	if (read_regular(fd, &w->pipeline->watch_flags))
		log_warn("what is watched now cannot be read", "");
}

static bool is_flushed(const struct worker *w)
{
	const struct pipeline *p = w->pipeline;

	for (size_t i = 0; i < p->exporter_count; i++)
		if (p->exporters[i]->done && !p->exporters[i]->done(p->exporter_selves[i]))
			return false;
	return true;
}

static void on_stop(struct timer *timer, uint64_t now_ns)
{
	struct worker *w = container_of(timer, struct worker, stop);
	static uint64_t until_ns;

	if (!until_ns)
		until_ns = now_ns + FLUSH_NS;
	if (is_flushed(w) || now_ns >= until_ns) {
		loop_stop(w->loop);
		return;
	}
	loop_timer(w->loop, &w->stop, now_ns + 10 * NS_PER_MS);
}

/*
 * Take what is in the rings by now, count what has no end yet, then have the exporters send what
 * they hold.
 */
static void stop(struct worker *w)
{
	struct pipeline *p = w->pipeline;

	if (w->stopping)
		return;
	w->stopping = true;
	learner_finish(w->learner);
	rings_drain(w->rings);
	w->stopped = true;
	exchanges_lose_open(p->exchanges);
	pipeline_finish(p);
	pipeline_flush(p);
	loop_timer(w->loop, &w->stop, monotonic_ns());
}

static void on_monitor(struct watch *watch, uint32_t events)
{
	struct worker *w = container_of(watch, struct worker, monitor);
	size_t count = MESSAGE_FDS;
	int fds[MESSAGE_FDS], got;
	struct monitor_message m;

	(void)events;
	got = message_receive(watch->fd, &m, fds, &count);
	if (got == 0) { /* the monitor is gone, and the kernel half with it */
		loop_unwatch(w->loop, watch);
		w->status = 1;
		loop_stop(w->loop);
		return;
	}
	if (got < 0)
		return;
	if (m.type == MESSAGE_PROCESS) {
		learner_add(w->learner, &m, fds, count);
		count = 0;
		if (learner_full(w->learner)) /* until some are told */
			loop_rewatch(w->loop, watch, 0);
	} else if (m.type == MESSAGE_OPTIONS && count) {
		take_options(w, fds[0]);
	} else if (m.type == MESSAGE_STOP) {
		stop(w);
	}
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static void *map(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* How many it was made for at the start, whatever the options say now; 0: that cannot be told. */
static size_t map_entries(int fd)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.max_entries;
}

static bool capture_is_ready(void *owner)
{
	const struct worker *w = owner;

	return __atomic_load_n(&w->shared->watching, __ATOMIC_ACQUIRE) && !w->stopping;
}

/* The monitor says it, and what becomes of it. */
static void fail(struct worker *w, const char *why)
{
	struct monitor_message failed = { .type = MESSAGE_FAILED };

	snprintf(failed.text, sizeof(failed.text), "%s", why);
	message_send(w->fds[WORKER_MONITOR], &failed, NULL, 0);
	w->status = EXIT_USAGE;
}

static int begin_export(struct worker *w, const int *listeners, size_t count)
{
	struct export_context context = {
		.config = w->config,
		.loop = w->loop,
		.collectors = &w->pipeline->collectors,
		.listeners = listeners,
		.listener_count = count,
		.ledger = &w->pipeline->ledger,
		.ready = capture_is_ready,
		.owner = w,
		.started_unix_ns = clock_ns(CLOCK_REALTIME),
	};
	const char *error = NULL;

	if (!pipeline_export(w->pipeline, &context, &error))
		return 0;
	fail(w, error);
	return -EINVAL;
}

/* Records, by those before. Facts that were refused count as invalid too, and came through no ring. */
static uint64_t taken_and_not_handled(const struct rings *rings, const struct ledger *l)
{
	uint64_t taken = rings_taken(rings);
	uint64_t told = l->out[STAGE_RING] + l->lost[LOSS_RING_INVALID] + l->lost[LOSS_RING_FATAL] +
			l->lost[LOSS_RING_WORKER_DIED];

	return taken > told ? taken - told : 0;
}

/* What the worker before had taken and not given out is lost, and said so. */
static void inherit_counts(struct worker *w)
{
	static const struct {
		enum stage stage;
		enum loss loss;
	} with_worker[] = { { STAGE_EXCHANGE, LOSS_EXCHANGE_WORKER_DIED },
			    { STAGE_SPAN, LOSS_SPAN_WORKER_DIED },
			    { STAGE_EXPORT, LOSS_EXPORT_WORKER_DIED } };
	struct ledger *l = &w->pipeline->ledger;

	memcpy(l->in, w->shared->in, sizeof(l->in));
	memcpy(l->out, w->shared->out, sizeof(l->out));
	memcpy(l->lost, w->shared->lost, sizeof(l->lost));
	exchanges_inherit(w->pipeline->exchanges, &w->shared->exchanges);
	l->lost[LOSS_RING_FATAL] += rings_skipped(w->rings);
	l->lost[LOSS_RING_WORKER_DIED] += taken_and_not_handled(w->rings, l);
	for (size_t i = 0; i < ARRAY_SIZE(with_worker); i++)
		l->lost[with_worker[i].loss] += (uint64_t)ledger_residual(l, with_worker[i].stage);
}

static void begin_scheduled(struct worker *w)
{
	scheduled_map_init(&w->scheduled_map, w->fds[WORKER_SCHEDULED], w->fds[WORKER_PREEMPTED]);
	w->scheduled = scheduled_new(&(struct scheduled_options){
		.processes = w->pipeline->processes,
		.limit = map_entries(w->fds[WORKER_SCHEDULED]),
		.ended_series_ns = w->config->limit.ended_series_s * NS_PER_S,
		.unix_offset_ns = &w->pipeline->unix_offset_ns,
		.next = scheduled_map_next,
		.read = scheduled_map_read,
		.drop = scheduled_map_drop,
		.context = &w->scheduled_map,
		.succeeds = w->shared->succeeded,
		.preempted = { .next = preempted_map_next,
			       .read = preempted_map_read,
			       .drop = preempted_map_drop,
			       .context = &w->scheduled_map },
	});
	collectors_add(&w->pipeline->collectors, scheduled_collector(w->scheduled));
}

/* Each has a descriptor open; half of those there may be are for connections and files. */
static void begin_jvms(struct worker *w)
{
	struct rlimit files = { .rlim_cur = 1024 };
	size_t limit = w->config->limit.processes;

	if (!w->config->collect.jvm)
		return;
	getrlimit(RLIMIT_NOFILE, &files);
	w->jvms = jvms_new(&(struct jvms_options){
		.processes = w->pipeline->processes,
		.limit = limit < files.rlim_cur / 2 ? limit : files.rlim_cur / 2,
		.ended_series_ns = w->config->limit.ended_series_s * NS_PER_S,
		.open = ask_counters,
		.context = w,
	});
	w->pipeline->jvms = w->jvms;
	collectors_add(&w->pipeline->collectors, jvms_collector(w->jvms));
}

static void begin_loops(struct worker *w)
{
	size_t limit = map_entries(w->fds[WORKER_LOOPS]);
	struct loop_cell *cells = map(w->fds[WORKER_LOOPS], limit * sizeof(*cells));

	if (!cells)
		log_error("event loops are not told of: their map cannot be mapped; start sonde "
			  "again, with a lower limit.loops where memory is short",
			  "error=%s loops=%zu", log_value(str_of(strerror(errno))), limit);
	w->loops = loops_new(&(struct loops_options){
		.processes = w->pipeline->processes,
		.cells = cells,
		.limit = limit,
		.ended_series_ns = w->config->limit.ended_series_s * NS_PER_S,
		.unix_offset_ns = &w->pipeline->unix_offset_ns,
		.told_ns = w->shared->succeeded ? monotonic_ns() : 0,
	});
	collectors_add(&w->pipeline->collectors, loops_collector(w->loops));
}

static void begin_self(struct worker *w)
{
	w->self = self_new(&(struct self_options){ .pipeline = w->pipeline,
						   .shared = w->shared,
						   .rings = w->rings,
						   .learner = w->learner,
						   .follows = &w->follows,
						   .scheduled = w->scheduled,
						   .loops = w->loops,
						   .counters_fd = w->fds[WORKER_COUNTERS] });
	inherit_counts(w);
}

static int begin(struct worker *w, size_t count, size_t rings)
{
	int error;

	host_facts(); /* read while its files can still be */
	w->loop = loop_new();
	w->shared = map(w->fds[WORKER_SHARED], sizeof(*w->shared));
	w->verdicts = map(w->fds[WORKER_VERDICTS], VERDICT_CELLS * sizeof(*w->verdicts));
	w->control = map(w->fds[WORKER_CONTROL], sizeof(*w->control));
	if (!w->loop || !w->shared || !w->verdicts || !w->control)
		return -ENOMEM;
	follows_init(&w->follows, w->control->follow);
	if (w->config->tape_record)
		w->tape = tape_writer_new(w->fds[WORKER_TAPE], &w->shared->tape_bytes);
	w->pipeline = pipeline_new(&(struct pipeline_options){ .config = w->config,
							       .verdict = set_verdict,
							       .heads = set_heads,
							       .follow = set_follow,
							       .context = w,
							       .tape = w->tape });
	w->rings = rings_new(&(struct rings_options){ .loop = w->loop,
						      .fds = w->fds + WORKER_RINGS,
						      .count = rings,
						      .bytes = RING_BYTES,
						      .control_fd = w->fds[WORKER_CONTROL],
						      .notes = w->shared->ring_notes,
						      .take = take_record,
						      .drained = on_drained,
						      .behind = on_behind,
						      .context = w });
	if (!w->rings)
		return -ENOMEM;
	w->learner = learner_new(&(struct learner_options){ .config = w->config,
							    .loop = w->loop,
							    .requests = w->fds[WORKER_REQUESTS],
							    .told = take_facts,
							    .opened = take_opened,
							    .context = w });
	if (!w->learner)
		return -ENOMEM;
	begin_scheduled(w);
	begin_jvms(w);
	begin_loops(w);
	begin_self(w);
	w->inspect = inspect_new(w->loop, w->fds[WORKER_INSPECT], w->pipeline, w->shared, w->self);
	error = begin_export(w, w->fds + WORKER_RINGS + rings, count - WORKER_RINGS - rings);
	w->monitor = (struct watch){ .fd = w->fds[WORKER_MONITOR], .ready = on_monitor };
	w->sweep.fired = on_sweep;
	w->second.fired = on_second;
	w->stop.fired = on_stop;
	loop_timer(w->loop, &w->second, monotonic_ns());
	return error ? error : loop_watch(w->loop, &w->monitor, EPOLLIN);
}

int worker_run(const struct config *config, const int *fds, size_t count, size_t rings)
{
	struct worker w = { .config = config,
			    .fds = fds,
			    .facts = buf_new(LIMIT_PROC_FILE_BYTES),
			    .exits = buf_new(EXITS_BYTES) };
	struct monitor_message ready = { .type = MESSAGE_READY };
	struct jail jail = {};
	int error;

	if (count < WORKER_RINGS + rings)
		return 1;
	error = begin(&w, count, rings);
	if (!error)
		error = jail_enter(config, &jail);
	if (error) {
		if (!w.status)
			log_error("the worker cannot start", "error=%s", strerror(-error));
		return w.status ? w.status : EXIT_FAILED;
	}
	self_jail(w.self, &jail);
	w.shared->succeeded = 1; /* another one will */
	message_send(fds[WORKER_MONITOR], &ready, NULL, 0);
	error = loop_run(w.loop);
	if (w.tape)
		tape_flush(w.tape);
	pipeline_free(
		w.pipeline); /* its exporters still ask the collectors, one of which is inspect's */
	inspect_free(w.inspect);
	loops_free(w.loops);
	scheduled_free(w.scheduled);
	jvms_free(w.jvms);
	scheduled_map_free(&w.scheduled_map);
	learner_free(w.learner);
	return error ? 1 : w.status;
}
