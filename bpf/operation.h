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
	struct verdict_cell *cell = bpf_map_lookup_elem(&sonde_verdicts, &index);

	*ret = (struct verdict_cell){};
	if (cell && cell->tag == (__u32)(cookie / VERDICT_CELLS))
		*ret = *cell;
}

static __always_inline __u32 head_limit(const struct conn *conn, const struct verdict_cell *verdict,
					int direction)
{
	if (verdict->head_bytes)
		return verdict->head_bytes;
	if (conn->head_bytes)
		return conn->head_bytes;
	if (!conn->number || conn->first_direction == direction)
		return head_bytes_first;
	return head_bytes_other;
}

/* Where the last bytes of the operation are, and how many lie there together. */
static __always_inline __u64 tail_find(const struct source *source, __u32 *len)
{
	struct user_iovec segment = {};

	if (!source->segments)
		return source->at;
	for (__u32 i = 0; i < SEGMENTS; i++) {
		if (i >= source->segments ||
		    bpf_probe_read_user(&segment, sizeof(segment),
					(void *)(source->at + i * sizeof(segment))))
			return 0;
		if (segment.len >= *len)
			return segment.base;
		*len -= segment.len;
	}
	return 0;
}

/* What the turn ends with after the operation; its bytes lie past what is shipped. 0: not seen. */
__noinline __u64 operation_tail(const struct shipment *s)
{
	__u8 seen[TAIL_BYTES];
	__u64 at, tail;
	__u32 len;

	if (!s || s->cause || s->head_shipped + s->op_bytes <= s->head_limit)
		return 0;
	len = s->op_bytes;
	at = tail_find(&s->source, &len);
	if (!at || bpf_probe_read_user(seen, sizeof(seen), (void *)(at + len - TAIL_BYTES)))
		return 0;
	tail = s->tail;
	for (__u32 i = 0; i < TAIL_BYTES; i++)
		if (i + len >= TAIL_BYTES)
			tail = tail << 8 | seen[i];
	return tail;
}

/* Count and ship what an operation came to. */
__noinline int operation_ship(struct step *step, struct shipment *s)
{
	if (!step || !s)
		return 0;
	if (step->missing)
		count_add(COUNT_UNREPORTED, step->missing);
	if (step->healed)
		count_add(COUNT_HEALED, step->healed);
	if (step->other_number)
		ship_totals(step, s, RECORD_BYTES, true);
	if (s->cause) {
		__u64 cause = s->cause;

		CLAMP(cause, COUNTERS - 1);
		count(cause);
		s->flags |= RECORD_UNREADABLE;
		step->ship = 0;
	}
	if (step->ship)
		return ship_bytes(step, s);
	if (step->flags & RECORD_OPENS)
		return ship_totals(step, s, RECORD_BYTES, false);
	if (step->is_unix && unix_close_unseen)
		return ship_totals(step, s, RECORD_TOTALS, false);
	return 0;
}

/* The kernel half's one path from a hook to the ring. */
static __always_inline int operation_account(struct sock *sk, struct conn *conn, int direction,
					     const struct verdict_cell *verdict, struct shipment *s)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct step step = {};
	struct tcp_seen seen = {};

	step.is_unix = !tcp;
	bpf_spin_lock(&conn->lock);
	if (tcp) {
		tcp_look(sk, tcp, &seen);
		account_other(conn, &seen, !direction, s->now, &step);
	}
	account(conn, &seen, direction, s->op_bytes, s->now, verdict, s->head_limit, &step);
	conn->turn.tail = step.turn.tail = s->tail;
	if (step.ship || (step.flags & RECORD_OPENS))
		conn->flags &= ~CONN_DIRTY;
	bpf_spin_unlock(&conn->lock);
	operation_ship(&step, s);
	/* What a global function returns is not known to the verifier; fexit must return 0. */
	return 0;
}

static __always_inline int operation_on(struct sock *sk, const struct target *target,
					struct task_struct *task, int direction, __u32 bytes,
					bool in_user)
{
	struct shipment s = {
		.process = target->process,
		.op_bytes = bytes,
		.thread = task->pid,
		.cookie = bpf_get_socket_cookie(sk),
	};
	struct verdict_cell verdict;
	struct conn *conn = bpf_sk_storage_get(&conns, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!conn) {
		count(COUNT_NO_STORAGE);
		return 0;
	}
	count(COUNT_ACCOUNTED);
	verdict_of(s.cookie, &verdict);
	if (verdict.verdict == VERDICT_STOP) {
		count(COUNT_STOPPED);
		return 0;
	}
	s.now = bpf_ktime_get_ns();
	if (!(conn->flags & CONN_READY) || !(conn->flags & CONN_ANNOUNCED))
		conn_begin(sk, conn, &s, direction);
	if (conn->flags & CONN_JOINED)
		s.flags = RECORD_JOINED;
	s.cause = in_user ? source_find(task, conn, &s.source) : COUNT_NO_BUFFER;
	s.head_limit = head_limit(conn, &verdict, direction);
	s.head_shipped = conn->direction == direction ? conn->shipped : 0;
	s.tail = conn->direction == direction ? conn->turn.tail : 0;
	s.tail = operation_tail(&s);
	return operation_account(sk, conn, direction, &verdict, &s);
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
	return operation_on(sk, target, task, direction, result, in_user);
}
