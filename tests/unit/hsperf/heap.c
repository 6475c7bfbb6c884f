/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - mirrors user/hsperf/heap.c */
#include "user/hsperf/heap.h"

#include "tests/test.h"
#include "user/base/mem.h"

#define MIB 1048576

static const struct {
	enum hsperf_counter counter;
	int64_t value;
} sizes[] = {
	{ HSPERF_YOUNG_MAX, 64 * MIB },
	{ HSPERF_EDEN_USED, 5 },
	{ HSPERF_EDEN_CAPACITY, 32 * MIB + 8 }, /* as G1 of 17 has it */
	{ HSPERF_EDEN_MAX, 60 * MIB },
	{ HSPERF_SURVIVOR_0_USED, 0 },
	{ HSPERF_SURVIVOR_0_CAPACITY, 2 * MIB },
	{ HSPERF_SURVIVOR_0_MAX, 20 * MIB },
	{ HSPERF_SURVIVOR_1_USED, 3 },
	{ HSPERF_SURVIVOR_1_CAPACITY, 4 * MIB },
	{ HSPERF_OLD_USED, 7 },
	{ HSPERF_OLD_CAPACITY, 100 * MIB },
	{ HSPERF_OLD_MAX, 200 * MIB },
	{ HSPERF_METASPACE_USED, 11 },
	{ HSPERF_METASPACE_CAPACITY, MIB },
};

static struct hsperf_counters counters_of(const char *entry, const char *collector)
{
	struct hsperf_counters c = { .heap = heap_find(str_of(entry), str_of(collector)) };

	EACH(i, sizes) {
		c.value[sizes[i].counter] = sizes[i].value;
		c.present |= UINT64_C(1) << sizes[i].counter;
	}
	return c;
}

static const struct {
	const char *entry, *collector;
	bool is_current; /* without sampling */
	struct {
		const char *name;
		int64_t used, committed, limit; /* limit 0: none */
	} pools[3];
	const char *collectors[3];
} rows[] = {
	{ "sun.gc.collector.0.name",
	  "G1 young collection pauses",
	  true,
	  { { "G1 Eden Space", 5, 32 * MIB, 0 },
	    { "G1 Survivor Space", 3, 4 * MIB, 0 },
	    { "G1 Old Gen", 7, 100 * MIB, 200 * MIB } },
	  { "G1 Young Generation", "G1 Old Generation", "G1 Concurrent GC" } },
	{ "sun.gc.collector.0.name",
	  "Parallel young collection pauses",
	  false,
	  { { "PS Eden Space", 5, 32 * MIB, 58 * MIB },
	    { "PS Survivor Space", 3, 4 * MIB, 4 * MIB },
	    { "PS Old Gen", 7, 100 * MIB, 200 * MIB } },
	  { "PS Scavenge", "PS MarkSweep", "" } },
	{ "sun.gc.collector.0.name",
	  "Serial young collection pauses",
	  false,
	  { { "Eden Space", 5, 32 * MIB, 60 * MIB },
	    { "Survivor Space", 3, 4 * MIB, 20 * MIB },
	    { "Tenured Gen", 7, 100 * MIB, 200 * MIB } },
	  { "Copy", "MarkSweepCompact", "" } },
	{ "sun.gc.collector.0.name",
	  "ZGC minor collection pauses",
	  false,
	  { { "ZGC Young Generation", 5, 32 * MIB, 60 * MIB },
	    { "ZGC Old Generation", 7, 100 * MIB, 200 * MIB } },
	  { "", "", "" } },
	{ "sun.gc.collector.2.name",
	  "Z concurrent cycle pauses",
	  false,
	  { { "ZHeap", 7, 100 * MIB, 200 * MIB } },
	  { "", "", "" } },
	{ "sun.gc.collector.0.name",
	  "Shenandoah partial",
	  true,
	  { { "Shenandoah", 7, 100 * MIB, 200 * MIB } },
	  { "", "", "" } },
};

TEST(pools_and_collectors_are_called_as_jmx_calls_them)
{
	struct pool_memory pools[JVM_POOLS];

	EACH(i, rows) {
		struct hsperf_counters c = counters_of(rows[i].entry, rows[i].collector);
		size_t count = heap_pools(&c, pools), k = 0;

		for (; k < 3 && rows[i].pools[k].name; k++) {
			CHECK(str_eq(pools[k].name, str_of(rows[i].pools[k].name)));
			CHECK(pools[k].is_heap && pools[k].is_current == rows[i].is_current);
			CHECK(pools[k].used == (uint64_t)rows[i].pools[k].used);
			CHECK(pools[k].committed == (uint64_t)rows[i].pools[k].committed);
			CHECK(pools[k].limit == (uint64_t)rows[i].pools[k].limit);
			CHECK(pools[k].has_limit == (rows[i].pools[k].limit > 0));
		}
		CHECK(count == k + 2 && str_eq(pools[k].name, STR("Metaspace")));
		CHECK(!pools[k].is_heap && !pools[k].is_current && pools[k].used == 11);
		CHECK(!pools[k + 1].has_used && !pools[k + 1].has_limit);
		for (k = 0; k < HEAP_COLLECTORS; k++)
			CHECK(str_eq(heap_collector(c.heap, k), str_of(rows[i].collectors[k])));
	}
}

TEST(sizes_are_current_where_the_jvm_samples_them)
{
	struct hsperf_counters c =
		counters_of("sun.gc.collector.0.name", "Serial young collection pauses");
	struct pool_memory pools[JVM_POOLS];

	c.present |= UINT64_C(1) << HSPERF_SAMPLED;
	heap_pools(&c, pools);
	CHECK(pools[0].is_current && pools[1].is_current && pools[2].is_current);
	c = counters_of("sun.gc.collector.0.name", "ZGC minor collection pauses");
	c.present |= UINT64_C(1) << HSPERF_SAMPLED;
	heap_pools(&c, pools);
	CHECK(!pools[0].is_current);
}

TEST(which_of_two_empty_survivors_is_in_use_is_told_by_their_sizes_or_not_at_all)
{
	struct hsperf_counters c =
		counters_of("sun.gc.collector.0.name", "Parallel young collection pauses");
	struct pool_memory pools[JVM_POOLS];

	c.value[HSPERF_SURVIVOR_1_USED] = 0;
	heap_pools(&c, pools);
	CHECK(pools[1].has_used && !pools[1].used && !pools[1].has_committed &&
	      !pools[1].has_limit);
	c.value[HSPERF_SURVIVOR_0_CAPACITY] = 4 * MIB;
	heap_pools(&c, pools);
	CHECK(pools[1].has_committed && pools[1].committed == 4 * MIB);
	c.value[HSPERF_SURVIVOR_0_USED] = 9;
	c.value[HSPERF_SURVIVOR_0_CAPACITY] = 2 * MIB;
	heap_pools(&c, pools);
	CHECK(pools[1].used == 9 && pools[1].committed == 2 * MIB);
}

TEST(of_a_collector_that_is_not_known_no_heap_is_told)
{
	struct hsperf_counters c = counters_of("sun.gc.collector.0.name", "Epsilon");
	struct pool_memory pools[JVM_POOLS];

	CHECK(!c.heap && heap_pools(&c, pools) == 2 && !pools[0].is_heap);
	CHECK(!heap_collector(c.heap, 0).len);
	CHECK(!heap_find(STR("sun.gc.collector.1.name"), STR("G1 full collection pauses")));
}

TEST(a_young_generation_smaller_than_its_survivors_has_no_limit)
{
	struct hsperf_counters c =
		counters_of("sun.gc.collector.0.name", "Parallel young collection pauses");
	struct pool_memory pools[JVM_POOLS];

	c.value[HSPERF_YOUNG_MAX] = MIB;
	heap_pools(&c, pools);
	CHECK(!pools[0].has_limit && !pools[0].limit);
}
