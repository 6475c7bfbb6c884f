/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/pipeline.h"

#include <errno.h>

#include "headers/capture.h"
#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/event/event.h"
#include "user/process/instance.h"
#include "user/worker/active.h"
#include "user/worker/delayed.h"
#include "user/worker/follow.h"
#include "user/worker/observe.h"
#include "user/worker/routing.h"
#include "user/worker/unread.h"

#define TRACE_EVERY_NS (20 * NS_PER_MS)

static void tell_verdict(void *context, uint64_t cookie, enum verdict verdict, uint16_t head_bytes)
{
	struct pipeline *p = context;

	p->verdict(p->verdict_context, cookie, verdict, head_bytes);
}

static void tell_heads(void *context, uint16_t port, uint16_t head_bytes)
{
	struct pipeline *p = context;

	p->heads(p->verdict_context, port, head_bytes);
}

/* Who connects may do so from any port: the process's end has to be the one that connected. */
static bool calls_otlp(const struct pipeline *p, const struct given_up *g)
{
	if (!g->peer || !sdk_is_port(g->peer->remote_port) ||
	    g->peer->flags & CONNECTION_ACCEPTED || g->reason == UNREAD_UPGRADED)
		return false;
	/* Of HTTP/2 that was joined the preface was not seen. */
	if (g->joined)
		return !processes_may_accept(p->processes, g->process, g->peer->local_port);
	return g->spoke_first && g->reason != UNREAD_OTHER;
}

static void note_unread(void *context, const struct given_up *given_up)
{
	struct pipeline *p = context;

	unread_count(p->unread, p->processes, given_up->process, given_up->reason);
	if (calls_otlp(p, given_up))
		processes_sends_spans(p->processes, given_up->process, SDK_OTLP_PORT,
				      given_up->at_ns);
}

static uint64_t spans_inside(void *context)
{
	return trace_waiting(context);
}

static struct graph *make_graph(struct pipeline *p)
{
	const struct config *c = p->config;

	if (!c->service_graph)
		return NULL;
	return graph_new(&(struct graph_options){
		.processes = p->processes,
		.unknown = p->unknown,
		.unix_offset_ns = &p->unix_offset_ns,
		.series = p->series,
		.limit = c->limit.series,
		.ended_series_ns = c->limit.ended_series_s * NS_PER_S,
	});
}

static struct exchanges *make_exchanges(struct pipeline *p)
{
	const struct config *c = p->config;

	return exchanges_new(&(struct exchanges_options){
		.protos = protos,
		.max_connections = c->limit.connections,
		.max_exchanges = c->limit.exchanges,
		.max_head_bytes = c->limit.head_bytes,
		.observe = observe_exchange,
		.verdict = p->verdict ? tell_verdict : NULL,
		.heads = p->heads ? tell_heads : NULL,
		.unread = note_unread,
		.context = p,
		.ledger = &p->ledger,
	});
}

static struct trace *make_trace(struct pipeline *p)
{
	struct trace *t = trace_new(&(struct trace_options){ .config = p->config,
							     .random = &p->random,
							     .exchanges = p->exchanges,
							     .emit = observe_traced,
							     .context = p });

	p->ledger.inside[STAGE_SPAN] = spans_inside;
	p->ledger.inside_context[STAGE_SPAN] = t;
	return t;
}

static struct pauses *make_pauses(struct pipeline *p)
{
	return pauses_new(&(const struct pauses_options){
		.runtimes = runtimes,
		.processes = p->processes,
		.unknown = p->unknown,
		.series = p->series,
		.unix_offset_ns = &p->unix_offset_ns,
		.max_processes = p->config->limit.processes,
	});
}

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct pipeline *p = xcalloc(1, sizeof(*p));
	const struct config *c = options->config;

	p->config = c;
	p->watch_flags = buf_new(LIMIT_CONFIG_BYTES);
	config_watch_flags(c, &p->watch_flags);
	p->tape = options->tape;
	p->verdict = options->verdict;
	p->heads = options->heads;
	p->follow = options->follow;
	p->verdict_context = options->context;
	p->scratch = buf_new(LIMIT_SPAN_TEXT_BYTES);
	buf_reserve(&p->scratch, LIMIT_SPAN_TEXT_BYTES); /* texts of a span point into it */
	p->unix_offset_ns = clock_unix_offset_ns();
	ledger_init(&p->ledger);
	collectors_init(&p->collectors);
	p->routing = routing_new(c);
	p->processes = processes_new(c);
	/* A replay must not say anything of the host that it runs on. */
	p->unknown = instance_unknown(options->seed ? NULL : host_facts());
	p->unread = unread_new(c->limit.processes);
	p->series = series_new(c->limit.series, c->limit.series_total,
			       c->limit.ended_series_s * NS_PER_S);
	p->graph = make_graph(p);
	p->pauses = make_pauses(p);
	p->exchanges = make_exchanges(p);
	p->trace = make_trace(p);
	collectors_add(&p->collectors, trace_collector(p->trace));
	if (options->seed || random_seed_system(&p->random))
		random_seed(&p->random, options->seed ? options->seed : monotonic_ns());
	collectors_add(&p->collectors, series_collector(p->series));
	if (p->graph)
		collectors_add(&p->collectors, graph_collector(p->graph));
	collectors_add(&p->collectors, pauses_collector(p->pauses));
	p->active = active_new(p);
	p->delayed = delayed_new(p->series);
	collectors_add(&p->collectors, delayed_collector(p->delayed));
	collectors_add(&p->collectors, &p->ledger.collector);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->exporter_count; i++)
		p->exporters[i]->free(p->exporter_selves[i]);
	delayed_free(p->delayed);
	active_free(p->active);
	trace_free(p->trace);
	exchanges_free(p->exchanges);
	pauses_free(p->pauses);
	graph_free(p->graph);
	series_free(p->series);
	processes_free(p->processes);
	resource_unref(p->unknown);
	unread_free(p->unread);
	routing_free(p->routing);
	buf_free(&p->scratch);
	buf_free(&p->watch_flags);
	free(p);
}

static bool takes_spans(const struct exporter *exporter, const void *self)
{
	return exporter->span && (!exporter->takes_spans || exporter->takes_spans(self));
}

int pipeline_export(struct pipeline *p, const struct export_context *context, const char **error)
{
	p->export_context = *context;
	for (size_t i = 0; exporters[i] && p->exporter_count < EXPORTERS_MAX; i++) {
		void *self;

		*error = NULL;
		self = exporters[i]->new (&p->export_context, error);
		if (*error)
			return -EINVAL;
		if (!self)
			continue;
		p->exports_spans |= takes_spans(exporters[i], self);
		p->exporters[p->exporter_count] = exporters[i];
		p->exporter_selves[p->exporter_count++] = self;
	}
	return 0;
}

/* Another program may have taken its place, and be one that passes on what it reads. */
static void tell_follow(const struct pipeline *p, const struct process *process)
{
	uint32_t mask = process->ended ? FOLLOW_TO_END | FOLLOW_CALLS : FOLLOW_TO_END;
	uint32_t flags = !process->ended && follow_runs_to_end(process) ? FOLLOW_TO_END : 0;

	p->follow(p->verdict_context, process->id.tgid, mask, flags);
}

static void take_process(struct pipeline *p, const struct record_process *record)
{
	const struct process *process;

	int error = processes_learn(p->processes, record);

	if (error) {
		p->facts_refused += error != -ENOSPC; /* those the table counts */
		return;
	}
	if (p->graph)
		graph_forget(p->graph);
	process = processes_find(p->processes, record->head.process);
	if (!process)
		return;
	if (p->follow)
		tell_follow(p, process);
	if (process->ended)
		exchanges_process_ended(p->exchanges, process->id, record->head.at_ns);
}

void pipeline_take_record(struct pipeline *p, const struct record *record)
{
	if (p->tape)
		tape_write(p->tape, record);
	switch (record->type) {
	case RECORD_PROCESS:
		take_process(p, (const struct record_process *)record);
		return;
	case RECORD_CLOCK:
		p->unix_offset_ns = ((const struct record_clock *)record)->unix_offset_ns;
		return;
	case RECORD_PAUSE:
		p->ledger.out[STAGE_RING]++;
		pauses_take(p->pauses, (const struct record_pause *)record);
		return;
	default:
		if (record->at_ns > p->read_ns)
			p->read_ns = record->at_ns;
		p->ledger.out[STAGE_RING]++;
		exchanges_feed(p->exchanges, record);
	}
}

void pipeline_settle(struct pipeline *p, uint64_t now_ns)
{
	exchanges_expire(p->exchanges, now_ns);
	/* It goes through all that waits, and nothing of it is in a hurry. */
	if (now_ns < p->traced_ns + TRACE_EVERY_NS)
		return;
	p->traced_ns = now_ns;
	trace_settle(p->trace, now_ns);
}

void pipeline_finish(struct pipeline *p)
{
	trace_flush(p->trace);
}

void pipeline_flush(struct pipeline *p)
{
	for (size_t i = 0; i < p->exporter_count; i++)
		if (p->exporters[i]->flush)
			p->exporters[i]->flush(p->exporter_selves[i]);
}

void pipeline_take(struct pipeline *p, struct str bytes)
{
	const struct record *record = event_check(bytes);

	if (record)
		pipeline_take_record(p, record);
	else
		pipeline_refuse(p);
}

void pipeline_refuse(struct pipeline *p)
{
	p->ledger.lost[LOSS_RING_INVALID]++;
}

bool pipeline_knows(struct pipeline *p, struct process_id id)
{
	const struct process *process;

	if (!id.tgid)
		return true;
	process = processes_find(p->processes, id);
	return (process && process->resource) || (!process && processes_full(p->processes));
}
