/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * clocks.h - what has kept the running thread so far, and so far as of a moment ago.
 *
 * Whose bytes a thread reads was not its own business when they arrived: what kept it since then is
 * told by the absences that are kept of it.
 */
#pragma once

#include "bpf/paused.h"
#include "bpf/returns.h"
#include "bpf/turn.h"

static __noinline void clocks_now(struct run *run, struct task_struct *task, __u64 now,
				  struct clocks *ret)
{
	const struct run *leader;

	clocks_mark(run, task, now, &run->told);
	ret->off = clock_of(run->told.off_ns);
	ret->waited = clock_of(run->told.waited_ns);
	ret->throttled = clock_of(run->told.throttled_ns);
	ret->paused = clock_of(run->told.paused_ns);
	leader = run_of(task->group_leader);
	ret->stopped = leader ? clock_of(leader->stopped_ns) : 0;
}

/* Of two moments in CLOCK_UNIT_NS less than 36 minutes apart. */
static __always_inline bool is_after(__u32 moment, __u32 other)
{
	return (__s32)(moment - other) > 0;
}

/*
 * What came after `at` of an absence that began before it; `waited` and `throttled` are all of it. It
 * ends with the wait; which part of that was a quota's is not known: its share.
 */
static __always_inline void absence_after(const struct absence *absence, __u32 at, __u32 waited,
					  __u32 throttled, struct operation *op)
{
	__u32 left = absence->to - at;

	if (left < waited) {
		throttled = (__u64)throttled * left / waited;
		waited = left;
	}
	op->arrived_waited += waited;
	op->arrived_throttled += throttled;
}

/* What the running thread waited since `at_ns`, or since the earliest moment that is known. */
__noinline int clocks_since(const struct run *run, __u64 at_ns, struct operation *op)
{
	__u32 waited, throttled, at = clock_of(at_ns);

	if (!run || !op)
		return 0;
	waited = op->clocks.waited;
	throttled = op->clocks.throttled;
	op->arrived_from_ns = at_ns > run->since_ns ? at_ns : run->since_ns;
	for (__u32 i = 1; i <= ABSENCES; i++) {
		__u64 index = run->absence + i;
		const struct absence *absence;

		if (index >= ABSENCES)
			index -= ABSENCES;
		CLAMP(index, ABSENCES - 1);
		absence = &run->absences[index];
		if (!absence->from && !absence->to)
			break;
		if (!is_after(absence->to, at)) {
			op->arrived_from_ns = at_ns; /* it ran then */
			return 0;
		}
		if (!is_after(absence->from, at)) {
			op->arrived_from_ns = at_ns;
			absence_after(absence, at, waited - absence->waited,
				      throttled - absence->throttled, op);
			return 0;
		}
		op->arrived_from_ns = at_ns + ((__u64)(absence->from - at) << CLOCK_UNIT_SHIFT);
		op->arrived_waited += waited - absence->waited;
		op->arrived_throttled += throttled - absence->throttled;
		waited = absence->waited;
		throttled = absence->throttled;
	}
	return 0;
}

/* `arrived_ns`: when what it reads could be read; 0: there is nothing to look back for. */
static __always_inline void clocks_read(struct task_struct *task, __u64 arrived_ns,
					struct operation *op)
{
	struct run *run = run_of(task);

	if (!run)
		return;
	task_runs(run, task, op->now);
	op->flags |= RECORD_CLOCKED;
	clocks_now(run, task, op->now, &op->clocks);
	if (arrived_ns)
		clocks_since(run, arrived_ns, op);
}
