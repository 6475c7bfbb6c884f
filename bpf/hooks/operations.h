/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * operations.h - the hooks at the end of socket sends and receives.
 *
 * Flavour tp_btf (6.3 on): two tracepoints for every socket. Flavour fexit
 * (before): the functions of TCP and of unix streams, one by one, and sendpage
 * where there is one (until 6.4).
 *
 * A kernel that preempts itself may preempt a program, and then skips it for
 * every other task on that CPU until it is done. Where that was seen, each hook
 * of TCP gets a second program behind the first, which does the work where
 * TCP's counters say that it was not done.
 */
#pragma once

#include "bpf/operation.h"

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sk, int result, int flags)
{
	on_operation(sk, SENT, result, 0, true, false);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sk, int result, int flags)
{
	on_operation(sk, RECEIVED, result, flags, true, false);
	return 0;
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(on_tcp_send, struct sock *sk, struct msghdr *message, unsigned long size, int result)
{
	on_operation(sk, SENT, result, 0, true, false);
	return 0;
}

/* tcp_recvmsg's last argument went away in 7.x, and the result stands behind the last one. */
static __always_inline void on_received(unsigned long long *ctx, bool again)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	on_operation((struct sock *)ctx[0], RECEIVED, result, ctx[3], true, again);
}

SEC("fexit/tcp_recvmsg")
int on_tcp_receive(unsigned long long *ctx)
{
	on_received(ctx, false);
	return 0;
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(on_unix_send, struct socket *socket, struct msghdr *message, unsigned long size,
	     int result)
{
	on_operation(socket->sk, SENT, result, 0, true, false);
	return 0;
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(on_unix_receive, struct socket *socket, struct msghdr *message, unsigned long size,
	     int flags, int result)
{
	on_operation(socket->sk, RECEIVED, result, flags, true, false);
	return 0;
}

SEC("fexit/tcp_sendpage")
int BPF_PROG(on_tcp_sendpage, struct sock *sk, struct page *page, int offset, unsigned long size,
	     int flags, int result)
{
	on_operation(sk, SENT, result, 0, false, false);
	return 0;
}

SEC("fexit/unix_stream_sendpage")
int BPF_PROG(on_unix_sendpage, struct socket *socket, struct page *page, int offset,
	     unsigned long size, int flags, int result)
{
	on_operation(socket->sk, SENT, result, 0, false, false);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send_again, struct sock *sk, int result, int flags)
{
	on_operation(sk, SENT, result, 0, true, true);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive_again, struct sock *sk, int result, int flags)
{
	on_operation(sk, RECEIVED, result, flags, true, true);
	return 0;
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(on_tcp_send_again, struct sock *sk, struct msghdr *message, unsigned long size,
	     int result)
{
	on_operation(sk, SENT, result, 0, true, true);
	return 0;
}

SEC("fexit/tcp_recvmsg")
int on_tcp_receive_again(unsigned long long *ctx)
{
	on_received(ctx, true);
	return 0;
}
