/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * waits.h - a thread waits for events: its loop has turned.
 *
 * Flavour fentry costs those who wait by epoll; sys_enter, where the kernel refuses
 * the other, a look at every system call of the host.
 */
#pragma once

#include "bpf/returns.h"

static __always_inline int turned(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct run *run = run_of(task);
	__u64 now;

	if (run) {
		now = bpf_ktime_get_ns();
		task_runs(run, task, now);
		loop_enters(run, task, now);
	}
	return thread_waits(task);
}

SEC("fentry/do_epoll_wait")
int BPF_PROG(on_wait)
{
	return turned();
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_system_call, struct pt_regs *regs, long call)
{
	return is_epoll_call(call) ? turned() : 0;
}
