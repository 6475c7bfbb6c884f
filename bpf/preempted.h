/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * preempted.h - who ran while a task of a watched process waited for a CPU.
 *
 * It is the one that took its CPU, or the one that had it when the task woke up: others that came
 * in between are not told apart. What waits shorter, or finds no room, is nobody's; the sum of all
 * waits is in `scheduled`.
 */
#pragma once

#include "bpf/run.h"

#define PREEMPTED_LEAST_NS 50000

/* Kernel threads are many, of many names. Nobody's where the CPU was idle. */
static __always_inline void name_of(const struct task_struct *task, struct preempted_by *ret)
{
	const char kernel[COMM_BYTES] = "kernel";

	__builtin_memset(ret, 0, sizeof(*ret));
	if (!task->pid)
		return;
	if (task->flags & PF_KTHREAD)
		__builtin_memcpy(ret->comm, kernel, sizeof(kernel));
	else
		bpf_probe_read_kernel(ret->comm, sizeof(ret->comm), task->comm);
}

/* `run`'s task leaves its CPU to `next`. */
static __always_inline void preempted_leaves(struct run *run, const struct task_struct *task,
					     const struct task_struct *next, bool preempt)
{
	if (preempt || task_is_running(task))
		name_of(next, &run->by);
	else
		run->by.comm[0] = 0;
}

/* The task woke up, and gets its CPU from `prev`. */
static __always_inline void preempted_returns(struct run *run, const struct task_struct *prev)
{
	if (!run->by.comm[0])
		name_of(prev, &run->by);
}

/* Its last wait was that long, quotas left out. */
static __always_inline void preempted_count(const struct run *run, __u64 waited_ns)
{
	struct preempted_key key;
	__u64 *sum;

	if (waited_ns < PREEMPTED_LEAST_NS || !run->by.comm[0])
		return;
	key = (struct preempted_key){ .process = run->process, .by = run->by };
	sum = bpf_map_lookup_elem(&preempted, &key);
	if (sum)
		*sum += waited_ns;
	else
		bpf_map_update_elem(&preempted, &key, &waited_ns, BPF_NOEXIST);
}
