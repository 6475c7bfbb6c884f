/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * close.h - a connection can carry no further turn; a socket connects, or starts to listen.
 *
 * A TCP connection is over for its owner when it leaves ESTABLISHED or
 * CLOSE_WAIT by close() or an error; shutdown(SHUT_WR) alone is not the end,
 * for the answer is still to come. What is missed is caught when the socket is
 * destroyed.
 */
#pragma once

#include "bpf/connection.h"
#include "bpf/hooks/processes.h"
#include "bpf/thread.h"

/*
 * Book what TCP moved since: first in the open turn's direction, then in the
 * other, which opens a turn that no hook has seen. Under the lock.
 */
static __always_inline void conn_settle(struct sock *sk, struct tcp_sock *tcp, struct conn *conn,
					struct step *step)
{
	int direction = conn_direction(conn);

	conn_catch_up(sk, tcp, conn, direction, conn->turn.last_ns, step);
	conn_catch_up(sk, tcp, conn, !direction, conn->turn.last_ns, step);
}

/* Ship the last totals, once. `error` is the socket's; 0: it ended with a FIN. */
static __noinline void conn_close(struct sock *sk, struct conn *conn, int error)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct step step = {};
	struct operation op = {};

	op.now = bpf_ktime_get_ns();
	bpf_spin_lock(&conn->lock);
	if (!(conn->flags & CONN_ANNOUNCED || conn->number) || conn->flags & CONN_CLOSED) {
		bpf_spin_unlock(&conn->lock);
		return;
	}
	conn->flags |= CONN_CLOSED;
	if (!conn->number || conn->flags & CONN_PASSES)
		conn->turn = (struct turn){};
	else if (tcp)
		conn_settle(sk, tcp, conn, &step);
	step_close(conn, &step);
	operation_was_last(conn, &op);
	bpf_spin_unlock(&conn->lock);

	if (step.missing)
		count_in(counters_here(), COUNT_UNREPORTED, step.missing);
	if (error)
		step.flags |= RECORD_RESET;
	op.bytes = error;
	op.cookie = socket_cookie(sk);
	/* A worker that was not told of the connection may have met it in the ring. */
	if (ship_totals(&step, &op, RECORD_CLOSE) || !(conn->flags & CONN_ANNOUNCED))
		conn_count_lost(conn, step.number);
}

static __always_inline int on_listen(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct target *target = target_at_listen(task, sk->__sk_common.skc_num);
	struct conn *conn;

	if (!target)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (conn)
		conn->flags |= CONN_LISTENER;
	else
		count(COUNT_NO_STORAGE);
	return 0;
}

/* In connect(): the thread that connects says why. */
static __noinline int on_connect(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct process_id process;
	struct cause cause = {};
	struct conn *conn;
	__u16 flags;

	if (HAS_NO_STORAGE(task->group_leader, bpf_storage))
		return 0;
	process_of(task->group_leader, &process);
	conn = conn_take(sk, task->group_leader, &process, true);
	if (!conn || conn->number)
		return 0;
	flags = CONN_CONNECTS;
	if (thread_note(task, SENT, 0, 0, &cause) & THREAD_NESTED)
		flags |= CONN_NESTED;
	/* Go's client gives an open connection to whoever waits for one. */
	if (!cause.goroutine)
		flags |= CONN_ASKS_FIRST;
	cause.goroutine = (__u64)process.tgid << 32 | task->pid;
	bpf_spin_lock(&conn->lock);
	conn->flags &= ~(CONN_ASKS_FIRST | CONN_NESTED);
	conn->flags |= flags;
	conn->caused = cause;
	bpf_spin_unlock(&conn->lock);
	return 0;
}

/*
 * The connection is open: tell of it now, for who accepts it may have answered its first question
 * before the call that sends it returns.
 */
static __noinline int on_connected(struct sock *sk)
{
	struct operation op = { .now = bpf_ktime_get_ns() };
	struct conn *conn = NULL;

	if (!HAS_NO_STORAGE(sk, sk_bpf_storage))
		conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (!conn || conn->number || !(conn->flags & CONN_CONNECTS) ||
	    conn->owner_epoch != targets_epoch)
		return 0;
	op.process.started_ns = conn->owner_started;
	op.process.tgid = conn->caused.goroutine >> 32;
	op.cookie = socket_cookie(sk);
	conn_begin(sk, conn, &op, SENT);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old, int now)
{
	struct conn *conn;
	bool both = (sk->sk_shutdown & (RCV_SHUTDOWN | SEND_SHUTDOWN)) ==
		    (RCV_SHUTDOWN | SEND_SHUTDOWN);

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (now == TCP_LISTEN)
		return on_listen(sk);
	if (now == TCP_SYN_SENT)
		return on_connect(sk);
	if (old == TCP_SYN_SENT && now == TCP_ESTABLISHED)
		return on_connected(sk);
	if (now != TCP_CLOSE && now != TCP_FIN_WAIT1 && now != TCP_LAST_ACK)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (!conn || !(now == TCP_CLOSE ? sk->sk_err : both))
		return 0;
	conn_close(sk, conn, now == TCP_CLOSE ? sk->sk_err : 0);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock *sk)
{
	struct conn *conn = bpf_sk_storage_get(&conns, sk, 0, 0);

	if (conn)
		conn_close(sk, conn, sk->sk_err);
	return 0;
}

SEC("fentry/unix_release")
int BPF_PROG(on_unix_release, struct socket *socket)
{
	struct sock *sk = socket->sk;
	struct conn *conn;

	if (!sk)
		return 0;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (conn)
		conn_close(sk, conn, 0);
	return 0;
}
