/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * source.h - where the bytes of an operation are in the caller's memory.
 *
 * The hooks run at the end of a socket operation, inside the system call that
 * asked for it: the user's registers still name its buffer, and the kernel has
 * just touched it. What has no such registers is told apart, never guessed.
 */
#pragma once

#include "bpf/maps.h"

enum { SEGMENTS = 8 }; /* of an iovec that are looked at */

/* One buffer (segments 0), or an array of `segments` struct user_iovec. */
struct source {
	__u64 at;
	__u64 segments;
};

#if defined(__TARGET_ARCH_x86)
enum {
	CALL_READ = 0,
	CALL_WRITE = 1,
	CALL_READV = 19,
	CALL_WRITEV = 20,
	CALL_SENDFILE = 40,
	CALL_SENDTO = 44,
	CALL_RECVFROM = 45,
	CALL_SENDMSG = 46,
	CALL_RECVMSG = 47,
	CALL_SPLICE = 275,
	CALL_RECVMMSG = 299,
	CALL_SENDMMSG = 307,
	CALL_PREADV2 = 327,
	CALL_PWRITEV2 = 328,
	CALL_IO_URING_ENTER = 426
};
#elif defined(__TARGET_ARCH_arm64)
enum {
	CALL_READ = 63,
	CALL_WRITE = 64,
	CALL_READV = 65,
	CALL_WRITEV = 66,
	CALL_SENDFILE = 71,
	CALL_SENDTO = 206,
	CALL_RECVFROM = 207,
	CALL_SENDMSG = 211,
	CALL_RECVMSG = 212,
	CALL_SPLICE = 76,
	CALL_RECVMMSG = 243,
	CALL_SENDMMSG = 269,
	CALL_PREADV2 = 286,
	CALL_PWRITEV2 = 287,
	CALL_IO_URING_ENTER = 426
};
#endif

/* Number, second and third argument of the system call that runs: a load each that is checked. */
#if defined(__TARGET_ARCH_x86)
#define CALL_NUMBER(regs_) ((int)(regs_)->orig_ax)
#define CALL_SECOND(regs_) ((regs_)->si)
#define CALL_THIRD(regs_)  ((regs_)->dx)
#elif defined(__TARGET_ARCH_arm64)
#define CALL_NUMBER(regs_) ((regs_)->syscallno)
#define CALL_SECOND(regs_) ((regs_)->regs[1])
#define CALL_THIRD(regs_)  ((regs_)->regs[2])
#endif

static __always_inline bool is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & 0x0002; /* TS_COMPAT */
#elif defined(__TARGET_ARCH_arm64)
	return task->thread_info.flags & (1 << 22); /* TIF_32BIT */
#endif
}

static __always_inline int source_of_message(__u64 at, struct source *ret)
{
	struct user_message message;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)at))
		return COUNT_FAULT;
	ret->at = message.iov;
	ret->segments = message.iov_len;
	return 0;
}

/*
 * recvmmsg and sendmmsg fire once a message and do not say for which. The
 * messages are handled in order, so the connection remembers the next one;
 * the count wraps where the array ends.
 */
static __always_inline int source_of_mmessage(struct conn *conn, __u64 at, __u64 messages,
					      struct source *ret)
{
	__u64 index = conn->mmessages == (__u32)at ? conn->mmessage : 0;

	if (index >= messages)
		index = 0;
	conn->mmessages = at;
	conn->mmessage = index + 1;
	return source_of_message(at + index * sizeof(struct user_mmessage), ret);
}

static __always_inline bool is_mmessage_call(struct task_struct *task)
{
	int call = CALL_NUMBER((struct pt_regs *)bpf_task_pt_regs(task));

	return call == CALL_RECVMMSG || call == CALL_SENDMMSG;
}

/* 0 with `ret` filled, or the counter of why the bytes cannot be read. */
static __always_inline int source_find(struct task_struct *task, struct conn *conn,
				       struct source *ret)
{
	struct pt_regs *regs;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return task->flags & PF_KTHREAD ? COUNT_KERNEL_THREAD : COUNT_IO_URING;
	if (is_compat(task))
		return COUNT_COMPAT;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	ret->at = CALL_SECOND(regs);
	ret->segments = 0;
	switch (CALL_NUMBER(regs)) {
	case CALL_READ:
	case CALL_WRITE:
	case CALL_SENDTO:
	case CALL_RECVFROM:
		return 0;
	case CALL_READV:
	case CALL_WRITEV:
	case CALL_PREADV2:
	case CALL_PWRITEV2:
		ret->segments = CALL_THIRD(regs);
		return 0;
	case CALL_SENDMSG:
	case CALL_RECVMSG:
		return source_of_message(ret->at, ret);
	case CALL_SENDMMSG:
	case CALL_RECVMMSG:
		return source_of_mmessage(conn, ret->at, CALL_THIRD(regs), ret);
	case CALL_IO_URING_ENTER:
		return COUNT_IO_URING;
	case CALL_SENDFILE:
	case CALL_SPLICE:
		return COUNT_NO_BUFFER;
	}
	return COUNT_OTHER_CALL;
}
