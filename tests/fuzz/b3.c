/* SPDX-License-Identifier: Apache-2.0 */
/* b3.c - any header, as one and as the five that its lines are: what is accepted keeps its promises. */
#include "user/model/b3.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const uint8_t *id, size_t count)
{
	static const uint8_t zero[TRACE_ID_BYTES];

	return !memcmp(id, zero, count);
}

static void check(const struct b3 *b3)
{
	const struct trace_context *c = &b3->context;

	require(b3->has_ids || b3->has_decision);
	require(b3->has_ids || (is_zero(c->trace_id, TRACE_ID_BYTES) && !b3->has_parent));
	require(b3->has_ids == !is_zero(c->trace_id, TRACE_ID_BYTES));
	require(b3->has_ids == !is_zero(c->span_id, SPAN_ID_BYTES));
	require(b3->has_parent == !is_zero(b3->parent_id, SPAN_ID_BYTES));
	require(!(c->flags & ~TRACE_FLAG_SAMPLED) && !c->state.len);
	require(b3->has_decision || !c->flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, lines[5] = {};
	struct b3_headers headers;
	struct b3 b3;

	if (b3_parse(in, &b3)) {
		check(&b3);
		require(size == 1 || (size >= 33 && size <= 68));
	}
	for (size_t i = 0; i < 5; i++)
		take_part(&in, '\n', &lines[i]);
	headers = (struct b3_headers){ lines[0], lines[1], lines[2], lines[3], lines[4].len > 0 };
	if (b3_parse_headers(&headers, &b3))
		check(&b3);
	return 0;
}
