/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * scheduler.h - how long tasks of a watched process waited for a CPU, and how often they left one.
 *
 * The kernel keeps all that: what a task's own counters grew by between two switches away is added
 * to its process. A wait is counted when the CPU that it was for is left again; the sum is that of
 * /proc/PID/schedstat (sched_info_arrive() in kernel/sched/stats.h).
 */
#pragma once

#include "bpf/loop.h"
#include "bpf/run.h"
#include "headers/wait_bucket.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct scheduled *s;
	struct run *run, now = {};
	__u32 bucket;

	if (HAS_NO_STORAGE(prev, bpf_storage))
		return 0;
	run = bpf_task_storage_get(&runs, prev, 0, 0);
	if (!run)
		return 0;
	s = bpf_map_lookup_elem(&scheduled, &run->process);
	if (!s)
		return 0;
	run_read(prev, &now);
	s->waited_ns += now.waited_ns - run->waited_ns;
	s->voluntary += now.voluntary - run->voluntary;
	s->involuntary += now.involuntary - run->involuntary;
	s->migrations += now.migrations - run->migrations;
	bucket = wait_bucket(now.waited_ns - run->waited_ns);
	CLAMP(bucket, WAIT_BUCKETS - 1);
	s->waits[bucket]++;
	now.process = run->process;
	*run = now;
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
	run_make(task, target);
	return 0;
}
