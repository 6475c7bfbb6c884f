/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - those of a JVM's counters that are of use, by number.
 *
 * Where each stands is found once, by its name, and looked at again when the JVM has added some:
 * a reading costs no walk through all of them. A name is compared each time, so what is read is
 * never another's value.
 */
#pragma once

#include "user/hsperf/hsperf.h"

enum hsperf_counter {
	HSPERF_FREQUENCY, /* ticks a second, of all times */
	HSPERF_SAMPLED,	  /* there is one only where the JVM writes sizes every 50 ms */
	HSPERF_THREADS,
	HSPERF_THREADS_DAEMON,
	HSPERF_CLASSES_LOADED,
	HSPERF_CLASSES_SHARED_LOADED,
	HSPERF_CLASSES_UNLOADED,
	HSPERF_CLASSES_SHARED_UNLOADED,
	HSPERF_SAFEPOINTS,
	HSPERF_SAFEPOINT_TIME, /* at safepoints */
	HSPERF_SAFEPOINT_SYNC, /* until all threads had stopped, before that */
	HSPERF_COLLECTOR_0,
	HSPERF_COLLECTOR_1,
	HSPERF_COLLECTOR_2,
	HSPERF_COLLECTOR_0_TIME,
	HSPERF_COLLECTOR_1_TIME,
	HSPERF_COLLECTOR_2_TIME,
	HSPERF_YOUNG_MAX,
	HSPERF_EDEN_USED,
	HSPERF_EDEN_CAPACITY,
	HSPERF_EDEN_MAX,
	HSPERF_SURVIVOR_0_USED,
	HSPERF_SURVIVOR_0_CAPACITY,
	HSPERF_SURVIVOR_0_MAX,
	HSPERF_SURVIVOR_1_USED,
	HSPERF_SURVIVOR_1_CAPACITY,
	HSPERF_OLD_USED,
	HSPERF_OLD_CAPACITY,
	HSPERF_OLD_MAX,
	HSPERF_METASPACE_USED,
	HSPERF_METASPACE_CAPACITY,
	HSPERF_CLASS_SPACE_USED,
	HSPERF_CLASS_SPACE_CAPACITY,
	HSPERF_CLASS_SPACE_MAX,
	HSPERF_COUNTERS,
	HSPERF_NONE = HSPERF_COUNTERS,
};

struct heap;

/* Zeroed: nothing was read yet. */
struct hsperf_index {
	uint32_t used, count; /* of the file when it was made */
	uint32_t at[HSPERF_COUNTERS];
	const struct heap *heap; /* NULL: a collector that is not known */
};

struct hsperf_counters {
	int64_t value[HSPERF_COUNTERS]; /* 0 where there is none */
	uint64_t present;		/* bits; one below 0 is not there */
	const struct heap *heap;
};

/* As hsperf_open(), and -EINVAL when an entry is broken. `ret` is written only at 0. */
int hsperf_read(struct str bytes, struct hsperf_index *index, struct hsperf_counters *ret);

static inline bool hsperf_has(const struct hsperf_counters *c, enum hsperf_counter counter)
{
	return counter < HSPERF_COUNTERS && c->present >> counter & 1;
}
