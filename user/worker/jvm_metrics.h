/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvm_metrics.h - what JVMs say of themselves, as metrics of their instances.
 *
 * By the conventions' names where there are any (jvm.memory.*, jvm.thread.*, jvm.class.*); times of
 * safepoints and collections, which the conventions have no totals of, begin with "sonde.".
 */
#pragma once

#include "user/base/table.h"
#include "user/hsperf/heap.h"
#include "user/model/metric.h"

/* Of one instance; more than heap.c has names, so that none is ever left out. */
enum { JVM_COLLECTOR_NAMES = 16, JVM_POOL_NAMES = 32 };

struct collector_sum {
	struct str name;
	double collections, seconds;
};

struct jvm_sums {
	/* These only grow. */
	double classes_loaded, classes_unloaded, safepoints, safepoint_seconds, sync_seconds;
	struct collector_sum collectors[JVM_COLLECTOR_NAMES];
	size_t collector_count;
	/* These are of JVMs that live and were read just now. */
	bool has_now;
	double classes, threads, daemons;
	struct pool_memory pools[JVM_POOL_NAMES];
	size_t pool_count;
};

/* An instance of a service. */
struct jvm_row {
	struct resource *resource; /* a reference */
	struct jvm_sums ended, sum;
	uint64_t since_unix_ns;
	size_t members;
};

/* Add what only grows, and what is now. */
void jvm_sums_add(struct jvm_sums *to, const struct hsperf_counters *c);
void jvm_sums_add_now(struct jvm_sums *to, const struct hsperf_counters *c);

/* Of all rows, by their `sum`. */
void jvm_metrics_give(const struct table *rows, struct metric_sink *sink);
