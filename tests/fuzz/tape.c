/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/tape.c - any bytes: records until the first place that is none, and no further. */
#include <errno.h>
#include <stdlib.h>

#include "user/event/event.h"
#include "user/event/tape.h"

struct reading {
	const char *begin;
	size_t end; /* of the last record, padded */
};

static void check(void *context, const struct record *record)
{
	struct reading *r = context;

	if ((const char *)record != r->begin + r->end)
		abort();
	if (!event_check((struct str){ (const char *)record, record->size }))
		abort();
	r->end += (record->size + 7) & ~(size_t)7;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct reading r = { copy, 8 };
	struct tape_error error = {};
	int result;

	memcpy(copy, data, size);
	result = tape_read((struct str){ copy, size }, check, &r, &error);
	if (result && (result != -EINVAL || !error.what))
		abort();
	if (result && error.offset && error.offset != r.end)
		abort();
	if (!result && r.end != size)
		abort();
	free(copy);
	return 0;
}
