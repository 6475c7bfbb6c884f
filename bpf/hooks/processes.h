/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * processes.h - who is watched: children inherit before their first byte.
 *
 * The monitor decides, and is told of forks, execs, ends and listens by its own
 * small ring. A process that starts to listen on a watched port is a target at
 * once; the monitor takes that back where it is excluded.
 */
#pragma once

#include "bpf/loop.h"
#include "bpf/pause.h"

static __always_inline void tell(__u32 type, struct task_struct *task, struct task_struct *parent,
				 __u16 port, bool was_target)
{
	struct process_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		count(COUNT_EVENTS_LOST);
		return;
	}
	e->type = type;
	e->port = port;
	e->was_target = was_target;
	process_of(task->group_leader, &e->process);
	process_of(parent->group_leader, &e->parent);
	e->at_ns = bpf_ktime_get_ns();
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), task->comm);
	bpf_ringbuf_submit(e, 0);
}

static __always_inline struct target *target_make(struct task_struct *leader)
{
	struct target *target =
		bpf_task_storage_get(&targets, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!target) {
		count(COUNT_TARGET_LOST);
		return NULL;
	}
	process_of(leader, &target->process);
	scheduled_make(&target->process);
	return target;
}

/*
 * The target that a listening task is, or becomes by its port; NULL: not watched. The monitor is
 * told in either case: a port may name a service.
 */
static __always_inline struct target *target_at_listen(struct task_struct *task, __u16 port)
{
	struct task_struct *leader = task->group_leader;
	struct target *target = bpf_task_storage_get(&targets, leader, 0, 0);
	__u32 zero = 0;
	struct capture_choice *c;

	c = bpf_map_lookup_elem(&choice, &zero);
	if (!target && (!c || !(c->ports[port / 8] & 1 << port % 8) || leader->tgid == 1))
		return NULL;
	if (!target)
		target = target_make(leader);
	if (target)
		tell(EVENT_LISTEN, leader, leader->real_parent, port, false);
	return target;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct target *target = bpf_task_storage_get(&targets, parent->group_leader, 0, 0);
	bool is_thread = child->pid != child->tgid;

	if (!target)
		return 0;
	if (!is_thread)
		target = target_make(child);
	if (!target)
		return 0;
	run_make(child, target, bpf_ktime_get_ns());
	if (!is_thread)
		tell(EVENT_FORK, child, parent, 0, true);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid)
{
	bool target = bpf_task_storage_get(&targets, task, 0, 0);
	/* A thread took its leader's place: the mark went with the old leader, the monitor knows. */
	bool took_over = old_pid != task->tgid;
	__u32 zero = 0;
	struct capture_choice *c = bpf_map_lookup_elem(&choice, &zero);

	pauses_forget(task);
	loop_forget(task, old_pid);
	if (target || took_over || (c && c->watch_execs))
		tell(EVENT_EXEC, task, task->real_parent, 0, target);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	if (task->signal->live.counter)
		return 0; /* other threads live on */
	if (bpf_task_storage_get(&targets, leader, 0, 0))
		tell(EVENT_EXIT, leader, leader->real_parent, 0, true);
	return 0;
}
