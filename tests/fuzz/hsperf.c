/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/hsperf.c - any bytes as a file of counters, read twice, the second time with what
 * stands behind its middle: every text lies in it, and a reading that fails changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "user/hsperf/heap.h"

static void walk(struct str file)
{
	struct hsperf_entry entry;
	struct hsperf h;
	uint32_t at, len;

	if (hsperf_open(file, &h))
		return;
	for (at = h.first; (len = hsperf_entry(&h, at, &entry)); at += len)
		if (entry.name.at < file.at ||
		    entry.name.at + entry.name.len >= file.at + file.len ||
		    (entry.text.len && entry.text.at + entry.text.len > file.at + file.len))
			abort();
}

static void read_once(struct str file, struct hsperf_index *index)
{
	struct hsperf_counters c = { .present = 42 };
	struct pool_memory pools[JVM_POOLS];
	size_t count;

	if (hsperf_read(file, index, &c)) {
		if (c.present != 42)
			abort();
		return;
	}
	count = heap_pools(&c, pools);
	for (size_t i = 0; i < count; i++)
		if (pools[i].used > INT64_MAX || pools[i].committed > INT64_MAX ||
		    pools[i].limit > INT64_MAX)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hsperf_index index = {};
	char *copy = malloc(size ? size : 1); /* its end is watched */
	struct str file = { copy, size };

	memcpy(copy, data, size);
	walk(file);
	read_once(file, &index);
	/* The JVM writes on: the same head, other entries. */
	for (size_t i = size / 2; i + 1 < size && i > 32; i++)
		copy[i] = (char)data[i + 1];
	read_once(file, &index);
	read_once(file, &index);
	free(copy);
	return 0;
}
