/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * operation.h - a watched task has moved bytes through a stream socket.
 *
 *	whose is it?  ->  account (turn.h, under the lock)  ->  ship (ship.h)
 *
 * One body for every flavour of hook. What is not watched costs one lookup.
 */
#pragma once

#include "bpf/connection.h"

static __always_inline void verdict_of(__u64 cookie, struct verdict_cell *ret)
{
	__u32 index = cookie % VERDICT_CELLS;
	struct verdict_cell *cell = bpf_map_lookup_elem(&verdicts, &index);

	*ret = (struct verdict_cell){};
	if (cell && cell->tag == (__u32)(cookie / VERDICT_CELLS))
		*ret = *cell;
}

static __always_inline __u32 head_limit(const struct conn *conn, const struct verdict_cell *verdict,
					int direction)
{
	if (verdict->head_bytes)
		return verdict->head_bytes;
	if (!conn->number || conn->first_direction == direction)
		return head_bytes_first;
	return head_bytes_other;
}

/* The operation's last bytes, shifted into what the turn ended with before. */
static __always_inline __u64 tail_of(const struct source *source, __u32 bytes, __u64 tail)
{
	struct source last = *source;
	__u8 seen[TAIL_BYTES];
	__u32 len = bytes;

	for (__u32 i = 0; i < SEGMENTS && source->segments; i++) {
		struct user_iovec segment;

		if (i >= source->segments ||
		    bpf_probe_read_user(&segment, sizeof(segment),
					(void *)(source->at + i * sizeof(segment))))
			return 0;
		last.at = segment.base;
		if (segment.len >= len)
			break;
		len -= segment.len;
	}
	last.at += len;
	if (len > TAIL_BYTES)
		len = TAIL_BYTES;
	if (bpf_probe_read_user(seen, sizeof(seen), (void *)(last.at - TAIL_BYTES)))
		return 0;
	for (__u32 i = 0; i < TAIL_BYTES; i++)
		if (i + len >= TAIL_BYTES)
			tail = tail << 8 | seen[i];
	return tail;
}

/* The kernel half's one path from a hook to the ring. */
static __always_inline int operation_account(struct sock *sk, struct target *target,
					     struct task_struct *task, int direction, __u32 bytes,
					     bool in_user)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct step other = {}, step = {};
	struct tcp_seen seen = {};
	struct verdict_cell verdict;
	struct conn *conn;
	struct shipment s = {};
	__u64 tail = 0;
	__u32 limit;
	int cause;

	conn = bpf_sk_storage_get(&conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!conn) {
		count(COUNT_NO_STORAGE);
		return 0;
	}
	s.cookie = bpf_get_socket_cookie(sk);
	verdict_of(s.cookie, &verdict);
	count(COUNT_ACCOUNTED);
	if (verdict.verdict == VERDICT_STOP) {
		count(COUNT_STOPPED);
		return 0;
	}
	cause = in_user ? source_find(task, conn, &s.source) : COUNT_NO_BUFFER;
	limit = head_limit(conn, &verdict, direction);
	if (!cause && conn->shipped + bytes > limit)
		tail = tail_of(&s.source, bytes, conn->turn.tail);
	s.now = bpf_ktime_get_ns();

	bpf_spin_lock(&conn->lock);
	if (tcp)
		tcp_look(sk, tcp, &seen);
	if (!(conn->flags & CONN_READY))
		conn_make_ready(conn, tcp, &seen, direction == RECEIVED ? bytes : 0,
				direction == SENT ? bytes : 0);
	if (tcp)
		account_other(conn, &seen, !direction, s.now, &other);
	account(conn, &seen, direction, bytes, s.now, &verdict, limit, &step);
	if (conn->direction == direction) {
		conn->turn.tail = tail;
		step.turn.tail = tail;
	}
	if (cause)
		step.ship = 0;
	if (step.ship || (step.flags & RECORD_OPENS))
		conn->flags &= ~CONN_DIRTY;
	bpf_spin_unlock(&conn->lock);

	s.process = target->process;
	s.thread = task->pid;
	s.op_bytes = bytes;
	if (!(conn->flags & CONN_ANNOUNCED))
		conn_announce(sk, conn, &s);
	if (conn->flags & CONN_JOINED)
		step.flags |= RECORD_JOINED;
	if (other.missing || step.missing)
		count_add(COUNT_UNREPORTED, other.missing + step.missing);
	if (step.healed)
		count_add(COUNT_HEALED, step.healed);
	if (other.flags & RECORD_OPENS)
		ship_totals(&other, &s, RECORD_BYTES);
	if (cause) {
		count(cause);
		step.flags |= RECORD_UNREADABLE;
	}
	if (step.ship)
		ship_bytes(&step, &s);
	else if (step.flags & RECORD_OPENS)
		ship_totals(&step, &s, RECORD_BYTES);
	else if (!tcp && unix_close_unseen)
		ship_totals(&step, &s, RECORD_TOTALS);
	return 0;
}

/*
 * The end of a socket operation: `result` bytes, or none. `in_user` is false
 * where the hook is one of functions that never have a user's buffer.
 */
static __always_inline int on_operation(struct sock *sk, int direction, int result, int flags,
					bool in_user)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct target *target;

	if (result <= 0)
		return 0;
	target = bpf_task_storage_get(&targets, task->group_leader, 0, 0);
	if (!target)
		return 0;
	if (direction == RECEIVED && (flags & (MSG_PEEK | MSG_ERRQUEUE))) {
		count(COUNT_PEEKED);
		return 0;
	}
	if (!is_stream(sk)) {
		count(COUNT_OTHER_SOCKET);
		return 0;
	}
	if (is_kernel_socket(sk)) {
		count(COUNT_KERNEL_SOCKET);
		return 0;
	}
	count(COUNT_SEEN);
	if (direction == RECEIVED && (flags & MSG_TRUNC))
		in_user = false;
	return operation_account(sk, target, task, direction, result, in_user);
}
