/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * arrival.h - bytes can be read: where a server's request begins.
 *
 * Runs in softirq of any task, so it must not look at the current one. A
 * socket is of interest when it has storage: made when watching began, or
 * cloned from a listener (an accepted socket has it before accept). No lock:
 * one aligned store, and a reader who drains at that moment is in a race with
 * the bytes themselves.
 */
#pragma once

#include "bpf/maps.h"

static __always_inline int on_arrival(struct sock *sk)
{
	struct conn *conn;

	if (HAS_NO_STORAGE(sk, sk_bpf_storage) || sk->__sk_common.skc_state == TCP_LISTEN)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (conn && !conn->arrived_ns)
		conn->arrived_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(on_data_ready, struct sock *sk)
{
	return on_arrival(sk);
}

SEC("fexit/sock_def_readable")
int BPF_PROG(on_readable, struct sock *sk)
{
	return on_arrival(sk);
}
