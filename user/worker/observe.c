/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/observe.h"

#include <arpa/inet.h>

#include "headers/capture.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/worker/kept.h"
#include "user/worker/routing.h"

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

/* A span that waited has room for the attributes that it had then: it is told of by a whole one. */
static void hand_out(struct pipeline *p, const struct traced *traced)
{
	const struct span *span = traced->span;
	struct span_event events[SPAN_EVENTS];
	struct span told;

	memcpy(&told, span,
	       offsetof(struct span, attributes) +
		       span->attribute_count * sizeof(span->attributes[0]));
	span_add_delays(&told, &traced->delays);
	cut_attributes(p, &told);
	span_add_pauses(&told, p->pauses, &traced->carried, events);
	for (size_t i = 0; i < p->exporter_count; i++)
		if (p->exporters[i]->span)
			p->exporters[i]->span(p->exporter_selves[i], &told);
}

/*
 * An exemplar, and the exporters, if it is sampled. `suppressed`: nothing else hides it than that
 * its program sends its own.
 */
static void span_export(struct pipeline *p, const struct traced *traced, bool suppressed,
			struct row *row)
{
	const struct span *span = traced->span;

	if (row)
		series_exemplar(row, traced->bucket, span);
	if (!span->sampled)
		p->unsampled++;
	else if (suppressed)
		p->suppressed++;
	else if (!span->hide_from_traces)
		hand_out(p, traced);
}

/* It is sealed. */
static void span_end(struct pipeline *p, const struct traced *traced, bool suppressed,
		     struct row *row)
{
	if (row)
		series_delay(row, &traced->delays);
	if (p->exports_spans)
		span_export(p, traced, suppressed, row);
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
void observe_traced(void *context, const struct traced *traced)
{
	struct pipeline *p = context;
	struct span *span = traced->span;
	bool suppressed = suppress(p, span, traced->beside_sdk);

	sampled_set(span,
		    traced->is_kept || (traced->has_local_parent ? traced->parent_sampled
								 : sample(span, traced->sampler)));
	span_end(p, traced, suppressed, traced->row);
	if (traced->row)
		series_release(traced->row);
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

/* Make a span, count it, and hand it out if it is sampled and an exporter takes it. */
static __attribute__((noinline)) void observe_span(struct pipeline *p, const struct exchange *x,
						   const struct process *process)
{
	bool beside_sdk = is_beside_sdk(p, x, process), suppressed;
	struct span span;
	struct traced traced = { .span = &span,
				 .sampler = routing_sampler(p->routing, process),
				 .carried = carried_of(x),
				 .beside_sdk = beside_sdk };

	span_begin(p, x, process, &span);
	span_describe(x, &span);
	traced.row = series_row(p->series, &span, x->ended_ns);
	if (traced.row) {
		traced.bucket = series_count(traced.row, &span.measures);
		if (p->graph)
			graph_count(p->graph, x, span.resource, span.measures.duration_ns,
				    span.status == STATUS_ERROR);
	}
	if (x->proto->context)
		x->proto->context(x->question, &span);
	traced.is_kept = is_kept(p, &span);
	if (trace_takes(p->trace, x)) {
		if (traced.row)
			series_hold(traced.row);
		traced.paused_ns = paused_before(p->pauses, x);
		trace_take(p->trace, x, &traced);
		return;
	}
	suppressed = suppress(p, &span, beside_sdk);
	make_ids(p, &span);
	sampled_set(&span, traced.is_kept || sample(&span, traced.sampler));
	delays_of(p->pauses, x, &traced.delays);
	span_end(p, &traced, suppressed, traced.row);
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

/* Nobody wants its span: where one like it was counted before, its measures are all that is new. */
__attribute__((always_inline)) static inline void observe_counted(struct pipeline *p,
								  const struct exchange *x,
								  const struct process *process)
{
	struct measures measures;
	struct delays delays;
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
	if (x->role == ROLE_SERVER) {
		delays_of(p->pauses, x, &delays);
		series_delay(row, &delays);
	}
	if (p->graph)
		graph_count(p->graph, x, span.resource, measures.duration_ns, failed);
}

/* Part of what a request waits for may be a call: only the trace can tell. */
static bool has_calls(struct pipeline *p, const struct exchange *x)
{
	if (x->role != ROLE_CLIENT)
		return trace_knows_calls(p->trace, x->process);
	if (p->follow)
		p->follow(p->verdict_context, x->process.tgid, FOLLOW_CALLS, FOLLOW_CALLS);
	return true;
}

void observe_exchange(void *context, const struct exchange *x)
{
	struct pipeline *p = context;
	const struct process *process = processes_find(p->processes, x->process);

	p->ledger.in[STAGE_SPAN]++;
	if (p->exports_spans || has_calls(p, x)) {
		observe_span(p, x, process);
		return;
	}
	observe_counted(p, x, process);
	p->ledger.out[STAGE_SPAN]++;
}
