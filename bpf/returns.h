/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * returns.h - a task of a watched process takes a CPU again, seen or not.
 *
 * Not each switch is seen: on 6.18 none is that takes a CPU from certain tasks, and before 6.2
 * storage cannot be had while its CPU is at it. Who runs although it left has come back since; when,
 * the scheduler's own clocks tell.
 */
#pragma once

#include "bpf/loop.h"

static __noinline void task_returns(struct run *run, struct task_struct *task, __u64 now)
{
	run_returns(run, task, now);
	loop_returns(run, task, now);
}

/* The task is known to run at `now`: the current one, or one that is about to leave its CPU. */
static __always_inline void task_runs(struct run *run, struct task_struct *task, __u64 now)
{
	__u64 away_ns;

	if (!run->left_ns)
		return;
	count(COUNT_RETURN_UNSEEN);
	/* Of one that had not run yet, no moment is known. */
	away_ns = run->absent_clock ? absent_clock(task) - run->absent_clock : 0;
	task_returns(run, task, away_ns < now - run->left_ns ? run->left_ns + away_ns : now);
}
