/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * sonde.bpf.c - the kernel half: every hook, a file each.
 *
 * It ships bytes and times and knows no protocol. The monitor loads of these
 * programs what this kernel has, by the table in user/capture/features.c.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_endian.h>

#include "bpf/hooks/arrival.h"
#include "bpf/hooks/close.h"
#include "bpf/hooks/iterators.h"
#include "bpf/hooks/operations.h"
#include "bpf/hooks/probes.h"
#include "bpf/hooks/processes.h"
#include "bpf/hooks/scheduler.h"
#include "bpf/hooks/waits.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
