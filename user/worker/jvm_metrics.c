/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/jvm_metrics.h"

#include <assert.h>
#include <stddef.h>

#include "user/base/mem.h"

static double seconds(const struct hsperf_counters *c, int64_t ticks)
{
	int64_t frequency = c->value[HSPERF_FREQUENCY];

	return frequency ? (double)ticks / (double)frequency : 0;
}

/* Names are literals of heap.c: the same one is at the same place. */
static struct collector_sum *collector_of(struct jvm_sums *sums, struct str name)
{
	struct collector_sum *c = sums->collectors;

	while (c < sums->collectors + sums->collector_count && c->name.at != name.at)
		c++;
	if (c == sums->collectors + JVM_COLLECTOR_NAMES)
		return NULL;
	sums->collector_count += c == sums->collectors + sums->collector_count;
	c->name = name;
	return c;
}

void jvm_sums_add(struct jvm_sums *to, const struct hsperf_counters *c)
{
	const int64_t *v = c->value;

	to->classes_loaded +=
		(double)v[HSPERF_CLASSES_LOADED] + (double)v[HSPERF_CLASSES_SHARED_LOADED];
	to->classes_unloaded +=
		(double)v[HSPERF_CLASSES_UNLOADED] + (double)v[HSPERF_CLASSES_SHARED_UNLOADED];
	to->safepoints += (double)v[HSPERF_SAFEPOINTS];
	to->sync_seconds += seconds(c, v[HSPERF_SAFEPOINT_SYNC]);
	to->safepoint_seconds +=
		seconds(c, v[HSPERF_SAFEPOINT_SYNC]) + seconds(c, v[HSPERF_SAFEPOINT_TIME]);
	for (size_t i = 0; i < HEAP_COLLECTORS; i++) {
		struct str name = heap_collector(c->heap, i);
		struct collector_sum *collector;

		if (!name.len || !hsperf_has(c, (enum hsperf_counter)(HSPERF_COLLECTOR_0 + i)))
			continue;
		collector = collector_of(to, name);
		if (!collector)
			continue;
		collector->collections += (double)v[HSPERF_COLLECTOR_0 + i];
		collector->seconds += seconds(c, v[HSPERF_COLLECTOR_0_TIME + i]);
	}
}

static void add_pool(struct jvm_sums *to, const struct pool_memory *pool)
{
	struct pool_memory *p = to->pools;

	while (p < to->pools + to->pool_count &&
	       (p->name.at != pool->name.at || p->is_current != pool->is_current))
		p++;
	if (p == to->pools + JVM_POOL_NAMES)
		return;
	if (p == to->pools + to->pool_count) {
		to->pool_count++;
		*p = *pool;
		return;
	}
	p->has_used |= pool->has_used;
	p->has_committed |= pool->has_committed;
	p->has_limit |= pool->has_limit;
	p->used += pool->used;
	p->committed += pool->committed;
	p->limit += pool->limit;
}

void jvm_sums_add_now(struct jvm_sums *to, const struct hsperf_counters *c)
{
	const int64_t *v = c->value;
	struct pool_memory pools[JVM_POOLS];
	size_t count = heap_pools(c, pools);

	to->has_now = true;
	to->classes += (double)v[HSPERF_CLASSES_LOADED] + (double)v[HSPERF_CLASSES_SHARED_LOADED] -
		       (double)v[HSPERF_CLASSES_UNLOADED] -
		       (double)v[HSPERF_CLASSES_SHARED_UNLOADED];
	to->threads += (double)v[HSPERF_THREADS];
	to->daemons += (double)v[HSPERF_THREADS_DAEMON];
	for (size_t i = 0; i < count; i++)
		add_pool(to, &pools[i]);
}

static void give(const struct jvm_row *row, const struct attribute *attributes, size_t count,
		 enum metric_kind kind, double value, struct metric_sink *sink)
{
	sink->sample(sink, &(struct sample){
				   .resource = row->resource,
				   .attributes = attributes,
				   .attribute_count = count,
				   .start_unix_ns = kind == METRIC_COUNTER ? row->since_unix_ns : 0,
				   .value = value });
}

static const struct {
	struct metric metric;
	size_t at; /* in struct jvm_sums */
	bool is_now;
} numbers[] = {
	{ { .name = "jvm.class.loaded",
	    .unit = "{class}",
	    .help = "Classes that the JVM has loaded.",
	    .kind = METRIC_COUNTER },
	  offsetof(struct jvm_sums, classes_loaded) },
	{ { .name = "jvm.class.unloaded",
	    .unit = "{class}",
	    .help = "Classes that the JVM has unloaded.",
	    .kind = METRIC_COUNTER },
	  offsetof(struct jvm_sums, classes_unloaded) },
	{ { .name = "jvm.class.count",
	    .unit = "{class}",
	    .help = "Classes that are loaded.",
	    .kind = METRIC_UPDOWN },
	  offsetof(struct jvm_sums, classes),
	  .is_now = true },
	{ { .name = "sonde.jvm.safepoints",
	    .unit = "{safepoint}",
	    .help = "How often all threads of the JVM were stopped.",
	    .kind = METRIC_COUNTER },
	  offsetof(struct jvm_sums, safepoints) },
	{ { .name = "sonde.jvm.safepoint.time",
	    .unit = "s",
	    .help = "How long they were stopped, from when the first was asked to.",
	    .kind = METRIC_COUNTER },
	  offsetof(struct jvm_sums, safepoint_seconds) },
	{ { .name = "sonde.jvm.safepoint.sync.time",
	    .unit = "s",
	    .help = "How much of that it took until the last one had stopped.",
	    .kind = METRIC_COUNTER },
	  offsetof(struct jvm_sums, sync_seconds) },
};

static void give_numbers(const struct table *rows, struct metric_sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct jvm_row *row;
		size_t at = 0;

		sink->metric(sink, &numbers[i].metric);
		while ((row = table_next(rows, &at)))
			if (row->sum.has_now || !numbers[i].is_now)
				give(row, NULL, 0, numbers[i].metric.kind,
				     *(const double *)((const char *)&row->sum + numbers[i].at),
				     sink);
	}
}

static void give_threads(const struct table *rows, struct metric_sink *sink)
{
	static const struct metric metric = { .name = "jvm.thread.count",
					      .unit = "{thread}",
					      .help = "Threads of the JVM that live.",
					      .kind = METRIC_UPDOWN };
	const struct attribute daemon = { .key = STR("jvm.thread.daemon"),
					  .type = ATTRIBUTE_BOOL,
					  .number = 1 },
			       other = { .key = daemon.key, .type = ATTRIBUTE_BOOL };
	const struct jvm_row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(rows, &at))) {
		if (!row->sum.has_now)
			continue;
		give(row, &daemon, 1, metric.kind, row->sum.daemons, sink);
		give(row, &other, 1, metric.kind, row->sum.threads - row->sum.daemons, sink);
	}
}

static void give_collectors(const struct table *rows, struct metric_sink *sink)
{
	static const struct metric metrics[] = {
		{ .name = "sonde.jvm.gc.collections",
		  .unit = "{collection}",
		  .help = "Collections, by collector; not of ZGC and Shenandoah.",
		  .kind = METRIC_COUNTER },
		{ .name = "sonde.jvm.gc.time",
		  .unit = "s",
		  .help = "How long they took; not of ZGC and Shenandoah.",
		  .kind = METRIC_COUNTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		const struct jvm_row *row;
		size_t at = 0;

		sink->metric(sink, &metrics[i]);
		while ((row = table_next(rows, &at)))
			for (size_t k = 0; k < row->sum.collector_count; k++) {
				const struct collector_sum *c = &row->sum.collectors[k];
				const struct attribute name =
					attribute_text(STR("jvm.gc.name"), c->name);

				give(row, &name, 1, METRIC_COUNTER, i ? c->seconds : c->collections,
				     sink);
			}
	}
}

static const struct metric memory[] = {
	{ .name = "jvm.memory.used",
	  .unit = "By",
	  .help = "Memory in use, of pools of which the JVM tells it all the time.",
	  .kind = METRIC_UPDOWN },
	{ .name = "jvm.memory.used_after_last_gc",
	  .unit = "By",
	  .help = "Memory in use when it was collected last, of the other pools.",
	  .kind = METRIC_UPDOWN },
	{ .name = "jvm.memory.committed",
	  .unit = "By",
	  .help = "Memory that the JVM has for the pool.",
	  .kind = METRIC_UPDOWN },
	{ .name = "jvm.memory.limit",
	  .unit = "By",
	  .help = "The most that the pool may have, where it has a limit.",
	  .kind = METRIC_UPDOWN },
};

static bool memory_value(const struct pool_memory *pool, size_t metric, double *ret)
{
	const bool has[] = { pool->has_used && pool->is_current,
			     pool->has_used && !pool->is_current, pool->has_committed,
			     pool->has_limit };
	const uint64_t values[] = { pool->used, pool->used, pool->committed, pool->limit };

	static_assert(ARRAY_SIZE(has) == ARRAY_SIZE(memory), "one each");
	*ret = (double)values[metric];
	return has[metric];
}

static void give_memory(const struct table *rows, struct metric_sink *sink)
{
	for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
		const struct jvm_row *row;
		size_t at = 0;

		sink->metric(sink, &memory[i]);
		while ((row = table_next(rows, &at)))
			for (size_t k = 0; k < row->sum.pool_count; k++) {
				const struct pool_memory *pool = &row->sum.pools[k];
				const struct attribute of[] = {
					attribute_text(STR("jvm.memory.type"),
						       pool->is_heap ? STR("heap")
								     : STR("non_heap")),
					attribute_text(STR("jvm.memory.pool.name"), pool->name),
				};
				double value;

				if (memory_value(pool, i, &value))
					give(row, of, ARRAY_SIZE(of), METRIC_UPDOWN, value, sink);
			}
	}
}

void jvm_metrics_give(const struct table *rows, struct metric_sink *sink)
{
	give_memory(rows, sink);
	give_threads(rows, sink);
	give_numbers(rows, sink);
	give_collectors(rows, sink);
}
