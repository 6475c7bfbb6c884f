/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pauses.h - what runtimes paused a process for: counted, and remembered for a while.
 *
 *	record -> its runtime's row says what it was (runtime.h)
 *	       -> sonde.pause {runtime, kind}, and the conventions' own histogram where there is one
 *	       -> the process's recent pauses (recent.h), for the spans that they hit
 *
 * Series are rows of series.h, with its limits: of a service, of all, and of what has ended. A
 * record that cannot be, or whose runtime is not known, is counted and leaves no other trace.
 */
#pragma once

#include "headers/record.h"
#include "user/model/metric.h"
#include "user/model/series.h"
#include "user/pause/recent.h"
#include "user/process/process.h"
#include "user/runtime/runtime.h"

struct pauses_options {
	const struct runtime *const *runtimes; /* ended by NULL */
	struct processes *processes;
	const struct resource *unknown; /* of processes without facts */
	struct series *series;
	const int64_t *unix_offset_ns;
	size_t max_processes; /* of which pauses are remembered at once */
};

struct pauses;

/* All that `options` points to is borrowed. */
struct pauses *pauses_new(const struct pauses_options *options);
void pauses_free(struct pauses *p);

/* Take one checked record. */
void pauses_take(struct pauses *p, const struct record_pause *record);

/* Are there any? Where not, nothing else has to be asked. */
bool pauses_remembered(const struct pauses *p);
/*
 * Remembered pauses that overlap the time between, of the whole process or of one of the threads
 * (0: none); the newest first.
 */
void pauses_between(const struct pauses *p, struct process_id process, const uint32_t threads[2],
		    uint64_t from_ns, uint64_t to_ns, pause_visit *visit, void *context);

/* A span that began then is told of the pauses that hit it: counted where some were forgotten. */
void pauses_tell_from(struct pauses *p, struct process_id process, uint64_t from_ns);

/* How long collections among them, of the process or the thread, took of the time between. */
uint64_t pauses_collecting(const struct pauses *p, struct process_id process, uint32_t thread,
			   uint64_t from_ns, uint64_t to_ns);

/* Wall-clock time of a monotonic one; a runtime's name. For who is told of its pauses. */
uint64_t pauses_unix_ns(const struct pauses *p, uint64_t at_ns);
struct str pauses_runtime(const struct pauses *p, uint16_t runtime);

/* What was refused and what was forgotten early. */
struct collector *pauses_collector(struct pauses *p);
/* The group of sonde.pause among the series: {runtime, kind}. */
extern const struct metric_group pauses_group;
