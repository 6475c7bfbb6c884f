/* SPDX-License-Identifier: Apache-2.0 */
/* trace_context.c - any header values: what is accepted keeps its promises. */
#include "user/model/trace_context.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_state(struct str header)
{
	struct str kept = {}, again, member;
	size_t members = 0;
	char copy[512];

	trace_state_parse(header, &kept);
	require(kept.len <= 512 && kept.len <= header.len);
	if (!kept.len)
		return;
	memcpy(copy, kept.at, kept.len);
	kept.at = copy;
	trace_state_parse(kept, &again); /* what is kept is valid */
	require(str_eq(kept, again));
	while (take_part(&again, ',', &member))
		members += str_trim(member).len > 0;
	require(members >= 1 && members <= 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct trace_context c;

	if (trace_context_parse(in, &c))
		require(size >= 55 && c.flags <= 3 && !c.state.len && memcmp(data, "ff", 2));
	check_state(in);
	return 0;
}
