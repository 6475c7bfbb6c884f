/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_context.h - W3C Trace Context: traceparent and tracestate, read only.
 * https://www.w3.org/TR/trace-context/ sections 3.2 and 3.3.
 */
#pragma once

#include "user/base/str.h"

enum { TRACE_ID_BYTES = 16, SPAN_ID_BYTES = 8 };
enum { TRACE_FLAG_SAMPLED = 0x01, TRACE_FLAG_RANDOM = 0x02 };

struct trace_context {
	uint8_t trace_id[TRACE_ID_BYTES];
	uint8_t span_id[SPAN_ID_BYTES];
	uint8_t flags;	  /* only the two flags above */
	struct str state; /* tracestate as received, or empty; borrowed */
};

/* An id of `count` bytes, 8 or 16, from exactly as many lower-case hex digits that are not all 0. */
bool trace_id_parse(struct str digits, size_t count, uint8_t *ret);

/*
 * Read a traceparent header's value. False for anything that the specification
 * calls invalid (length, case, version ff, zero ids); `ret` is then untouched.
 */
bool trace_context_parse(struct str traceparent, struct trace_context *ret);

/*
 * Check a tracestate's list of members (at most 32, key and value syntax, no
 * key twice). `ret` is the value to keep, cut at whole members to what must be
 * propagated (512 characters); empty when it is not valid, which does not touch
 * the traceparent. It is borrowed from `header`, or, where members had to go,
 * stands until the next call.
 */
void trace_state_parse(struct str header, struct str *ret);
