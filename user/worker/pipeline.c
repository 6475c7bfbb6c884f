/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/pipeline.h"

#include <arpa/inet.h>
#include <errno.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/event/event.h"
#include "user/process/instance.h"
#include "user/worker/active.h"
#include "user/worker/routing.h"
#include "user/worker/unread.h"

#define TRACE_EVERY_NS (20 * NS_PER_MS)

/* "10.0.0.1"; what follows its end in `to` is of no use. Returns its length. */
static size_t ipv4_text(const uint8_t address[4], char to[static INET_ADDRSTRLEN])
{
	char *at = to;

	for (int i = 0; i < 4; i++) {
		uint8_t byte = address[i];

		if (byte >= 100)
			*at++ = (char)('0' + byte / 100);
		if (byte >= 10)
			*at++ = (char)('0' + byte / 10 % 10);
		*at++ = (char)('0' + byte % 10);
		*at++ = '.';
	}
	return (size_t)(at - to) - 1;
}

/* inet_ntop() prints IPv4 by sprintf(), which costs as much as a whole request. */
static struct str address_text(const struct peer *peer, char to[static INET6_ADDRSTRLEN])
{
	if (peer->family == FAMILY_INET)
		return (struct str){ to, ipv4_text(peer->remote, to) };
	return str_of(inet_ntop(AF_INET6, peer->remote, to, INET6_ADDRSTRLEN));
}

/* The other end of the connection, as text in the span's scratch. */
static void add_peer(struct span *span, const struct peer *peer)
{
	char room[INET6_ADDRSTRLEN];
	size_t before = span->scratch->len;
	struct str text;

	if (!peer || peer->family == FAMILY_UNIX)
		return;
	text = address_text(peer, room);
	if (!text.len || buf_add(span->scratch, text))
		return;
	span_add_text(span, STR("network.peer.address"),
		      (struct str){ span->scratch->at + before, text.len });
	span_add_int(span, STR("network.peer.port"), peer->remote_port);
}

/* Ids of its own: a child of what came with the request, or the first of a new trace. */
static void make_ids(struct pipeline *p, struct span *span)
{
	static const uint8_t none[TRACE_ID_BYTES];

	if (!memcmp(span->context.trace_id, none, TRACE_ID_BYTES)) {
		random_id(&p->random, span->context.trace_id, TRACE_ID_BYTES);
		span->context.flags |= TRACE_FLAG_RANDOM;
	}
	if (!memcmp(span->context.span_id, none, SPAN_ID_BYTES))
		random_id(&p->random, span->context.span_id, SPAN_ID_BYTES);
}

/* Why an exchange failed of itself, by the conventions' error.type; empty when it did not. */
static struct str failure_of(const struct exchange *x)
{
	if (x->outcome == OUTCOME_RESET)
		return STR("connection_reset");
	if (x->outcome == OUTCOME_TIMEOUT)
		return STR("timeout");
	return x->answered && x->outcome == OUTCOME_ANSWERED ? (struct str){} : STR("_OTHER");
}

static bool is_kept(const struct pipeline *p, const struct span *span)
{
	const struct config *c = p->config;

	return (c->trace.keep_errors && span->status == STATUS_ERROR) ||
	       (c->trace.keep_slower_than_ms &&
		span->measures.duration_ns > c->trace.keep_slower_than_ms * NS_PER_MS);
}

static void sampled_set(struct span *span, bool sampled)
{
	span->sampled = sampled;
	if (sampled)
		span->context.flags |= TRACE_FLAG_SAMPLED;
	else
		span->context.flags &= (uint8_t)~TRACE_FLAG_SAMPLED;
}

static bool sample(const struct span *span, const struct sampler *sampler)
{
	return sampler_decides(sampler, span->context.trace_id,
			       span->has_decision ? &span->context.flags : NULL);
}

/* From `start` to `end`, which records out of order may have before it. */
static uint64_t between(uint64_t start, uint64_t end)
{
	return end > start ? end - start : 0;
}

/* The answer to a pipelined question may have begun before its start; 0 would say: no answer. */
static uint64_t first_byte_of(const struct exchange *x)
{
	uint64_t after = between(x->started_ns, x->first_answer_ns);

	return x->first_answer_ns && !after ? 1 : after;
}

static struct measures measures_of(const struct exchange *x)
{
	return (struct measures){
		.duration_ns = between(x->started_ns, x->ended_ns),
		.first_byte_ns = first_byte_of(x),
		.asking_body_bytes = x->asking_body_bytes,
		.answering_body_bytes = x->answering_body_bytes,
	};
}

/* Whose it is, and room for texts: all that proto->route_path() and recall.h need. */
static inline void span_place(struct pipeline *p, const struct exchange *x,
			      const struct process *process, struct span *span)
{
	struct resource *resource = process && process->resource ? process->resource : p->unknown;

	buf_clear(&p->scratch);
	span->scratch = &p->scratch;
	span->kind = x->role == ROLE_CLIENT ? SPAN_CLIENT : SPAN_SERVER;
	span->resource = resource;
	span->routes = routing_routes(p->routing, process, resource);
}

/* What needs no look at the messages. */
static void span_begin(struct pipeline *p, const struct exchange *x, const struct process *process,
		       struct span *span)
{
	/* The attributes are filled as they are counted; zeroing them all would cost more. */
	mem_zero(span, offsetof(struct span, attributes));
	span_place(p, x, process, span);
	span->start_unix_ns = x->started_ns + (uint64_t)p->unix_offset_ns;
	span->end_unix_ns = x->ended_ns + (uint64_t)p->unix_offset_ns;
	span->measures = measures_of(x);
	span->counted_only = !p->exports_spans;
}

static void span_describe(const struct exchange *x, struct span *span)
{
	span->error_type = failure_of(x);
	/* A client's metrics are told apart by the server, which may be known by address only. */
	if (!span->counted_only || span->kind == SPAN_CLIENT)
		add_peer(span, x->peer);
	x->proto->describe(x->question, x->answer, span);
	if (x->question->cut || (x->answered && x->answer->cut))
		span_add(span, (struct attribute){ .key = STR("sonde.head.cut"),
						   .type = ATTRIBUTE_BOOL,
						   .number = 1 });
}

void pipeline_span(struct pipeline *p, const struct exchange *x, struct span *span)
{
	span_begin(p, x, processes_find(p->processes, x->process), span);
	span_describe(x, span);
}

/* OpenTelemetry's limit of an attribute's value: for spans, not for metrics and resources. */
static void cut_attributes(struct pipeline *p, struct span *span)
{
	for (size_t i = 0; i < span->attribute_count; i++) {
		struct attribute *a = &span->attributes[i];

		if (!attribute_is_text(a) || a->text.len <= p->config->limit.attribute_bytes)
			continue;
		a->text = attribute_cut(a->text, p->config->limit.attribute_bytes);
		p->attributes_cut++;
	}
}

static void hand_out(struct pipeline *p, struct span *span)
{
	cut_attributes(p, span);
	for (size_t i = 0; i < p->exporter_count; i++)
		if (p->exporters[i]->span)
			p->exporters[i]->span(p->exporter_selves[i], span);
}

/*
 * It is sealed: an exemplar, and the exporters, if it is sampled. `suppressed`: nothing else
 * hides it than that its program sends its own.
 */
static void span_end(struct pipeline *p, struct span *span, bool suppressed, struct row *row,
		     size_t bucket)
{
	if (row)
		series_exemplar(row, bucket, span);
	if (!span->sampled)
		p->unsampled++;
	else if (suppressed)
		p->suppressed++;
	else if (!span->hide_from_traces)
		hand_out(p, span);
	p->ledger.out[STAGE_SPAN]++;
}

/* Its program sends spans of its own, this one's like among them: is that why it is hidden? */
static bool suppress(const struct pipeline *p, struct span *span, bool beside_sdk)
{
	if (!beside_sdk || p->config->trace.beside_sdk != BESIDE_SDK_SUPPRESS ||
	    span->hide_from_traces)
		return false;
	span->hide_from_traces = true;
	return true;
}

/* Its place in its trace is known. */
static void take_traced(void *context, const struct traced *traced)
{
	struct pipeline *p = context;
	struct span *span = traced->span;
	bool suppressed = suppress(p, span, traced->beside_sdk);

	sampled_set(span,
		    traced->is_kept || (traced->has_local_parent ? traced->parent_sampled
								 : sample(span, traced->sampler)));
	span_end(p, span, suppressed,
		 traced->row_drops == series_drops(p->series) ? traced->row : NULL, traced->bucket);
}

/* Does its program send spans of its own, as far as is known by now? */
static bool is_beside_sdk(struct pipeline *p, const struct exchange *x,
			  const struct process *process)
{
	bool (*exports)(const struct message *question, const struct message *answer) =
		x->proto->exports_spans;

	if (!process)
		return false;
	if (!exports || (process->sdk && process->sdk != SDK_OTLP_HTTP))
		return process->sdk;
	if (x->role == ROLE_SERVER && exports(x->question, NULL))
		processes_passes_spans_on(p->processes, process->id, x->started_ns);
	else if (x->role == ROLE_CLIENT && !process->sdk && x->answered &&
		 exports(x->question, x->answer))
		processes_sends_spans(p->processes, process->id, SDK_OTLP_HTTP, x->started_ns);
	return process->sdk;
}

/* An exporter takes spans: make one, count it, and hand it out if it is sampled. */
static __attribute__((noinline)) void observe_span(struct pipeline *p, const struct exchange *x,
						   const struct process *process)
{
	const struct sampler *sampler = routing_sampler(p->routing, process);
	size_t bucket = 0;
	bool beside_sdk = is_beside_sdk(p, x, process), suppressed;
	struct span span;
	struct row *row;

	span_begin(p, x, process, &span);
	span_describe(x, &span);
	row = series_row(p->series, &span, x->ended_ns);
	if (row) {
		bucket = series_count(row, &span.measures);
		if (p->graph)
			graph_count(p->graph, x, span.resource, span.measures.duration_ns,
				    span.status == STATUS_ERROR);
	}
	if (x->proto->context)
		x->proto->context(x->question, &span);
	if (trace_takes(p->trace, x)) {
		trace_take(p->trace, x,
			   &(const struct traced){ .span = &span,
						   .sampler = sampler,
						   .row = row,
						   .row_drops = series_drops(p->series),
						   .bucket = bucket,
						   .is_kept = is_kept(p, &span),
						   .beside_sdk = beside_sdk });
		return;
	}
	suppressed = suppress(p, &span, beside_sdk);
	make_ids(p, &span);
	sampled_set(&span, is_kept(p, &span) || sample(&span, sampler));
	span_end(p, &span, suppressed, row, bucket);
}

/* The row of what is not recalled, kept for the next one like it; NULL when it is not counted. */
static __attribute__((noinline)) struct row *row_describe(
	struct pipeline *p, const struct exchange *x, const struct process *process,
	struct recalled *place, const struct recall_key *key, bool *ret_failed)
{
	struct span span;
	struct row *row;

	span_begin(p, x, process, &span);
	span_describe(x, &span);
	row = series_row(p->series, &span, x->ended_ns);
	if (place && row && !series_row_is_overflow(row))
		*place = (struct recalled){ .key = *key,
					    .row = row,
					    .failed = span.status == STATUS_ERROR };
	*ret_failed = span.status == STATUS_ERROR;
	return row;
}

/* Nobody takes spans: where one like it was counted before, its measures are all that is new. */
__attribute__((always_inline)) static inline void observe_counted(struct pipeline *p,
								  const struct exchange *x,
								  const struct process *process)
{
	struct measures measures;
	struct recall_key key;
	struct recalled *place;
	struct span span;
	struct row *row;
	bool failed;

	span_place(p, x, process, &span);
	place = recall_place(&p->recall, x, &span, series_drops(p->series), &key);
	if (place && recall_holds(place, &key)) {
		row = place->row;
		failed = place->failed;
	} else {
		row = row_describe(p, x, process, place, &key, &failed);
	}
	if (!row)
		return;
	measures = measures_of(x);
	series_count(row, &measures);
	if (p->graph)
		graph_count(p->graph, x, span.resource, measures.duration_ns, failed);
}

static void observe(void *context, const struct exchange *x)
{
	struct pipeline *p = context;
	const struct process *process = processes_find(p->processes, x->process);

	p->ledger.in[STAGE_SPAN]++;
	if (p->exports_spans) {
		observe_span(p, x, process);
		return;
	}
	observe_counted(p, x, process);
	p->ledger.out[STAGE_SPAN]++;
}

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
		.observe = observe,
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
							     .emit = take_traced,
							     .context = p });

	p->ledger.inside[STAGE_SPAN] = spans_inside;
	p->ledger.inside_context[STAGE_SPAN] = t;
	return t;
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
	p->exchanges = make_exchanges(p);
	p->trace = make_trace(p);
	collectors_add(&p->collectors, trace_collector(p->trace));
	if (options->seed || random_seed_system(&p->random))
		random_seed(&p->random, options->seed ? options->seed : monotonic_ns());
	collectors_add(&p->collectors, series_collector(p->series));
	if (p->graph)
		collectors_add(&p->collectors, graph_collector(p->graph));
	p->active = active_new(p);
	collectors_add(&p->collectors, &p->ledger.collector);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->exporter_count; i++)
		p->exporters[i]->free(p->exporter_selves[i]);
	active_free(p->active);
	trace_free(p->trace);
	exchanges_free(p->exchanges);
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
	if (process && process->ended)
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
