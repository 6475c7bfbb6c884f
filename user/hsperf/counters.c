/* SPDX-License-Identifier: Apache-2.0 */
#include "user/hsperf/counters.h"

#include <assert.h>
#include <errno.h>

#include "user/base/mem.h"
#include "user/hsperf/heap.h"

static const struct str names[] = {
	[HSPERF_FREQUENCY] = STR("sun.os.hrt.frequency"),
	[HSPERF_SAMPLED] = STR("sun.os.hrt.ticks"),
	[HSPERF_THREADS] = STR("java.threads.live"),
	[HSPERF_THREADS_DAEMON] = STR("java.threads.daemon"),
	[HSPERF_CLASSES_LOADED] = STR("java.cls.loadedClasses"),
	[HSPERF_CLASSES_SHARED_LOADED] = STR("java.cls.sharedLoadedClasses"),
	[HSPERF_CLASSES_UNLOADED] = STR("java.cls.unloadedClasses"),
	[HSPERF_CLASSES_SHARED_UNLOADED] = STR("java.cls.sharedUnloadedClasses"),
	[HSPERF_SAFEPOINTS] = STR("sun.rt.safepoints"),
	[HSPERF_SAFEPOINT_TIME] = STR("sun.rt.safepointTime"),
	[HSPERF_SAFEPOINT_SYNC] = STR("sun.rt.safepointSyncTime"),
	[HSPERF_COLLECTOR_0] = STR("sun.gc.collector.0.invocations"),
	[HSPERF_COLLECTOR_1] = STR("sun.gc.collector.1.invocations"),
	[HSPERF_COLLECTOR_2] = STR("sun.gc.collector.2.invocations"),
	[HSPERF_COLLECTOR_0_TIME] = STR("sun.gc.collector.0.time"),
	[HSPERF_COLLECTOR_1_TIME] = STR("sun.gc.collector.1.time"),
	[HSPERF_COLLECTOR_2_TIME] = STR("sun.gc.collector.2.time"),
	[HSPERF_YOUNG_MAX] = STR("sun.gc.generation.0.maxCapacity"),
	[HSPERF_EDEN_USED] = STR("sun.gc.generation.0.space.0.used"),
	[HSPERF_EDEN_CAPACITY] = STR("sun.gc.generation.0.space.0.capacity"),
	[HSPERF_EDEN_MAX] = STR("sun.gc.generation.0.space.0.maxCapacity"),
	[HSPERF_SURVIVOR_0_USED] = STR("sun.gc.generation.0.space.1.used"),
	[HSPERF_SURVIVOR_0_CAPACITY] = STR("sun.gc.generation.0.space.1.capacity"),
	[HSPERF_SURVIVOR_0_MAX] = STR("sun.gc.generation.0.space.1.maxCapacity"),
	[HSPERF_SURVIVOR_1_USED] = STR("sun.gc.generation.0.space.2.used"),
	[HSPERF_SURVIVOR_1_CAPACITY] = STR("sun.gc.generation.0.space.2.capacity"),
	[HSPERF_OLD_USED] = STR("sun.gc.generation.1.space.0.used"),
	[HSPERF_OLD_CAPACITY] = STR("sun.gc.generation.1.space.0.capacity"),
	[HSPERF_OLD_MAX] = STR("sun.gc.generation.1.space.0.maxCapacity"),
	[HSPERF_METASPACE_USED] = STR("sun.gc.metaspace.used"),
	[HSPERF_METASPACE_CAPACITY] = STR("sun.gc.metaspace.capacity"),
	[HSPERF_CLASS_SPACE_USED] = STR("sun.gc.compressedclassspace.used"),
	[HSPERF_CLASS_SPACE_CAPACITY] = STR("sun.gc.compressedclassspace.capacity"),
	[HSPERF_CLASS_SPACE_MAX] = STR("sun.gc.compressedclassspace.maxCapacity"),
};
static_assert(ARRAY_SIZE(names) == HSPERF_COUNTERS, "each counter has its name");
static_assert(HSPERF_COUNTERS <= 64, "a bit each");

/* The first of a name counts. */
static void note_number(struct hsperf_index *index, struct str name, uint32_t at)
{
	for (size_t i = 0; i < HSPERF_COUNTERS; i++)
		if (!index->at[i] && str_eq(name, names[i])) {
			index->at[i] = at;
			return;
		}
}

/* As many as the file says, which has room for no more than its bytes. */
static int index_make(const struct hsperf *h, struct hsperf_index *ret)
{
	struct hsperf_index index = { .used = (uint32_t)h->bytes.len, .count = h->count };
	uint32_t at = h->first;

	for (uint32_t i = 0; i < h->count; i++) {
		struct hsperf_entry entry;
		uint32_t len = hsperf_entry(h, at, &entry);

		if (!len)
			return -EINVAL;
		if (entry.is_number)
			note_number(&index, entry.name, at);
		else if (!index.heap)
			index.heap = heap_find(entry.name, entry.text);
		at += len;
	}
	*ret = index;
	return 0;
}

/* Is it where it was? Then its value, unless that is none. */
static bool value_read(const struct hsperf *h, const struct hsperf_index *index,
		       enum hsperf_counter counter, struct hsperf_counters *ret)
{
	struct hsperf_entry entry;

	if (!index->at[counter])
		return true;
	if (!hsperf_entry(h, index->at[counter], &entry) || !entry.is_number ||
	    !str_eq(entry.name, names[counter]))
		return false;
	if (entry.number >= 0) {
		ret->value[counter] = entry.number;
		ret->present |= UINT64_C(1) << counter;
	}
	return true;
}

int hsperf_read(struct str bytes, struct hsperf_index *index, struct hsperf_counters *ret)
{
	struct hsperf_counters counters = {};
	struct hsperf h;
	int error = hsperf_open(bytes, &h);

	if (!error && (h.bytes.len != index->used || h.count != index->count))
		error = index_make(&h, index);
	if (error)
		return error;
	for (int i = 0; i < HSPERF_COUNTERS; i++)
		if (!value_read(&h, index, (enum hsperf_counter)i, &counters)) {
			*index = (struct hsperf_index){}; /* another file than it was */
			return -EINVAL;
		}
	counters.heap = index->heap;
	*ret = counters;
	return 0;
}
