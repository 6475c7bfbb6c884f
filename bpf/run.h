/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * run.h - what is kept of the tasks of a watched process: when they ran, and what kept them.
 *
 *	leaves a CPU ............................ comes back
 *	     |  sleeps, or is preempted  | waits |
 *	     +--- an absence, the last 96 are kept ---+
 *
 * Made when a process is chosen and at fork: where tasks are switched the run queue is locked, and
 * nothing is allocated. While a task runs nobody else touches its own.
 */
#pragma once

#include "bpf/maps.h"
#include "bpf/settings.h"

enum { GROUPS_MAX = 8 /* cgroups above one another that may have quotas */ };

/* Since 6.6 each queue of a CPU knows how long it was held back. */
#define QUEUE_TELLS bpf_core_field_exists(struct cfs_rq, throttled_clock_self_time)

static const struct scheduled nothing_scheduled;

static __always_inline void counters_read(struct task_struct *task, struct task_counters *ret)
{
	ret->waited_ns = task->sched_info.run_delay;
	ret->voluntary = task->nvcsw;
	ret->involuntary = task->nivcsw;
	ret->migrations = task->se.nr_migrations;
}

/* Count for the process from now on; it may be counted for already. */
static __always_inline void scheduled_make(const struct process_id *process)
{
	if (!switches_seen)
		return;
	bpf_map_update_elem(&scheduled, process, &nothing_scheduled, BPF_NOEXIST);
	if (!bpf_map_lookup_elem(&scheduled, process))
		count(COUNT_RUN_LOST);
}

/* Follow a task of the target that begins: it has not run yet. */
static __always_inline void run_make(struct task_struct *task, const struct target *target,
				     __u64 now)
{
	struct run *run;

	if (!switches_seen)
		return;
	run = bpf_task_storage_get(&runs, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!run) {
		count(COUNT_RUN_LOST);
		return;
	}
	counters_read(task, &run->counters);
	run->since_ns = run->left_ns = now;
	run->process = target->process;
}

/*
 * Follow one that may be running elsewhere, from what it has done by now: it is put there whole, for
 * from then on only the CPU that switches it writes. One iterator runs at a time.
 */
static __always_inline void run_found(struct task_struct *task, const struct target *target,
				      __u64 now)
{
	__u32 zero = 0;
	struct run *begin = bpf_map_lookup_elem(&run_begin, &zero);

	if (!switches_seen || !begin)
		return;
	begin->process = target->process;
	begin->since_ns = now;
	counters_read(task, &begin->counters);
	if (!bpf_task_storage_get(&runs, task, begin, BPF_LOCAL_STORAGE_GET_F_CREATE))
		count(COUNT_RUN_LOST);
}

static __always_inline struct run *run_of(struct task_struct *task)
{
	if (!switches_seen || HAS_NO_STORAGE(task, bpf_storage))
		return NULL;
	return bpf_task_storage_get(&runs, task, 0, 0);
}

/*
 * No quota in its cgroup or above: the common case, for two loads. Before 6.6 that field says so in
 * every cgroup of version 2, and nothing else does for all of them at once.
 */
static __always_inline bool has_no_quota(const struct task_struct *task)
{
	return !bpf_core_field_exists(struct task_group, cfs_bandwidth) ||
	       (QUEUE_TELLS && task->sched_task_group->cfs_bandwidth.hierarchical_quota == -1);
}

/*
 * How long quotas have held back the queue that a task is in (kernel 6.6, per CPU), and its
 * cgroups over all CPUs, which is at least as much where they are held back one at a time.
 */
static __always_inline void throttle_read(struct task_struct *task, struct throttle *ret)
{
	struct cfs_rq *queue = task->se.cfs_rq;
	struct task_group *group = task->sched_task_group;

	ret->queue = (__u64)queue;
	ret->queue_ns = QUEUE_TELLS ? queue->throttled_clock_self_time : 0;
	ret->groups_ns = 0;
	for (__u32 i = 0; i < GROUPS_MAX && group; i++) {
		ret->groups_ns += group->cfs_bandwidth.throttled_time;
		group = group->parent;
	}
}

/* Goes on only while the task is on no CPU: what it ran is told up to exec_start. */
static __always_inline __u64 absent_clock(const struct task_struct *task)
{
	return task->se.exec_start - task->se.sum_exec_runtime;
}

static __always_inline void run_leaves(struct run *run, struct task_struct *task, __u64 now)
{
	run->left_ns = now;
	run->absent_clock = absent_clock(task);
	if (has_no_quota(task))
		run->throttle.queue = 0;
	else
		throttle_read(task, &run->throttle);
}

/* How long of an absence its cgroup had no quota; as far as the queue it is in tells, exactly. */
static __always_inline __u64 run_throttled(const struct run *run, struct task_struct *task,
					   __u64 most)
{
	struct throttle now = {};
	__u64 ns;

	if (!run->throttle.queue)
		return 0;
	throttle_read(task, &now);
	if (QUEUE_TELLS && now.queue == run->throttle.queue)
		ns = now.queue_ns - run->throttle.queue_ns;
	else
		ns = now.groups_ns - run->throttle.groups_ns;
	return ns < most ? ns : most;
}

/*
 * A quota keeps from a CPU who would have it: who slept meanwhile was not held back. How long the last
 * absence was waited is in the task's counters once it runs.
 */
static __always_inline void throttle_settle(struct run *run, const struct task_struct *task)
{
	__u64 waited = task->sched_info.run_delay - run->counters.waited_ns;

	run->throttled_ns += run->held_ns < waited ? run->held_ns : waited;
	run->held_ns = 0;
}

static __always_inline bool task_is_running(const struct task_struct *task)
{
	return !task->__state;
}

static __always_inline __u32 clock_of(__u64 ns)
{
	return ns >> CLOCK_UNIT_SHIFT;
}

/* The task takes a CPU again; what it waited is in its own counters a moment later. */
static __always_inline void run_returns(struct run *run, struct task_struct *task, __u64 now)
{
	__u64 at = run->absence;
	struct absence *absence;

	if (!run->left_ns) {
		/* It slept when it was found; later, it was not seen to leave. */
		if (!run->absent_clock)
			run->since_ns = now;
		return;
	}
	CLAMP(at, ABSENCES - 1);
	absence = &run->absences[at];
	*absence = (struct absence){
		.from = clock_of(run->left_ns),
		.to = clock_of(now),
		.waited = clock_of(run->counters.waited_ns - run->paused_waited_ns),
		.throttled = clock_of(run->throttled_ns),
	};
	run->absence = at ? at - 1 : ABSENCES - 1;
	run->absences_written++;
	run->held_ns = run_throttled(run, task, now - run->left_ns);
	run->off_ns += now - run->left_ns;
	run->left_ns = 0;
}
