/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheduled.h - how long tasks of watched processes waited for a CPU, who ran instead, and how often
 * they left one.
 *
 *	the kernel half's map, a value a process and CPU  -->  a row an instance  -->  metrics
 *
 * The map is looked through when an exporter asks and every ten seconds in between, and what it grew
 * by is added to the row; what has ended for a second is taken for the last time, and its place given
 * back, and so is that of what nobody knows for ten seconds, which is counted: it may still run. An
 * instance's numbers stay as long as its series (limit.ended-series).
 */
#pragma once

#include <stdint.h>

#include "headers/capture.h"
#include "user/model/metric.h"
#include "user/process/process.h"
#include "user/worker/preempted.h"

struct scheduled_table;

struct scheduled_options {
	struct processes *processes;
	size_t limit; /* processes at once */
	uint64_t ended_series_ns;
	const int64_t *unix_offset_ns;
	/* The map, as bpf(2) gives it: the process after `id` (NULL: the first), its sum over CPUs. */
	bool (*next)(void *context, const struct process_id *id, struct process_id *ret);
	bool (*read)(void *context, const struct process_id *id, struct scheduled *ret);
	void (*drop)(void *context, const struct process_id *id);
	void *context;
	bool succeeds; /* another worker has told of what is in the map by now */
	/* Who ran instead, as in struct preempted_options, without `row`, `owner` and `succeeds`. */
	struct preempted_options preempted;
};

struct scheduled_table *scheduled_new(const struct scheduled_options *options);
void scheduled_free(struct scheduled_table *t);
/* Look through the map if that is due. */
void scheduled_settle(struct scheduled_table *t, uint64_t now_ns);
struct collector *scheduled_collector(struct scheduled_table *t);
/* Processes whose place was given back because nothing was known of them. */
uint64_t scheduled_unknown(const struct scheduled_table *t);

/* What an instance's processes did, as struct scheduled has it of one. */
struct scheduled_totals {
	uint64_t waited_ns, throttled_ns;
	uint64_t voluntary, involuntary;
	uint64_t migrations;
	uint64_t waits[WAIT_BUCKETS];
};

/* Add what another CPU counted. */
void scheduled_add(struct scheduled *to, const struct scheduled *more);

/* The waits as a histogram, whose buckets are the totals' and `ret`'s own: nothing to be freed. */
struct waits {
	struct histogram histogram;
	uint64_t classic[16];
};
void waits_histogram(struct scheduled_totals *s, struct waits *ret);
