/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * scheduler.h - how long tasks of a watched process waited for a CPU, and how often they left one.
 *
 * The kernel keeps all that: what a task's own counters grew by between two switches away is added
 * to its process. A wait is counted when the CPU that it was for is left again; the sum is that of
 * /proc/PID/schedstat (sched_info_arrive() in kernel/sched/stats.h).
 */
#pragma once

#include "bpf/preempted.h"
#include "bpf/returns.h"
#include "headers/wait_bucket.h"

/* Add what a task's own counters grew by since it last left a CPU to its process. */
static __always_inline void account_run(struct run *run, struct task_struct *task)
{
	struct scheduled *s = bpf_map_lookup_elem(&scheduled, &run->process);
	struct task_counters before = run->counters, *now = &run->counters;
	__u64 waited, throttled;
	__u32 bucket;

	throttle_settle(run, task);
	throttled = run->throttled_ns - run->told_throttled_ns;
	counters_read(task, now);
	waited = now->waited_ns - before.waited_ns;
	run->told_throttled_ns = run->throttled_ns;
	/* Not watched any more. */
	if (!s)
		return;
	preempted_count(run, waited > throttled ? waited - throttled : 0);
	s->waited_ns += waited;
	s->voluntary += now->voluntary - before.voluntary;
	s->involuntary += now->involuntary - before.involuntary;
	s->migrations += now->migrations - before.migrations;
	s->throttled_ns += throttled;
	bucket = wait_bucket(waited);
	CLAMP(bucket, WAIT_BUCKETS - 1);
	s->waits[bucket]++;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct run *run = run_of(prev);
	__u64 now;

	if (run) {
		now = bpf_ktime_get_ns();
		task_runs(run, prev, now);
		account_run(run, prev);
		run_leaves(run, prev, now);
		preempted_leaves(run, prev, next, preempt);
		loop_leaves(run, prev, preempt, now);
	}
	run = run_of(next);
	if (run) {
		task_returns(run, next, bpf_ktime_get_ns());
		preempted_returns(run, prev);
	}
	return 0;
}

/* Targets and their threads: each is followed. */
SEC("iter/task")
int mark_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct target *target;

	if (!task)
		return 0;
	target = bpf_task_storage_get(&targets, task->group_leader, 0, 0);
	if (!target)
		return 0;
	if (task == task->group_leader)
		scheduled_make(&target->process);
	run_found(task, target, bpf_ktime_get_ns());
	return 0;
}
