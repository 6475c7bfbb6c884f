/* SPDX-License-Identifier: Apache-2.0 */
/*
 * b3.h - B3, Zipkin's headers of a trace, read only.
 * https://github.com/openzipkin/b3-propagation
 *
 *	b3: 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90
 *	    trace id, 16 or 32 digits        span id          |  parent's span id
 *	                                           sampling: 0, 1, d
 * The last two may be missing. "b3: 0" (or 1, or d) is a decision without ids.
 */
#pragma once

#include "user/model/trace_context.h"

struct b3 {
	struct trace_context context; /* sampled where debug or accept say so; no state */
	uint8_t parent_id[SPAN_ID_BYTES];
	bool has_ids;
	bool has_parent;   /* of the span that the ids name; only with ids */
	bool has_decision; /* else whoever is asked decides, ids or none */
};

/* What the headers X-B3-TraceId, -SpanId, -ParentSpanId and -Sampled say; empty: not sent. */
struct b3_headers {
	struct str trace_id, span_id, parent_id, sampled;
	bool debug; /* X-B3-Flags: 1 */
};

/* False, and `ret` untouched, for what is malformed in any part or says nothing. */
bool b3_parse(struct str header, struct b3 *ret);
/* The same of several. Without a trace id the others' ids say nothing. */
bool b3_parse_headers(const struct b3_headers *headers, struct b3 *ret);
