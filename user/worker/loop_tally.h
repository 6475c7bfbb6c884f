/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_tally.h - what event loops did, added up.
 *
 *	a cell of the kernel half, look by look  -->  what it grew by  -->  a tally
 *	a tally less the one of when a window began  -->  the window's gauges
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "headers/loop.h"
#include "user/model/histogram.h"

/* Times between two firings of the timer are told by how much they differ from the period. */
struct loop_tally {
	uint64_t idle_ns, active_ns;
	uint64_t late_ns, early_ns;
	uint64_t squares; /* of deviations, in units of 2^LOOP_SQUARE_SHIFT ns each */
	uint64_t counts[LOOP_BUCKETS];
};

/* What of a cell is in tallies already. */
struct loop_seen {
	uint64_t idle_ns, elapsed_ns;
	uint64_t late_ns, early_ns, squares;
	uint32_t counts[LOOP_BUCKETS];
};

/*
 * Add to `to` what the cell grew by since it was `seen`. A sleep that lasts counts until `now_ns`,
 * with the firings in it, so what it is when it has ended may be a little less: nothing is ever
 * taken off, later growth makes up for it. Without `fires`, firings are left out.
 */
void loop_tally_grow(struct loop_tally *to, struct loop_seen *seen, const struct loop_cell *cell,
		     uint64_t now_ns, bool fires);
/* `ret` may be one of the two. */
void loop_tally_less(const struct loop_tally *from, const struct loop_tally *less,
		     struct loop_tally *ret);

/* Of a window; times between two firings, in seconds. */
struct loop_gauges {
	double utilization; /* NAN: no time passed */
	uint64_t count;	    /* firings; 0: the following mean nothing */
	double least, most, mean, deviation, p50, p90, p99;
};

/* `least_ns` and `most_ns` bound the quantiles; 0: none was noted, all fired in time. */
void loop_gauges(const struct loop_tally *window, uint64_t least_ns, uint64_t most_ns,
		 struct loop_gauges *ret);

extern const struct histogram_bounds loop_bounds;

/* How late firings were, as a histogram whose buckets are `ret`'s own: nothing to be freed. */
struct loop_delays {
	struct histogram histogram;
	uint64_t buckets[LOOP_BUCKETS], classic[16];
};

void loop_delays(const struct loop_tally *tally, struct loop_delays *ret);
