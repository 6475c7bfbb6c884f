/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * run.h - what is kept of the tasks of a watched process, for hooks/scheduler.h. Made when a process
 * is chosen and at fork: where tasks are switched the run queue is locked, and nothing is allocated.
 */
#pragma once

#include "bpf/maps.h"
#include "bpf/settings.h"

static const struct scheduled nothing_scheduled;

static __always_inline void run_read(struct task_struct *task, struct run *run)
{
	run->waited_ns = task->sched_info.run_delay;
	run->voluntary = task->nvcsw;
	run->involuntary = task->nivcsw;
	run->migrations = task->se.nr_migrations;
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

/* Follow a task of the target from what it has done by now. */
static __always_inline void run_make(struct task_struct *task, const struct target *target)
{
	struct run *run;

	if (!switches_seen)
		return;
	run = bpf_task_storage_get(&runs, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!run) {
		count(COUNT_RUN_LOST);
		return;
	}
	if (run->process.tgid)
		return;
	run_read(task, run);
	run->process = target->process;
}
