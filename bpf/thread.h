/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * thread.h - what a thread read last, which tells where the work that it does now came from.
 *
 * A loop handles one event after another: what is written before it reads again, or
 * waits again, came from that read. Where the thread has given up the processor
 * in between (a queue, a lock, a timer), nothing is said, unless its program is known to
 * handle what it read to the end (FOLLOW_TO_END). What it comes to is for user/trace/ to
 * decide: here nothing is decided, only noted.
 *
 * Nothing of it is kept where nobody wants to know (thread_is_noted), nor where it is not seen
 * when a thread waits: what it read last would seem to cause all that it does.
 */
#pragma once

#include "bpf/goroutine.h"
#include "bpf/turn.h"

/* What the user's registers say as the system call that runs was entered. */
struct user_state {
	__u64 stack;
	__u64 goroutine; /* address of the running one's g; 0: not Go */
};

/*
 * Go keeps the running goroutine's g in a register that other programs use as they
 * like. A g begins with the bounds of its stack, which the stack pointer lies in
 * (runtime2.go, known to its assembler since 1.5). Elsewhere (HotSpot) it may point to any
 * two words of which one is smaller than the stack pointer and the other is not: a stack of Go
 * has at most 1 GB.
 */
static __always_inline bool is_goroutine(__u64 g, __u64 stack)
{
	__u64 bounds[2];

	if (!g || g % 8 || (g ^ stack) >> 36)
		return false;
	if (bpf_probe_read_user(bounds, sizeof(bounds), (void *)g))
		return false;
	return bounds[0] < stack && stack <= bounds[1] && bounds[1] - bounds[0] <= GO_STACK_BYTES;
}

static __always_inline void user_state_of(struct task_struct *task, struct user_state *ret)
{
	struct pt_regs *regs;
	__u64 g;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	ret->stack = regs->sp;
#if defined(__TARGET_ARCH_x86)
	g = regs->r14;
#elif defined(__TARGET_ARCH_arm64)
	g = regs->regs[28];
#endif
	if (is_goroutine(g, ret->stack))
		ret->goroutine = g;
}

/* enum follow_flags of the task's process. */
static __noinline __u32 follow_flags_of(const struct task_struct *task)
{
	__u32 zero = 0, tgid = task->tgid, cell;
	struct capture_control *c = bpf_map_lookup_elem(&control, &zero);

	cell = c ? c->follow[tgid % FOLLOW_CELLS] : 0;
	return (cell & FOLLOW_ID) == tgid ? cell & ~FOLLOW_ID : 0;
}

static __always_inline bool thread_is_noted(const struct task_struct *task)
{
	return waits_seen && (causes_followed || follow_flags_of(task) & FOLLOW_CALLS);
}

static __always_inline struct thread *thread_here(struct task_struct *task)
{
	if (!thread_is_noted(task))
		return NULL;
	return bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline void thread_read(struct thread *thread, struct task_struct *task,
					__u64 cookie, __u32 number, __u64 stack)
{
	if (thread->cookie != cookie || thread->number != number)
		thread->reads++;
	thread->cookie = cookie;
	thread->number = number;
	thread->switches = task->nvcsw;
	thread->stack = stack;
	thread->passed = false;
}

enum thread_flags {
	/*
	 * A write inside the call that handles what was read: where a loop calls its handlers below
	 * the function that reads, work that it does between events is not.
	 */
	THREAD_NESTED = 1 << 0,
	THREAD_PASSED = 1 << 1, /* what was read was passed on (operation_pass) */
};

/*
 * The thread did an operation on turn `number` of the socket; `ret` is what led to it. Returns
 * thread_flags of a write.
 */
static __noinline int thread_note(struct task_struct *task, int direction, __u64 cookie,
				  __u32 number, struct cause *ret)
{
	struct thread *thread = thread_here(task);
	struct user_state user = {};
	int flags = 0;

	if (!thread)
		return 0;
	user_state_of(task, &user);
	if (direction == RECEIVED)
		thread_read(thread, task, cookie, number, user.stack);
	else if (thread->switches != task->nvcsw && !(follow_flags_of(task) & FOLLOW_TO_END))
		thread->cookie = thread->number = 0;
	*ret = (struct cause){ .cookie = thread->cookie,
			       .goroutine = user.goroutine,
			       .number = thread->number,
			       .waits = thread->waits,
			       .reads = thread->reads };
	if (direction == SENT && thread->cookie && user.stack < thread->stack)
		flags |= THREAD_NESTED;
	if (direction == SENT && thread->passed)
		flags |= THREAD_PASSED;
	return flags;
}

/* The thread read an answer to which turn `number` of the socket led; 0: nothing that is known. */
static __always_inline void thread_pass(struct task_struct *task, __u64 cookie, __u32 number,
					struct cause *ret)
{
	struct thread *thread;

	thread_note(task, RECEIVED, cookie, number, ret);
	thread = bpf_task_storage_get(&threads, task, 0, 0);
	if (thread)
		thread->passed = true;
}

/* The thread waits for any of many descriptors: what it does next came from none that it read. */
static __always_inline int thread_waits(struct task_struct *task)
{
	struct thread *thread;

	if (!thread_is_noted(task) || HAS_NO_STORAGE(task, bpf_storage))
		return 0;
	thread = bpf_task_storage_get(&threads, task, 0, 0);
	if (!thread)
		return 0;
	thread->cookie = thread->number = 0;
	thread->reads = 0;
	thread->waits++;
	return 0;
}
