/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * thread.h - what a thread read last, which tells where the work that it does now came from.
 *
 * A loop handles one event after another: what is written before it reads again, or
 * waits again, came from that read. Where the thread has given up the processor
 * in between (a queue, a lock, a timer), nothing is said. What it comes to is for
 * user/trace/ to decide: here nothing is decided, only noted.
 *
 * Nothing of it is kept until a target has called somebody (`calls_seen`), nor where it is not
 * seen when a thread waits: what it read last would seem to cause all that it does.
 */
#pragma once

#include "bpf/turn.h"

/* Go keeps the address of the running goroutine's g, which lies in its heap, in a register. */
static __always_inline __u64 goroutine_of(struct task_struct *task)
{
	struct pt_regs *regs;
	__u64 g;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	g = regs->r14;
#elif defined(__TARGET_ARCH_arm64)
	g = regs->regs[28];
#endif
	return g >> 32 == 0xc0 ? g : 0;
}

static __always_inline struct thread *thread_here(struct task_struct *task)
{
	if (!waits_seen || !calls_seen)
		return NULL;
	return bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline void thread_read(struct thread *thread, struct task_struct *task,
					__u64 cookie, __u32 number)
{
	if (thread->cookie != cookie || thread->number != number)
		thread->reads++;
	thread->cookie = cookie;
	thread->number = number;
	thread->switches = task->nvcsw;
}

/* The thread did an operation on turn `number` of the socket; `ret` is what led to it. */
static __always_inline void thread_note(struct task_struct *task, int direction, __u64 cookie,
					__u32 number, struct cause *ret)
{
	struct thread *thread = thread_here(task);

	if (!thread)
		return;
	if (direction == RECEIVED)
		thread_read(thread, task, cookie, number);
	else if (thread->switches != task->nvcsw)
		thread->cookie = thread->number = 0;
	*ret = (struct cause){ .cookie = thread->cookie,
			       .goroutine = goroutine_of(task),
			       .number = thread->number,
			       .waits = thread->waits,
			       .reads = thread->reads };
}

/* The thread waits for any of many descriptors: what it does next came from none that it read. */
static __always_inline int thread_waits(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread;

	if (!calls_seen || HAS_NO_STORAGE(task, bpf_storage))
		return 0;
	thread = bpf_task_storage_get(&threads, task, 0, 0);
	if (!thread)
		return 0;
	thread->cookie = thread->number = 0;
	thread->reads = 0;
	thread->waits++;
	return 0;
}
