/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * loop_sampler.h - when a timer of LOOP_PERIOD_NS would have fired on a loop.
 *
 * As libuv does it: its clock has whole milliseconds and stands still during a turn; a timer is due
 * a period after what that clock said where it fired. Due in a turn, it fires at the turn's end;
 * while the loop sleeps, when it is due. Who wakes at that very moment was woken by another timer,
 * whose work comes first; and that work does not move the clock by which ours is set again.
 */
#pragma once

#include "headers/loop.h"
#include "headers/wait_bucket.h"

/* In one register, or the verifier of 6.1 does not know that it was compared. */
#ifdef __bpf__
#define LOOP_BOUND(bucket_) CLAMP(bucket_, LOOP_BUCKETS - 1)
#else
#define LOOP_BOUND(bucket_)
#endif

#define LOOP_INLINE static inline __attribute__((always_inline))

/* For the verifier a global function, which it looks at once and not at each call. */
#ifdef __bpf__
__attribute__((noinline)) int loop_bucket(__u64 late_ns)
#else
LOOP_INLINE __u32 loop_bucket(__u64 late_ns)
#endif
{
	__u32 exponent, bucket;
	__u64 mantissa;

	if (late_ns <= LOOP_LEAST_NS)
		return 0;
	mantissa = wait_mantissa(late_ns, &exponent);
	/* As in wait_bucket(), with four more between; the first is of 2^-30 s. */
	bucket = 1 - (30 * LOOP_STEPS + LOOP_FIRST) + LOOP_STEPS * exponent +
		 (mantissa > 0x81ffa7a9549ca6e3) + (mantissa > 0x8dc3b8960164a7d9) +
		 (mantissa > 0x9a9867054d512391) + (mantissa > 0xa8965f74bf065071) +
		 (mantissa > 0xb7d88a12d0dd9ea0) + (mantissa > 0xc87c3e7d03cdbec3) +
		 (mantissa > 0xdaa17c2cd19555db) + (mantissa > 0xee6b280000000000);
	return bucket < LOOP_BUCKETS ? bucket : LOOP_BUCKETS - 1;
}

LOOP_INLINE __u64 loop_tick(__u64 ns)
{
	return ns - ns % LOOP_TICK_NS;
}

/* When it fires first in a sleep from `from` on: the loop waits in whole ticks of its clock. */
LOOP_INLINE __u64 loop_first(__u64 from, __u64 due)
{
	return due > from ? due + from % LOOP_TICK_NS : from;
}

LOOP_INLINE void loop_fire(struct loop_cell *cell, __u64 at, __u64 clock)
{
	__u64 after = at - cell->fired_ns, deviation;
	__u32 bucket = 0;

	if (after >= LOOP_PERIOD_NS) {
		deviation = after - LOOP_PERIOD_NS;
		cell->late_ns += deviation;
		bucket = loop_bucket(deviation);
	} else {
		deviation = LOOP_PERIOD_NS - after;
		cell->early_ns += deviation;
	}
	deviation >>= LOOP_SQUARE_SHIFT;
	cell->squares += deviation * deviation;
	if (after > cell->most_ns)
		cell->most_ns = after;
	if (!cell->least_ns || after < cell->least_ns)
		cell->least_ns = after;
	LOOP_BOUND(bucket);
	cell->counts[bucket]++;
	cell->fired_ns = at;
	cell->due_ns = loop_tick(clock) + LOOP_PERIOD_NS;
}

/* It slept from slept_ns, and could run again at `until`, but got a CPU at woke_ns only. */
LOOP_INLINE void loop_slept(struct loop_cell *cell, __u64 until)
{
	__u64 first = loop_first(cell->slept_ns, cell->due_ns), more;

	if (first + LOOP_BEHIND_NS <= until) {
		loop_fire(cell, first, first);
		more = (until - LOOP_BEHIND_NS - first) / LOOP_PERIOD_NS;
		cell->counts[0] += more;
		cell->fired_ns += more * LOOP_PERIOD_NS;
		cell->due_ns += more * LOOP_PERIOD_NS;
		first = cell->fired_ns + LOOP_PERIOD_NS;
	}
	if (first <= until)
		cell->behind_ns = loop_tick(cell->woke_ns);
}

/*
 * The sleep before this turn, once the thread has run: when it first leaves a CPU again or enters
 * epoll. It had waited for a CPU for `waited_ns` in all by then.
 */
LOOP_INLINE void loop_rested(struct loop_cell *cell, __u64 waited_ns)
{
	__u64 waited = waited_ns - cell->waited_ns, woke = cell->woke_ns;

	if (!woke)
		return;
	if (woke >= cell->due_ns && waited < woke - cell->slept_ns)
		loop_slept(cell, woke - waited);
	cell->slept_ns = cell->woke_ns = 0;
}

/* A turn ends at `now`; what was before it is known. */
LOOP_INLINE void loop_turned(struct loop_cell *cell, __u64 now)
{
	__u64 behind = cell->behind_ns;

	cell->behind_ns = 0;
	if (now >= cell->due_ns)
		loop_fire(cell, now, behind ? behind : now);
}

/* Firings in a sleep that lasts, or that no turn has ended yet: all of them in time. */
LOOP_INLINE __u64 loop_asleep(const struct loop_cell *cell, __u64 now)
{
	__u64 until = cell->woke_ns ? cell->woke_ns : now, first;

	if (!cell->slept_ns)
		return 0;
	first = loop_first(cell->slept_ns, cell->due_ns);
	return until >= first ? 1 + (until - first) / LOOP_PERIOD_NS : 0;
}
