/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * loop.h - an event loop as the kernel half tells of it: a cell of the map `loops`, one a thread.
 *
 *	enters epoll   sleeps ......... is back       enters epoll again
 *	     |            |    idle     |     a turn      |
 *
 * A timer that is due every LOOP_PERIOD_NS, as Node's monitorEventLoopDelay() has one, is thought
 * to run on the loop: how long after the one before it fired is what is measured.
 */
#pragma once

#include "headers/record.h"

/*
 * Times between two firings less the period: [0] not later than LOOP_LEAST_NS, [1 + i] those of
 * OpenTelemetry's bucket LOOP_FIRST + i at scale LOOP_SCALE, in seconds; the last has all that are
 * longer as well (a minute).
 */
enum {
	LOOP_SCALE = 3,
	LOOP_STEPS = 1 << LOOP_SCALE,
	LOOP_FIRST = -16 * LOOP_STEPS,
	LOOP_BUCKETS = 1 + 22 * LOOP_STEPS,
	LOOP_LEAST_NS = 15258, /* 2^-16 s */
	LOOP_PERIOD_NS = 10000000,
	LOOP_TICK_NS = 1000000,	 /* libuv's clock */
	LOOP_BEHIND_NS = 250000, /* a timer due so shortly before a wake-up fires behind its work */
	LOOP_SQUARE_SHIFT = 10,	 /* deviations are squared in units of 1,024 ns */
};

#define LOOP_SLEEPS (1ULL << 63)

/*
 * Written by the kernel half while the thread runs or is switched, and by nobody else; but that
 * the worker takes `least_ns` and `most_ns` out, and gives a cell back: zeros, `thread` last.
 * Numbers that are no times go up only, and wrap around.
 */
struct loop_cell {
	__u32 thread;  /* its id; 0: free */
	__u32 version; /* odd: is being written */
	struct process_id process;
	__u64 since_ns;
	__u64 ended_ns; /* 0: the thread lives */
	/* Idle until now; with LOOP_SLEEPS: now less this is what it has been idle. */
	__u64 idle_ns;
	__u64 sleeps, entries; /* in epoll; 0 entries where they are not seen */
	/* The last sleep, as long as the timer has not been thought to pass it; 0: there is none. */
	__u64 slept_ns, woke_ns;
	__u64 waited_ns; /* for a CPU, by the kernel's count when it fell asleep */
	__u64 fired_ns, due_ns;
	__u64 behind_ns; /* the loop's clock when it woke shortly after the timer was due; 0 */
	__u64 late_ns, early_ns; /* by which firings were later or earlier than the period */
	__u64 squares;
	__u64 least_ns, most_ns; /* between two firings since the worker looked; 0 */
	__u32 counts[LOOP_BUCKETS];
	__u32 padding;
};
