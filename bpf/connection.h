/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* connection.h - a socket's storage: made, made ready, announced. */
#pragma once

#include "bpf/ship.h"

static __always_inline bool is_stream(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (sk->sk_type != SOCK_STREAM)
		return false;
	return family == FAMILY_UNIX || sk->sk_protocol == IPPROTO_TCP;
}

/* Has it numbers of its first bytes? A socket that is not connected may yet listen. */
static __always_inline bool is_connected(struct sock *sk)
{
	unsigned char state = sk->__sk_common.skc_state;

	return state != TCP_CLOSE && state != TCP_SYN_SENT;
}

/* The kernel's own sockets run in tasks whose registers mean something else. */
static __always_inline bool is_kernel_socket(struct sock *sk)
{
	struct socket *socket = sk->sk_socket;

	return BPF_CORE_READ_BITFIELD(sk, sk_kern_sock) || !socket || !socket->file;
}

/* Was the last operation on it by this process, and is that a target still? Saves the lookup. */
static __always_inline bool conn_is_of(const struct conn *conn, const struct process_id *process)
{
	return conn->owner_started == process->started_ns && conn->owner_epoch == targets_epoch;
}

/*
 * The socket's storage where the process is a target and the socket one to
 * watch, or NULL, which is counted by all but a stand-in (`again`).
 */
static __noinline struct conn *conn_take(struct sock *sk, struct task_struct *leader,
					 const struct process_id *process, bool again)
{
	__u32 epoch = targets_epoch;
	struct conn *conn;

	if (!bpf_task_storage_get(&targets, leader, 0, 0))
		return NULL;
	if (!is_stream(sk) || is_kernel_socket(sk)) {
		if (!again)
			count(is_stream(sk) ? COUNT_KERNEL_SOCKET : COUNT_OTHER_SOCKET);
		return NULL;
	}
	conn = bpf_sk_storage_get(&conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn) {
		if (!again) {
			count(COUNT_SEEN);
			count(COUNT_NO_STORAGE);
		}
		return NULL;
	}
	bpf_spin_lock(&conn->lock);
	conn->owner_started = process->started_ns;
	conn->owner_epoch = epoch;
	bpf_spin_unlock(&conn->lock);
	return conn;
}

/*
 * A record found room, or did not (enum shipped). Turns that are lost in between
 * are told by the number in the next record; those before a connection is
 * announced, and at its end, by nobody, so they are counted here.
 */
static __always_inline void conn_note(struct conn *conn, __u32 number, int shipped)
{
	if (shipped == SHIPPED)
		conn->lost_from = 0;
	else if (shipped == NO_ROOM && !conn->lost_from)
		conn->lost_from = number;
}

/* Of the turns from the first that was lost up to `number`, those that ask have odd numbers. */
static __always_inline void conn_count_lost(const struct conn *conn, __u32 number)
{
	if (conn->lost_from)
		count_in(counters_here(), COUNT_REQUESTS_LOST,
			 (number + 1) / 2 - conn->lost_from / 2);
}

/* Kept in the socket once somebody has asked. */
static __always_inline __u64 socket_cookie(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : bpf_get_socket_cookie(sk);
}

static __always_inline struct tcp_sock *tcp_of(struct sock *sk)
{
	return sk->__sk_common.skc_family == FAMILY_UNIX ? NULL : bpf_skc_to_tcp_sock(sk);
}

/*
 * recvmmsg and sendmmsg handle their messages in order, and end at the first
 * that fails: the next call begins with its first message again.
 */
static __always_inline void mmessages_end(struct sock *sk, struct task_struct *task)
{
	struct conn *conn;

	if (HAS_NO_STORAGE(sk, sk_bpf_storage) || !is_mmessage_call(task))
		return;
	conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (conn)
		conn->mmessages = 0;
}

/*
 * Where the counting begins; under the lock. `received` and `sent` are the bytes
 * of the operation that is being accounted. A socket made by accept from a
 * watched listener is counted from its first byte; any other from now on, and
 * whether bytes had passed is told by TCP (snd_una has gone one further than
 * bytes_acked for the SYN of a socket that connected).
 */
static __always_inline void conn_make_ready(struct sock *sk, struct conn *conn,
					    struct tcp_sock *tcp, __u32 received, __u32 sent)
{
	__u32 first_received, first_sent;

	if (conn->flags & CONN_LISTENER)
		conn->flags = (conn->flags & ~CONN_LISTENER) | CONN_ACCEPTED;
	conn->flags |= CONN_READY;
	if (!tcp)
		return;
	first_received = tcp->rcv_nxt - (__u32)tcp->bytes_received;
	first_sent = tcp->snd_una - (__u32)tcp->bytes_acked;
	conn->base[RECEIVED] = first_received;
	conn->base[SENT] = first_sent;
	if (conn->flags & CONN_ACCEPTED)
		return;
	conn->base[RECEIVED] = tcp_position(sk, tcp, RECEIVED) - received;
	conn->base[SENT] = tcp_position(sk, tcp, SENT) - sent;
	if (conn->base[RECEIVED] != first_received || conn->base[SENT] - first_sent > 1)
		conn->flags |= CONN_JOINED;
}

static __always_inline void copy_addresses(struct sock *sk, struct record_connection *r)
{
	struct sock_common *c = &sk->__sk_common;

	r->family = c->skc_family;
	if (r->family == FAMILY_INET) {
		*(__u32 *)r->local = c->skc_rcv_saddr;
		*(__u32 *)r->remote = c->skc_daddr;
	} else if (r->family == FAMILY_INET6) {
		bpf_probe_read_kernel(r->local, ADDRESS_BYTES, &c->skc_v6_rcv_saddr);
		bpf_probe_read_kernel(r->remote, ADDRESS_BYTES, &c->skc_v6_daddr);
	}
	if (r->family != FAMILY_UNIX) {
		r->local_port = c->skc_num;
		r->remote_port = bpf_ntohs(c->skc_dport);
	}
	r->netns = c->skc_net.net->ns.inum;
}

/* By which numbers both ends know the connection, and where the counting began. */
static __always_inline void copy_numbers(struct sock *sk, struct tcp_sock *tcp,
					 const struct conn *conn, struct record_connection *r)
{
	struct unix_sock *end;

	if (tcp) {
		r->first[RECEIVED] = tcp->rcv_nxt - (__u32)tcp->bytes_received;
		r->first[SENT] = tcp->snd_una - (__u32)tcp->bytes_acked;
		r->base[RECEIVED] = conn->base[RECEIVED];
		r->base[SENT] = conn->base[SENT];
		return;
	}
	end = bpf_skc_to_unix_sock(sk);
	if (!end || !end->peer)
		return;
	r->first[RECEIVED] = (__u32)bpf_get_socket_cookie(end->peer);
	r->first[SENT] = (__u32)socket_cookie(sk);
}

/* The server's port says how long heads are: the local one where it was accepted. */
static __always_inline __u16 head_bytes_of(const struct record_connection *r, __u16 flags)
{
	__u64 port = flags & CONN_ACCEPTED ? r->local_port : r->remote_port;
	__u32 zero = 0;
	struct capture_control *c = bpf_map_lookup_elem(&control, &zero);

	CLAMP(port, 65535);
	return c ? c->head_bytes[port] : 0;
}

/* Who talks to whom, written where it lies in the ring: a frame has no room for it. */
static __always_inline int conn_announce(struct sock *sk, struct tcp_sock *tcp, struct conn *conn,
					 const struct operation *op)
{
	struct record_connection *r;
	__u32 index;
	void *ring = ring_of(op->cookie, &index);

	if (!ring)
		return NO_ROOM;
	count(COUNT_RECORDS);
	r = RESERVE(ring, sizeof(*r));
	__builtin_memset(r, 0, sizeof(*r));
	copy_addresses(sk, r);
	copy_numbers(sk, tcp, conn, r);
	conn->head_bytes = head_bytes_of(r, conn->flags);
	if (conn->flags & CONN_ACCEPTED)
		r->flags |= CONNECTION_ACCEPTED;
	if (conn->flags & CONN_JOINED || conn->number)
		r->flags |= CONNECTION_JOINED;
	record_fill(&r->head, RECORD_CONNECTION, sizeof(*r), op);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return SHIPPED;
}

/*
 * A connection's first operation: make it ready and tell the worker who talks
 * to whom; that again at the next operation when the ring is full.
 */
static __noinline void conn_begin(struct sock *sk, struct conn *conn, struct operation *op,
				  int direction)
{
	struct tcp_sock *tcp = tcp_of(sk);

	bpf_spin_lock(&conn->lock);
	if (!(conn->flags & CONN_READY))
		conn_make_ready(sk, conn, tcp, direction == RECEIVED ? op->bytes : 0,
				direction == SENT ? op->bytes : 0);
	bpf_spin_unlock(&conn->lock);
	if (conn_announce(sk, tcp, conn, op))
		return;
	conn_count_lost(conn, conn->number);
	conn->lost_from = 0;
	bpf_spin_lock(&conn->lock);
	conn->flags |= CONN_ANNOUNCED;
	bpf_spin_unlock(&conn->lock);
}
