/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * clocks.h - what has kept the running thread so far, and so far as of a moment ago.
 *
 * Whose bytes a thread reads was not its own business when they arrived: what kept it since then is
 * told by the absences that are kept of it.
 */
#pragma once

#include "bpf/run.h"
#include "bpf/turn.h"

static __always_inline void clocks_now(const struct run *run, struct task_struct *task,
				       struct clocks *ret)
{
	ret->off = clock_of(run->off_ns - run->paused_off_ns);
	ret->waited = clock_of(task->sched_info.run_delay - run->paused_waited_ns);
	ret->throttled = clock_of(run->throttled_ns);
	ret->paused = clock_of(run->paused_ns);
	ret->stopped = 0;
	ret->known = 1;
}

/* Of what it waited, which is how an absence ends, what had passed by `at_ns`. */
static __always_inline __u32 waited_by(const struct absence *absence, __u32 waited, __u64 at_ns)
{
	__u32 left = clock_of(absence->to_ns - at_ns);

	return waited > left ? waited - left : 0;
}

/* The clocks as they were at `at_ns`, within an absence; `after` is what they were at its end. */
static __always_inline void clocks_within(const struct absence *absence, const struct clocks *after,
					  __u64 at_ns, struct clocks *ret)
{
	const struct clocks *before = &absence->clocks;
	__u32 waited = after->waited - before->waited;

	*ret = *before;
	ret->off += clock_of(at_ns - absence->from_ns);
	ret->waited += waited_by(absence, waited, at_ns);
	/* Which part of the wait it was is not known: its share. */
	if (waited)
		ret->throttled += (__u64)(after->throttled - before->throttled) *
				  (ret->waited - before->waited) / waited;
}

/*
 * The clocks at `at_ns`, before now, when they are `now`; or at the earliest moment that is known,
 * if that is later. Pauses are left out: what they came to then nobody has kept.
 */
__noinline int clocks_then(struct run *run, const struct clocks *now, __u64 at_ns,
			   struct clocks *ret, __u64 *ret_from_ns)
{
	struct clocks after;

	if (!run || !now || !ret || !ret_from_ns)
		return 0;
	after = *now;
	*ret_from_ns = at_ns;
	for (__u32 i = 1; i <= ABSENCES; i++) {
		const struct absence *absence = &run->absences[(run->absence - i) % ABSENCES];

		*ret = after;
		if (absence->to_ns <= at_ns && absence->to_ns)
			return 0; /* it ran then */
		if (!absence->to_ns)
			break;
		if (absence->from_ns <= at_ns) {
			clocks_within(absence, &after, at_ns, ret);
			return 0;
		}
		*ret_from_ns = absence->from_ns;
		after = absence->clocks;
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
	clocks_now(run, task, &op->clocks);
	if (arrived_ns)
		clocks_then(run, &op->clocks, arrived_ns, &op->arrived_clocks,
			    &op->arrived_from_ns);
}
