/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.c - the trace that a request belongs to, as its headers have it.
 *
 * The first of these that is valid says all: traceparent, b3, X-B3-*. A server's
 * span is a child of the span that they name; a client's is that span itself,
 * for its process sent them. B3 may say whether to sample without naming any.
 */
#include "user/model/b3.h"
#include "user/proto/http/options.h"
#include "user/proto/http/target.h"
#include "user/proto/http/text.h"

static void set_ids(struct span *span, const struct trace_context *context)
{
	span->context = *context;
	span->has_context = true;
	if (span->kind != SPAN_SERVER)
		return;
	memcpy(span->parent_id, context->span_id, SPAN_ID_BYTES);
	memset(span->context.span_id, 0, SPAN_ID_BYTES);
	span->has_parent = span->parent_is_remote = true;
}

static bool read_traceparent(const struct message *question, struct span *span)
{
	struct str parent = message_text(question, HTTP_TRACEPARENT);
	struct trace_context context;

	if (!parent.len || question->numbers[HTTP_FLAGS] & HTTP_TRACEPARENT_TWICE)
		return false;
	if (!http_reads_traceparent() || !trace_context_parse(parent, &context))
		return false;
	text_reserve(span);
	trace_state_parse(
		text_list(span, message_text(question, HTTP_TRACESTATE), STR("tracestate")),
		&context.state);
	set_ids(span, &context);
	span->has_decision = true;
	return true;
}

static bool b3_of(const struct message *question, struct b3 *ret)
{
	struct str single = message_text(question, HTTP_B3);
	const struct b3_headers headers = {
		.trace_id = message_text(question, HTTP_B3_TRACE_ID),
		.span_id = message_text(question, HTTP_B3_SPAN_ID),
		.parent_id = message_text(question, HTTP_B3_PARENT_ID),
		.sampled = message_text(question, HTTP_B3_SAMPLED),
		.debug = question->numbers[HTTP_FLAGS] & HTTP_B3_DEBUG,
	};

	return b3_parse(single, ret) || b3_parse_headers(&headers, ret);
}

static void read_b3(const struct message *question, struct span *span)
{
	struct b3 b3;

	if (!http_reads_b3() || !b3_of(question, &b3))
		return;
	span->context.flags = b3.context.flags;
	span->has_decision = b3.has_decision;
	if (!b3.has_ids)
		return;
	set_ids(span, &b3.context);
	/* Of a server's span it is the grandparent. */
	if (!b3.has_parent || span->kind == SPAN_SERVER)
		return;
	memcpy(span->parent_id, b3.parent_id, SPAN_ID_BYTES);
	span->has_parent = true;
}

void http_context(const struct message *question, struct span *span)
{
	if (!read_traceparent(question, span))
		read_b3(question, span);
}

/* OTLP 1.x, "OTLP/HTTP Request": POST, and the path of a base URL before /v1/traces. */
bool http_exports_spans(const struct message *question, const struct message *answer)
{
	const struct str end = STR("/v1/traces");
	struct str method = message_text(question, HTTP_METHOD), path;

	if (!str_eq(method, STR("POST")) || (answer && answer->numbers[HTTP_STATUS] / 100 != 2))
		return false;
	path = target_split(message_text(question, HTTP_TARGET), method).path;
	return path.len >= end.len && str_eq(str_after(path, path.len - end.len), end);
}
