/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loops.h - event loops of watched processes: how busy they are, and how late.
 *
 *	the kernel half's cells, one a thread  -->  a row an instance and kind of thread  -->  metrics
 *
 * The cells are looked through when an exporter asks and every ten seconds in between; those of
 * threads and processes that ended are taken for the last time and given back, and so are those of
 * processes that nobody knows for ten seconds, which are counted: a thread that still runs takes
 * another. Loops of a process's first thread ("main") and of others ("thread") are told apart, and
 * summed over processes of an instance.
 *
 * Gauges are of the time since they were last asked for, by whichever exporter; one that asks within
 * a second after another is given what that was given.
 */
#pragma once

#include <stdint.h>

#include "headers/loop.h"
#include "user/model/metric.h"
#include "user/process/process.h"

struct loops;

struct loops_options {
	struct processes *processes;
	struct loop_cell *cells; /* the kernel half's map; NULL: there is none */
	size_t limit;		 /* of them */
	uint64_t ended_series_ns;
	const int64_t *unix_offset_ns;
	uint64_t told_ns; /* now, where another worker has told of what is in the cells; else 0 */
};

struct loops *loops_new(const struct loops_options *options);
void loops_free(struct loops *l);
/* Look through the cells if that is due. */
void loops_settle(struct loops *l, uint64_t now_ns);
struct collector *loops_collector(struct loops *l);
/* Cells that were given back because nothing was known of their processes. */
uint64_t loops_unknown(const struct loops *l);
