/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * probes.h - a program that is watched has run into a probe that the monitor put into its text.
 *
 * Everybody who runs that text comes here: what is not watched costs a look-up. One body for each
 * way to attach, and for entries and returns alike; the probe's row says what it means.
 */
#pragma once

#include "bpf/pause.h"

static __always_inline int probe_hit(void *registers)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;
	struct probe *probe;
	__u64 cookie;
	__u32 index;

	if (HAS_NO_STORAGE(leader, bpf_storage) || !bpf_task_storage_get(&targets, leader, 0, 0))
		return 0;
	cookie = bpf_get_attach_cookie(registers);
	index = cookie & 0xffff;
	probe = bpf_map_lookup_elem(&probes, &index);
	if (!probe || !probe->action || probe->generation != (__u16)(cookie >> 16))
		return 0;
	__sync_fetch_and_add(&probe->hits, 1);
	if (probe->action != PROBE_TRIAL)
		probe_act(task, registers, probe);
	return 0;
}

SEC("uprobe")
int on_probe(void *ctx)
{
	return probe_hit(ctx);
}

/* Loaded for links of many places at once. */
SEC("uprobe")
int on_probe_multi(void *ctx)
{
	return probe_hit(ctx);
}
