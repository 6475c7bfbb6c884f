/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * waits.h - a thread waits for events: its loop has turned.
 *
 * Flavour fentry costs those who wait by epoll; sys_enter, where the kernel refuses
 * the other, a look at every system call of the host.
 */
#pragma once

#include "bpf/thread.h"

#if defined(__TARGET_ARCH_x86)
enum { CALL_EPOLL_WAIT = 232, CALL_EPOLL_PWAIT = 281, CALL_EPOLL_PWAIT2 = 441 };
#elif defined(__TARGET_ARCH_arm64)
enum { CALL_EPOLL_WAIT = -1, CALL_EPOLL_PWAIT = 22, CALL_EPOLL_PWAIT2 = 441 };
#endif

SEC("fentry/do_epoll_wait")
int BPF_PROG(on_wait)
{
	return thread_waits();
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_system_call, struct pt_regs *regs, long call)
{
	if (call != CALL_EPOLL_WAIT && call != CALL_EPOLL_PWAIT && call != CALL_EPOLL_PWAIT2)
		return 0;
	return thread_waits();
}
