/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h - what a JVM's counters say of its memory and its collectors, in JMX's words.
 *
 * HotSpot's own names are others (generation.0.space.0), and how current its counters are depends
 * on the collector: with some a size is written when it changes, with others at the end of a
 * collection alone. One more collector is a line in heap.c.
 */
#pragma once

#include "user/hsperf/counters.h"

enum { HEAP_COLLECTORS = 3, HEAP_POOLS = 3, JVM_POOLS = HEAP_POOLS + 2 };

/* What is not known of a pool is not `has`. */
struct pool_memory {
	struct str name;
	bool is_heap;
	bool is_current; /* else `used` is as the last collection left it */
	bool has_used, has_committed, has_limit;
	uint64_t used, committed, limit;
};

/* By the name of one of its collectors, as entry and text; NULL when they tell nothing. */
const struct heap *heap_find(struct str name, struct str text);

/* How many there are in `ret`. */
size_t heap_pools(const struct hsperf_counters *c, struct pool_memory ret[JVM_POOLS]);

/* Of the collector of that number; empty when there is none whose numbers can be believed. */
struct str heap_collector(const struct heap *heap, size_t number);
