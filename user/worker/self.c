/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/self.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/proto/http/http.h"
#include "user/worker/active.h"
#include "user/worker/hook_info.h"
#include "user/worker/routing.h"

enum { ROLES = 3 };

struct self {
	struct self_options of;
	int processors;
	struct capture_counters *each; /* one a CPU */
	struct capture_counters counters;
	struct jail jail;
	struct collector collector;
};

/* The kernel half's counters since the self-test, summed over CPUs. */
static void read_counters(struct self *s)
{
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(s->of.counters_fd, &zero, s->each))
		return;
	for (int i = 0; i < COUNTERS; i++) {
		s->counters.count[i] = -s->of.shared->baseline.count[i];
		for (int cpu = 0; cpu < s->processors; cpu++)
			s->counters.count[i] += s->each[cpu].count[i];
	}
}

/* The stages before the worker are counted where they happen: in the kernel half. */
static void fill_ledger(struct self *s, struct ledger *l)
{
	const __u64 *c = s->counters.count;

	l->in[STAGE_HOOK] = c[COUNT_SEEN] + s->of.shared->programs_missed;
	l->out[STAGE_HOOK] = c[COUNT_ACCOUNTED];
	l->lost[LOSS_HOOK_MISSED] = s->of.shared->programs_missed;
	l->lost[LOSS_HOOK_NO_STORAGE] = c[COUNT_NO_STORAGE];
	l->in[STAGE_RING] = c[COUNT_RECORDS];
	l->lost[LOSS_RING_FULL] = c[COUNT_RING_FULL];
}

static uint64_t ring_inside(void *context)
{
	return rings_unread(((struct self *)context)->of.rings);
}

static uint64_t exchange_inside(void *context)
{
	return exchanges_open(((struct self *)context)->of.pipeline->exchanges);
}

static void give(struct metric_sink *sink, const char *key, const char *text, double value)
{
	const struct attribute attribute = attribute_text(str_of(key), str_of(text));
	const struct sample sample = { .attributes = &attribute,
				       .attribute_count = key ? 1 : 0,
				       .value = value };

	sink->sample(sink, &sample);
}

#define METRIC(name_, unit_, kind_, help_)                                                         \
	(&(const struct metric){                                                                   \
		.name = (name_), .unit = (unit_), .help = (help_), .kind = (kind_) })

/* Those of which the worker is told nothing are counted in the kernel half. */
static uint64_t requests_lost(const struct self *s)
{
	return exchanges_counters(s->of.pipeline->exchanges)->requests_lost +
	       s->counters.count[COUNT_REQUESTS_LOST];
}

static void collect_requests(const struct self *s, struct metric_sink *sink)
{
	const struct exchange_counters *c = exchanges_counters(s->of.pipeline->exchanges);
	static const char *const unread[UNREADS] = { [UNREAD_TLS] = "tls",
						     [UNREAD_HTTP2] = "http2",
						     [UNREAD_OTHER] = "other",
						     [UNREAD_UPGRADED] = "upgraded" };

	sink->metric(sink, METRIC("sonde.request.start", "{request}", METRIC_COUNTER,
				  "Requests by what their duration begins with."));
	give(sink, "source", "arrival", (double)c->start[START_ARRIVAL]);
	give(sink, "source", "read", (double)c->start[START_READ]);
	sink->metric(sink, METRIC("sonde.requests.joined_late", "{request}", METRIC_COUNTER,
				  "Answers whose request had begun before it could be seen."));
	give(sink, NULL, NULL, (double)c->joined_late);
	sink->metric(sink, METRIC("sonde.requests.lost", "{request}", METRIC_COUNTER,
				  "Requests that were lost, as far as they can be known."));
	give(sink, NULL, NULL, (double)requests_lost(s));
	sink->metric(sink, METRIC("sonde.heads.cut", "{head}", METRIC_COUNTER,
				  "Heads of messages that were longer than what is shipped."));
	give(sink, NULL, NULL, (double)c->heads_cut);
	sink->metric(sink, METRIC("sonde.connections.unread", "{connection}", METRIC_COUNTER,
				  "Connections that are left alone, by what they carry."));
	for (int i = 0; i < UNREADS; i++)
		give(sink, "reason", unread[i], (double)c->unread[i]);
	sink->metric(sink, METRIC("sonde.connections.evicted", "{connection}", METRIC_COUNTER,
				  "Connections that were let go for others: limit.connections."));
	give(sink, NULL, NULL, (double)c->evicted);
	sink->metric(sink, METRIC("sonde.connections.open", "{connection}", METRIC_UPDOWN,
				  "Connections that are followed."));
	give(sink, NULL, NULL, (double)exchanges_connections(s->of.pipeline->exchanges));
}

/* What was coarser, left out or cut on the way from exchanges to metrics and spans. */
static void collect_spans(const struct self *s, struct metric_sink *sink)
{
	sink->metric(sink, METRIC("sonde.series.overflowed", "{span}", METRIC_COUNTER,
				  "Spans counted under an overflow series: limit.series, "
				  "limit.series-total."));
	give(sink, NULL, NULL, (double)series_overflowed(s->of.pipeline->series));
	sink->metric(sink, METRIC("sonde.graph.overflowed", "{request}", METRIC_COUNTER,
				  "Requests counted under an overflow series of the service graph: "
				  "limit.series, limit.series-total."));
	give(sink, NULL, NULL, (double)graph_overflowed(s->of.pipeline->graph));
	sink->metric(sink, METRIC("sonde.active.overflowed", "{request}", METRIC_COUNTER,
				  "Open requests found under an overflow series, each time."));
	give(sink, NULL, NULL, (double)active_overflowed(s->of.pipeline->active));
	sink->metric(sink, METRIC("sonde.routes.collapsed", "{segment}", METRIC_COUNTER,
				  "Path segments that became {id} because there were too many."));
	give(sink, NULL, NULL, (double)routing_collapsed(s->of.pipeline->routing));
	sink->metric(sink,
		     METRIC("sonde.routes.shared", "{resource}", METRIC_COUNTER,
			    "Instances whose service shares guessed routes: too many services."));
	give(sink, NULL, NULL, (double)routing_shared(s->of.pipeline->routing));
	sink->metric(sink, METRIC("sonde.attributes.cut", "{attribute}", METRIC_COUNTER,
				  "Values of spans that were longer: limit.attribute-bytes."));
	give(sink, NULL, NULL, (double)s->of.pipeline->attributes_cut);
	sink->metric(sink, METRIC("sonde.baggage.dropped", "{member}", METRIC_COUNTER,
				  "Members of baggage that became no attribute: trace.baggage."));
	for (int i = 0; i < BAGGAGE_DROPS; i++)
		give(sink, "reason", http_baggage_drop_name(i),
		     (double)http_baggage_dropped((enum http_baggage_drop)i));
	sink->metric(sink,
		     METRIC("sonde.spans.unsampled", "{span}", METRIC_COUNTER,
			    "Spans that the sampler left out, where an exporter takes spans."));
	give(sink, NULL, NULL, (double)s->of.pipeline->unsampled);
	sink->metric(sink, METRIC("sonde.spans.suppressed", "{span}", METRIC_COUNTER,
				  "Spans of programs that send their own: trace.beside-sdk."));
	give(sink, NULL, NULL, (double)s->of.pipeline->suppressed);
}

/* Operations that were told apart: skipped, or accounted without their bytes. */
static void collect_hooks(const struct self *s, struct metric_sink *sink)
{
	static const struct {
		enum counter counter;
		const char *cause;
	} skipped[] = { { COUNT_PEEKED, "peek" },
			{ COUNT_KERNEL_SOCKET, "kernel_socket" },
			{ COUNT_OTHER_SOCKET, "other_socket" } },
	  hidden[] = { { COUNT_IO_URING, "io_uring" }, { COUNT_KERNEL_THREAD, "kernel_thread" },
		       { COUNT_COMPAT, "compat" },     { COUNT_NO_BUFFER, "no_buffer" },
		       { COUNT_OTHER_CALL, "call" },   { COUNT_FAULT, "fault" },
		       { COUNT_STOPPED, "stopped" } };
	const __u64 *c = s->counters.count;

	sink->metric(sink, METRIC("sonde.hook.skipped", "{operation}", METRIC_COUNTER,
				  "Socket operations of targets that move no bytes of theirs."));
	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		give(sink, "cause", skipped[i].cause, (double)c[skipped[i].counter]);
	sink->metric(sink, METRIC("sonde.hook.unread", "{operation}", METRIC_COUNTER,
				  "Operations that were accounted without reading their bytes."));
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		give(sink, "cause", hidden[i].cause, (double)c[hidden[i].counter]);
	sink->metric(sink, METRIC("sonde.unreported", "By", METRIC_COUNTER,
				  "Bytes that TCP moved before a hook reported them."));
	give(sink, NULL, NULL, (double)c[COUNT_UNREPORTED]);
	sink->metric(sink, METRIC("sonde.healed", "By", METRIC_COUNTER,
				  "Unreported bytes whose hook came late."));
	give(sink, NULL, NULL, (double)c[COUNT_HEALED]);
}

static void collect_features(const struct self *s, struct metric_sink *sink)
{
	size_t unlisted;

	sink->metric(sink, METRIC("sonde.hook.info", "", METRIC_GAUGE,
				  "The flavour of each hook that is in use."));
	for (size_t i = 0; i < FEATURES; i++) {
		const struct feature_state *state = &s->of.shared->features[i];
		const struct attribute attributes[] = {
			attribute_text(STR("hook"), str_of(features[i].name)),
			attribute_text(STR("flavour"),
				       str_of(state->used ? state->used->name : "none")),
			attribute_text(STR("reason"), str_of(state->reason)),
		};
		const struct sample sample = { .attributes = attributes,
					       .attribute_count = ARRAY_SIZE(attributes),
					       .value = 1 };

		sink->sample(sink, &sample);
	}
	unlisted = hook_info_collect(s->of.pipeline->processes, sink);
	sink->metric(sink, METRIC("sonde.hook.unlisted", "{hook}", METRIC_UPDOWN,
				  "Hooks of processes for which sonde_hook_info has no room."));
	give(sink, NULL, NULL, (double)unlisted);
	sink->metric(sink, METRIC("sonde.bpf.runs", "{run}", METRIC_COUNTER,
				  "Runs of each program, where the kernel counts them."));
	for (size_t i = 0; i < s->of.shared->program_count; i++)
		give(sink, "program", s->of.shared->programs[i].name,
		     (double)s->of.shared->programs[i].runs);
	sink->metric(sink, METRIC("sonde.bpf.run", "s", METRIC_COUNTER,
				  "Time in each program, where the kernel counts it."));
	for (size_t i = 0; i < s->of.shared->program_count; i++)
		give(sink, "program", s->of.shared->programs[i].name,
		     (double)s->of.shared->programs[i].run_ns / 1e9);
}

static void collect_probes(const struct self *s, struct metric_sink *sink)
{
	static const struct {
		enum counter counter;
		const char *cause;
	} lost[] = { { COUNT_PAUSE_NO_BEGIN, "no_begin" },
		     { COUNT_PAUSE_NO_END, "no_end" },
		     { COUNT_PAUSE_NO_MEMORY, "memory" },
		     { COUNT_PAUSE_RACED, "race" },
		     { COUNT_PAUSE_FAULT, "fault" } };
	const struct probes_counts *c = &s->of.shared->probes;

	sink->metric(sink, METRIC("sonde.probes", "{probe}", METRIC_UPDOWN,
				  "Probes in the text of watched programs; trial: to see whether "
				  "they fire."));
	give(sink, "state", "attached", (double)c->attached);
	give(sink, "state", "trial", (double)c->trial);
	sink->metric(sink, METRIC("sonde.probe.files", "{file}", METRIC_UPDOWN,
				  "Purposes of runtimes that have probes, a file each."));
	give(sink, NULL, NULL, (double)c->files);
	sink->metric(sink, METRIC("sonde.probe.waiting", "{process}", METRIC_UPDOWN,
				  "Processes whose files are still to be read."));
	give(sink, NULL, NULL, (double)c->waiting);
	sink->metric(sink, METRIC("sonde.probe.refusals", "{refusal}", METRIC_COUNTER,
				  "Processes that could not be read, and sets of probes that could "
				  "not be attached."));
	for (int i = REFUSED_READER_FAILED; i < REFUSALS; i++)
		give(sink, "reason", refusal_name(i), (double)c->refused[i]);
	sink->metric(sink, METRIC("sonde.probe.lost", "{pause}", METRIC_COUNTER,
				  "Pauses of which one end was not seen, or something not read."));
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++)
		give(sink, "cause", lost[i].cause, (double)s->counters.count[lost[i].counter]);
}

static void collect_scheduling(const struct self *s, struct metric_sink *sink)
{
	sink->metric(sink,
		     METRIC("sonde.scheduler.lost", "{task}", METRIC_COUNTER,
			    "Tasks, or processes, whose scheduling is not followed: no memory, or "
			    "limit.processes (limit), or nothing is known of them (unknown)."));
	give(sink, "cause", "limit", (double)s->counters.count[COUNT_RUN_LOST]);
	give(sink, "cause", "unknown", (double)scheduled_unknown(s->of.scheduled));
	sink->metric(sink,
		     METRIC("sonde.scheduler.unseen", "{switch}", METRIC_COUNTER,
			    "Switches to a task that the kernel did not tell of: when they were "
			    "is taken from its scheduler's clocks."));
	give(sink, NULL, NULL, (double)s->counters.count[COUNT_RETURN_UNSEEN]);
	sink->metric(sink, METRIC("sonde.loop.lost", "{loop}", METRIC_COUNTER,
				  "Event loops that are not followed: limit.loops (limit), or "
				  "nothing is known of their process (unknown)."));
	give(sink, "cause", "limit", (double)s->counters.count[COUNT_LOOP_LOST]);
	give(sink, "cause", "unknown", (double)loops_unknown(s->of.loops));
}

static void collect_agent(const struct self *s, struct metric_sink *sink)
{
	const struct shared *shared = s->of.shared;

	sink->metric(sink, METRIC("sonde.worker.restarts", "{restart}", METRIC_COUNTER,
				  "Workers that died and were replaced."));
	give(sink, NULL, NULL, (double)shared->worker_restarts);
	sink->metric(sink, METRIC("sonde.processes.watched", "{process}", METRIC_UPDOWN,
				  "Processes that are targets."));
	give(sink, NULL, NULL, (double)shared->watched);
	sink->metric(sink, METRIC("sonde.process.events.lost", "{event}", METRIC_COUNTER,
				  "Process events that were lost, and looked for again."));
	give(sink, "cause", "ring", (double)shared->events_missed);
	give(sink, "cause", "message", (double)shared->messages_lost);
	give(sink, "cause", "refused", (double)s->of.pipeline->facts_refused);
	give(sink, "cause", "limit",
	     (double)(processes_refused(s->of.pipeline->processes) + shared->members_refused));
	give(sink, "cause", "target", (double)s->counters.count[COUNT_TARGET_LOST]);
	sink->metric(sink, METRIC("sonde.follow.lost", "{process}", METRIC_COUNTER,
				  "Processes of whose calls the kernel half is not told: another "
				  "one has their place."));
	give(sink, NULL, NULL, (double)s->of.follows->lost);
	sink->metric(sink,
		     METRIC("sonde.process.files.late", "{process}", METRIC_COUNTER,
			    "Processes some of whose files could not be read in time; maps: to "
			    "their end."));
	give(sink, "files", "proc", (double)learner_late(s->of.learner));
	give(sink, "files", "maps", (double)processes_maps_cut(s->of.pipeline->processes));
	give(sink, "files", "own", (double)shared->opens_late);
	sink->metric(sink,
		     METRIC("sonde.resource.attributes.dropped", "{attribute}", METRIC_COUNTER,
			    "OTEL_RESOURCE_ATTRIBUTES for which a resource had no room."));
	give(sink, NULL, NULL, (double)processes_attributes_dropped(s->of.pipeline->processes));
	sink->metric(sink, METRIC("sonde.log.suppressed", "{line}", METRIC_COUNTER,
				  "Log lines held back because they were repeated."));
	give(sink, NULL, NULL, (double)(log_suppressed() + shared->log_suppressed));
	sink->metric(sink, METRIC("sonde.log.dropped", "{line}", METRIC_COUNTER,
				  "Log lines that standard error did not take at once."));
	give(sink, NULL, NULL, (double)(log_dropped() + shared->log_dropped));
	sink->metric(sink, METRIC("sonde.worker.jail", "", METRIC_GAUGE,
				  "What holds the worker: 1 for seccomp, the ABI of Landlock."));
	give(sink, "by", "seccomp", s->jail.seccomp);
	give(sink, "by", "landlock", s->jail.landlock);
}

/* One value of each of sonde's processes. */
static void give_roles(struct metric_sink *sink, const double values[ROLES])
{
	static const char *const roles[ROLES] = { "monitor", "spawner", "worker" };

	for (size_t i = 0; i < ROLES; i++)
		give(sink, "role", roles[i], values[i]);
}

#define EACH_ROLE(field, unit)                                                                     \
	(const double[ROLES])                                                                      \
	{                                                                                          \
		(double)s->of.shared->monitor.field / (unit),                                      \
			(double)s->of.shared->spawner.field / (unit),                              \
			(double)worker.field / (unit)                                              \
	}

static void collect_use(const struct self *s, struct metric_sink *sink)
{
	const struct usage worker = usage_of(0);

	sink->metric(sink, METRIC("process.cpu", "s", METRIC_COUNTER,
				  "CPU time of sonde's processes, user and system."));
	give_roles(sink, EACH_ROLE(cpu_us, 1e6));
	sink->metric(sink, METRIC("process.resident_memory", "By", METRIC_GAUGE,
				  "Resident memory of sonde's processes."));
	give_roles(sink, EACH_ROLE(resident_bytes, 1));
	sink->metric(sink, METRIC("process.open_fds", "{file}", METRIC_GAUGE,
				  "Open file descriptors of sonde's processes."));
	give_roles(sink, EACH_ROLE(open_files, 1));
	sink->metric(sink, METRIC("process.start_time", "s", METRIC_GAUGE,
				  "When sonde's processes began, in seconds of the Unix epoch."));
	give_roles(sink, EACH_ROLE(started_unix_ns, 1e9));
}

/* Whoever asks now is told of what has happened until now. */
static void look(struct self *s)
{
	rings_read(s->of.rings);
	read_counters(s);
}

uint64_t self_requests_lost(struct self *s)
{
	look(s);
	return requests_lost(s);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct self *s = context;

	(void)now_ns;
	look(s);
	fill_ledger(s, &s->of.pipeline->ledger);
	collect_requests(s, sink);
	collect_spans(s, sink);
	collect_hooks(s, sink);
	collect_features(s, sink);
	collect_probes(s, sink);
	collect_scheduling(s, sink);
	collect_agent(s, sink);
	collect_use(s, sink);
}

struct self *self_new(const struct self_options *options)
{
	struct self *s = xcalloc(1, sizeof(*s));
	struct ledger *l = &options->pipeline->ledger;

	s->of = *options;
	s->processors = libbpf_num_possible_cpus();
	s->each = xcalloc((size_t)s->processors, sizeof(*s->each));
	l->inside[STAGE_RING] = ring_inside;
	l->inside_context[STAGE_RING] = s;
	l->inside[STAGE_EXCHANGE] = exchange_inside;
	l->inside_context[STAGE_EXCHANGE] = s;
	s->collector = (struct collector){ .name = "self", .context = s, .collect = collect };
	collectors_add_first(&options->pipeline->collectors, &s->collector);
	return s;
}

void self_jail(struct self *self, const struct jail *jail)
{
	self->jail = *jail;
}
