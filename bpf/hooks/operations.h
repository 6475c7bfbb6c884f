/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * operations.h - the hooks at the end of socket sends and receives.
 *
 * Flavour tp_btf (6.3 on): two tracepoints for every socket. Flavour fexit
 * (before): the functions of TCP and of unix streams, one by one, and sendpage
 * where there is one (until 6.4).
 */
#pragma once

#include "bpf/operation.h"

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sk, int result, int flags)
{
	return on_operation(sk, SENT, result, 0, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sk, int result, int flags)
{
	return on_operation(sk, RECEIVED, result, flags, true);
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(on_tcp_send, struct sock *sk, struct msghdr *message, unsigned long size, int result)
{
	return on_operation(sk, SENT, result, 0, true);
}

/* Its last argument went away in 7.x, and the result stands behind the last one. */
SEC("fexit/tcp_recvmsg")
int on_tcp_receive(unsigned long long *ctx)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return on_operation((struct sock *)ctx[0], RECEIVED, result, ctx[3], true);
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(on_unix_send, struct socket *socket, struct msghdr *message, unsigned long size,
	     int result)
{
	return on_operation(socket->sk, SENT, result, 0, true);
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(on_unix_receive, struct socket *socket, struct msghdr *message, unsigned long size,
	     int flags, int result)
{
	return on_operation(socket->sk, RECEIVED, result, flags, true);
}

SEC("fexit/tcp_sendpage")
int BPF_PROG(on_tcp_sendpage, struct sock *sk, struct page *page, int offset, unsigned long size,
	     int flags, int result)
{
	return on_operation(sk, SENT, result, 0, false);
}

SEC("fexit/unix_stream_sendpage")
int BPF_PROG(on_unix_sendpage, struct socket *socket, struct page *page, int offset,
	     unsigned long size, int flags, int result)
{
	return on_operation(socket->sk, SENT, result, 0, false);
}
