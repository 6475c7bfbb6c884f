/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/record.c - any bytes: every byte of a record that passes the check is there. */
#include <stdlib.h>
#include <string.h>

#include "user/event/event.h"

static uint64_t touch(const void *at, size_t len)
{
	const volatile uint8_t *bytes = at;
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += bytes[i];
	return sum;
}

static void check_strings(const struct record_process *p)
{
	const char *at = (const char *)p->payload, *end = (const char *)p + p->head.size;

	while (at < end)
		at += strlen(at) + 1;
	if (at != end)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* aligned, and its end is watched */
	const struct record *r;

	memcpy(copy, data, size);
	r = event_check((struct str){ copy, size });
	if (r) {
		touch(r, r->size);
		event_type_name(r->type);
		if (r->type == RECORD_BYTES)
			touch(((const struct record_turn *)r)->payload,
			      ((const struct record_turn *)r)->length);
		if (r->type == RECORD_CONNECTION)
			touch(r, sizeof(struct record_connection));
		if (r->type == RECORD_CLOCK)
			touch(r, sizeof(struct record_clock));
		if (r->type == RECORD_PAUSE)
			touch(r, sizeof(*r) + strlen(((const struct record_pause *)r)->text));
		if (r->type == RECORD_PROCESS)
			check_strings((const struct record_process *)r);
	}
	free(copy);
	return 0;
}
