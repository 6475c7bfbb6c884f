/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* epoll.h - the system calls by which a thread waits for any of many descriptors. */
#pragma once

#include "bpf/source.h"

#if defined(__TARGET_ARCH_x86)
enum { CALL_EPOLL_WAIT = 232, CALL_EPOLL_PWAIT = 281, CALL_EPOLL_PWAIT2 = 441 };
#elif defined(__TARGET_ARCH_arm64)
enum { CALL_EPOLL_WAIT = -1, CALL_EPOLL_PWAIT = 22, CALL_EPOLL_PWAIT2 = 441 };
#endif

static __always_inline bool is_epoll_call(long call)
{
	return call == CALL_EPOLL_WAIT || call == CALL_EPOLL_PWAIT || call == CALL_EPOLL_PWAIT2;
}

/* Of a task that is in the kernel: did it enter it to wait so? */
static __always_inline bool is_in_epoll(struct task_struct *task)
{
	if (task->flags & (PF_KTHREAD | PF_IO_WORKER))
		return false;
	return is_epoll_call(CALL_NUMBER((struct pt_regs *)bpf_task_pt_regs(task)));
}
