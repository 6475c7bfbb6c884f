/* SPDX-License-Identifier: Apache-2.0 */
#include "user/hsperf/heap.h"

#include "user/base/mem.h"

/* G1 of some releases adds 8 bytes to each capacity; real ones are whole pages. */
enum { PAGE = 4096 };

/* When counters of sizes are written. */
enum written { WRITTEN_AT_CHANGE, WRITTEN_WHERE_SAMPLED, WRITTEN_AT_COLLECTION };

enum limit { LIMIT_NONE, LIMIT_OWN, LIMIT_COMMITTED, LIMIT_REST_OF_YOUNG };

struct space {
	uint8_t used, capacity, max; /* enum hsperf_counter */
};

#define EDEN                                                                                       \
	{                                                                                          \
		HSPERF_EDEN_USED, HSPERF_EDEN_CAPACITY, HSPERF_EDEN_MAX                            \
	}
#define SURVIVOR_0                                                                                 \
	{                                                                                          \
		HSPERF_SURVIVOR_0_USED, HSPERF_SURVIVOR_0_CAPACITY, HSPERF_SURVIVOR_0_MAX          \
	}
#define SURVIVOR_1                                                                                 \
	{                                                                                          \
		HSPERF_SURVIVOR_1_USED, HSPERF_SURVIVOR_1_CAPACITY, HSPERF_SURVIVOR_0_MAX          \
	}
#define OLD                                                                                        \
	{                                                                                          \
		HSPERF_OLD_USED, HSPERF_OLD_CAPACITY, HSPERF_OLD_MAX                               \
	}

/* A pool of two spaces is the one that holds something: the other waits to be copied into. */
struct pool {
	struct str name;
	size_t spaces; /* 0: none */
	struct space space[2];
	enum limit limit;
};

struct heap {
	struct str entry, begins; /* what says that it is this one */
	enum written written;
	struct pool pools[HEAP_POOLS];
	struct str collectors[HEAP_COLLECTORS];
};

#define FIRST_COLLECTOR STR("sun.gc.collector.0.name")
#define THIRD_COLLECTOR STR("sun.gc.collector.2.name")

#define POOL(name_, limit_, ...)                                                                   \
	{                                                                                          \
		.name = STR(name_), .limit = (limit_),                                             \
		.spaces = ARRAY_SIZE(((const struct space[]){ __VA_ARGS__ })), .space = {          \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* Times of ZGC and Shenandoah are not those of their pauses; see safepoints instead. */
static const struct heap heaps[] = {
	{ .entry = FIRST_COLLECTOR,
	  .begins = STR("G1 "),
	  .written = WRITTEN_AT_CHANGE,
	  .pools = { POOL("G1 Eden Space", LIMIT_NONE, EDEN),
		     POOL("G1 Survivor Space", LIMIT_NONE, SURVIVOR_1),
		     POOL("G1 Old Gen", LIMIT_OWN, OLD) },
	  .collectors = { STR("G1 Young Generation"), STR("G1 Old Generation"),
			  STR("G1 Concurrent GC") } },
	{ .entry = FIRST_COLLECTOR,
	  .begins = STR("Parallel "),
	  .written = WRITTEN_WHERE_SAMPLED,
	  .pools = { POOL("PS Eden Space", LIMIT_REST_OF_YOUNG, EDEN),
		     POOL("PS Survivor Space", LIMIT_COMMITTED, SURVIVOR_0, SURVIVOR_1),
		     POOL("PS Old Gen", LIMIT_OWN, OLD) },
	  .collectors = { STR("PS Scavenge"), STR("PS MarkSweep") } },
	{ .entry = FIRST_COLLECTOR,
	  .begins = STR("Serial "),
	  .written = WRITTEN_WHERE_SAMPLED,
	  .pools = { POOL("Eden Space", LIMIT_OWN, EDEN),
		     POOL("Survivor Space", LIMIT_OWN, SURVIVOR_0, SURVIVOR_1),
		     POOL("Tenured Gen", LIMIT_OWN, OLD) },
	  .collectors = { STR("Copy"), STR("MarkSweepCompact") } },
	{ .entry = FIRST_COLLECTOR,
	  .begins = STR("ZGC minor "),
	  .written = WRITTEN_AT_COLLECTION,
	  .pools = { POOL("ZGC Young Generation", LIMIT_OWN, EDEN),
		     POOL("ZGC Old Generation", LIMIT_OWN, OLD) } },
	{ .entry = THIRD_COLLECTOR,
	  .begins = STR("Z concurrent "),
	  .written = WRITTEN_AT_COLLECTION,
	  .pools = { POOL("ZHeap", LIMIT_OWN, OLD) } },
	{ .entry = FIRST_COLLECTOR,
	  .begins = STR("Shenandoah "),
	  .written = WRITTEN_AT_CHANGE,
	  .pools = { POOL("Shenandoah", LIMIT_OWN, OLD) } },
};

/* Of every JVM. Metaspace's own maximum is what is reserved for it, which is no limit. */
static const struct pool outside[] = {
	POOL("Metaspace", LIMIT_NONE,
	     { HSPERF_METASPACE_USED, HSPERF_METASPACE_CAPACITY, HSPERF_NONE }),
	POOL("Compressed Class Space", LIMIT_OWN,
	     { HSPERF_CLASS_SPACE_USED, HSPERF_CLASS_SPACE_CAPACITY, HSPERF_CLASS_SPACE_MAX }),
};

const struct heap *heap_find(struct str name, struct str text)
{
	for (size_t i = 0; i < ARRAY_SIZE(heaps); i++)
		if (str_eq(name, heaps[i].entry) && str_starts(text, heaps[i].begins))
			return &heaps[i];
	return NULL;
}

static uint64_t pages(const struct hsperf_counters *c, enum hsperf_counter counter)
{
	return (uint64_t)c->value[counter] / PAGE * PAGE;
}

/* The space in use; `ret_sure` is false where both are empty and not of one size. */
static const struct space *space_of(const struct hsperf_counters *c, const struct pool *pool,
				    bool *ret_sure)
{
	const struct space *first = &pool->space[0], *second = &pool->space[1];

	*ret_sure = true;
	if (pool->spaces == 1 || c->value[first->used])
		return first;
	if (c->value[second->used])
		return second;
	*ret_sure = c->value[first->capacity] == c->value[second->capacity];
	return first;
}

static void limit_set(const struct hsperf_counters *c, const struct pool *pool,
		      const struct space *space, struct pool_memory *m)
{
	uint64_t young = pages(c, HSPERF_YOUNG_MAX);
	uint64_t survivors =
		pages(c, HSPERF_SURVIVOR_0_CAPACITY) + pages(c, HSPERF_SURVIVOR_1_CAPACITY);

	switch (pool->limit) {
	case LIMIT_NONE:
		return;
	case LIMIT_OWN:
		m->has_limit = hsperf_has(c, space->max);
		m->limit = m->has_limit ? pages(c, space->max) : 0;
		return;
	case LIMIT_COMMITTED:
		m->has_limit = m->has_committed;
		m->limit = m->committed;
		return;
	case LIMIT_REST_OF_YOUNG:
		m->has_limit = hsperf_has(c, HSPERF_YOUNG_MAX) && young >= survivors;
		m->limit = m->has_limit ? young - survivors : 0;
		return;
	}
}

static struct pool_memory pool_read(const struct hsperf_counters *c, const struct pool *pool)
{
	struct pool_memory m = { .name = pool->name };
	bool sure;
	const struct space *space = space_of(c, pool, &sure);

	m.has_used = hsperf_has(c, space->used);
	m.used = (uint64_t)c->value[space->used];
	m.has_committed = sure && hsperf_has(c, space->capacity);
	m.committed = m.has_committed ? pages(c, space->capacity) : 0;
	limit_set(c, pool, space, &m);
	return m;
}

size_t heap_pools(const struct hsperf_counters *c, struct pool_memory ret[JVM_POOLS])
{
	const struct heap *heap = c->heap;
	size_t count = 0;

	for (size_t i = 0; heap && i < HEAP_POOLS && heap->pools[i].spaces; i++) {
		ret[count] = pool_read(c, &heap->pools[i]);
		ret[count].is_heap = true;
		ret[count++].is_current =
			heap->written == WRITTEN_AT_CHANGE ||
			(heap->written == WRITTEN_WHERE_SAMPLED && hsperf_has(c, HSPERF_SAMPLED));
	}
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		ret[count++] = pool_read(c, &outside[i]);
	return count;
}

struct str heap_collector(const struct heap *heap, size_t number)
{
	return heap ? heap->collectors[number] : (struct str){};
}
