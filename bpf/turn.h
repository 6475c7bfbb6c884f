/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * turn.h - what an operation does to its connection's turns.
 *
 * Hooks run after the bytes are gone and another thread's may be quicker, so
 * their order alone would merge and split turns. TCP's own counters decide:
 * every hook compares copied_seq and write_seq with what was accounted. A
 * difference is booked to its turn at once (`pending`), and given back when the
 * hook that it belongs to comes late; bytes that no hook ever reports (splice,
 * zero-copy receive, a missed program) stay in turn.unreported.
 *
 * Between lock and unlock no helper may be called: account() is plain code.
 */
#pragma once

#include "bpf/source.h"

/*
 * A socket operation: who did it, where its bytes are, and what is wanted of
 * them. It holds no pointers, for global functions take plain memory only.
 */
struct operation {
	struct process_id process;
	struct source source; /* from here on operation_begin() */
	struct cause cause;
	struct clocks clocks; /* this, and what is named arrived_, as in struct record_turn */
	__u32 arrived_waited, arrived_throttled;
	__u32 limit; /* of the bytes that are shipped of a turn's head */
	__u64 arrived_from_ns;
	__u64 cookie, now;
	__u64 tail; /* what the turn ends with after it, inverted; 0: not seen */
	__u32 bytes, thread;
	__u32 unreadable; /* counter of why the bytes cannot be read; 0: they can */
	__u8 flags;	  /* enum record_flags for every record of it */
	bool ship_all;	  /* the limit is each operation's, not the turn's */
	bool totals_always;
};

/* All but the process, which says whether there is anything to do. */
static __always_inline void operation_begin(struct operation *op, __u32 bytes,
					    struct task_struct *task)
{
	__builtin_memset(&op->source, 0, sizeof(*op) - offsetof(struct operation, source));
	op->bytes = bytes;
	op->thread = task->pid;
}

/* What an operation did to its turn, copied out under the lock and then shipped. */
struct step {
	struct turn turn, before;
	__u64 offset;		     /* of the operation's first byte */
	__u32 number;		     /* from here on step_begin() */
	__u32 ship;		     /* bytes of the operation to ship */
	__u32 healed;		     /* bytes that were booked before and are reported now */
	__u32 missing;		     /* bytes that were booked just now */
	struct clocks before_clocks; /* as in struct record_turn */
	__u32 before_thread;
	__u8 direction;
	__u8 flags; /* enum record_flags */
	bool moved; /* there is something to say */
	__u8 padding;
};

/* All but what account() always fills: zeroing that as well would cost as much as filling it. */
static __always_inline void step_begin(struct step *step)
{
	__builtin_memset(&step->number, 0, sizeof(*step) - offsetof(struct step, number));
}

/* How far TCP is in one direction, without the numbers that SYN and FIN take. */
struct tcp_seen {
	__u32 position;
	bool drained; /* RECEIVED: all that came has been read */
	bool is_tcp;
};

/* Its fields are checked by the program each time: seven instructions more than a load. */
static __always_inline __u32 tcp_position(struct sock *sk, struct tcp_sock *tcp, int direction)
{
	unsigned char state = sk->__sk_common.skc_state;
	__u32 position;

	if (direction == SENT) {
		position = tcp->write_seq;
		if ((sk->sk_shutdown & SEND_SHUTDOWN) && state != TCP_ESTABLISHED &&
		    state != TCP_CLOSE_WAIT)
			position--;
		return position;
	}
	position = tcp->copied_seq;
	if ((sk->sk_shutdown & RCV_SHUTDOWN) && position == tcp->rcv_nxt)
		position--;
	return position;
}

static __always_inline void tcp_look(struct sock *sk, struct tcp_sock *tcp, int direction,
				     struct tcp_seen *ret)
{
	ret->is_tcp = true;
	ret->position = tcp_position(sk, tcp, direction);
	ret->drained = direction == RECEIVED && tcp->copied_seq == tcp->rcv_nxt;
}

/* The open turn's, masked so that the verifier sees an index of two. */
static __always_inline int conn_direction(const struct conn *conn)
{
	return conn->direction & 1;
}

/* Bytes by which TCP is ahead of what was accounted; what looks like going back is nothing. */
static __always_inline __u32 conn_ahead(const struct conn *conn, __u32 position, int direction)
{
	__u32 ahead = position - conn->base[direction] - (__u32)conn->total[direction];

	return ahead < 1U << 31 ? ahead : 0;
}

static __always_inline void turn_open(struct conn *conn, int direction, __u64 now, struct step *ret)
{
	if (conn->number)
		ret->before = conn->turn;
	else
		ret->before = (struct turn){};
	ret->before_clocks = conn->clocks;
	ret->before_thread = conn->thread;
	ret->flags |= RECORD_OPENS;
	conn->turn = (struct turn){ .first_ns = now };
	if (direction == RECEIVED)
		conn->turn.arrived_ns = conn->arrived_ns;
	if (!conn->number)
		conn->first_direction = direction;
	conn->number++;
	conn->direction = direction;
	conn->shipped = 0;
}

static __always_inline void turn_add(struct conn *conn, int direction, __u32 bytes, __u64 now)
{
	conn->turn.bytes += bytes;
	conn->turn.last_ns = now;
	conn->total[direction] += bytes;
	conn->flags |= CONN_DIRTY;
}

/* Book bytes of `direction` that TCP moved and that no hook has reported so far. */
static __always_inline void turn_book(struct conn *conn, int direction, __u32 bytes, __u64 now,
				      struct step *ret)
{
	if (conn->direction != direction || !conn->number)
		turn_open(conn, direction, now, ret);
	turn_add(conn, direction, bytes, now);
	conn->turn.unreported += bytes;
	conn->thread = 0; /* who did it is not known */
	conn->pending[direction] += bytes;
	ret->missing += bytes;
}

/* Book what TCP moved in `direction` since the last look. Under the lock. */
static __always_inline void conn_catch_up(struct sock *sk, struct tcp_sock *tcp, struct conn *conn,
					  int direction, __u64 now, struct step *ret)
{
	__u32 ahead = conn_ahead(conn, tcp_position(sk, tcp, direction), direction);

	if (ahead)
		turn_book(conn, direction, ahead, now, ret);
}

/* How many of the operation's bytes to ship, and mark them shipped. */
static __always_inline __u32 conn_ship(struct conn *conn, const struct operation *op, bool late)
{
	__u32 room = op->limit;

	if (!op->ship_all && !late)
		room = conn->shipped < room ? room - conn->shipped : 0;
	if (room > op->bytes)
		room = op->bytes;
	if (!late)
		conn->shipped += room;
	return room;
}

/* For a record that no operation makes: who did the last one. Under the lock. */
static __always_inline void operation_was_last(const struct conn *conn, struct operation *ret)
{
	ret->clocks = conn->clocks;
	ret->thread = conn->thread;
	if (conn->thread)
		ret->flags |= RECORD_CLOCKED;
}

/* Copy out what the connection is after this step. */
static __always_inline void step_close(struct conn *conn, struct step *ret)
{
	ret->turn = conn->turn;
	ret->number = conn->number;
	ret->direction = conn->direction;
	ret->moved = true;
}

/* Bytes that were booked when TCP's counters told of them are reported now. */
static __always_inline void account_late(struct conn *conn, int direction, __u32 late,
					 struct step *ret)
{
	__u32 pending = conn->pending[direction];

	ret->offset = conn->total[direction] - pending;
	ret->healed = late < pending ? late : pending;
	ret->flags |= RECORD_LATE;
	conn->pending[direction] = pending - ret->healed;
	if (conn->direction != direction)
		return;
	if (ret->healed < conn->turn.unreported)
		conn->turn.unreported -= ret->healed;
	else
		conn->turn.unreported = 0;
}

/* The operation itself. Under the lock. */
static __always_inline void account(struct conn *conn, const struct tcp_seen *seen, int direction,
				    const struct operation *op, struct step *ret)
{
	__u32 ahead = seen->is_tcp ? conn_ahead(conn, seen->position, direction) : op->bytes;
	__u32 new = ahead < op->bytes ? ahead : op->bytes;

	ret->offset = conn->total[direction];
	if (new < op->bytes)
		account_late(conn, direction, op->bytes - new, ret);
	if (new) {
		if (conn->direction != direction || !conn->number)
			turn_open(conn, direction, op->now, ret);
		turn_add(conn, direction, new, op->now);
		if (ahead > new)
			turn_book(conn, direction, ahead - new, op->now, ret);
	}
	if (!(ret->flags & RECORD_OPENS))
		ret->before = (struct turn){};
	if (conn->direction == direction) {
		conn->turn.operations++;
		conn->turn.last_ns = op->now;
		conn->turn.tail = op->tail;
		conn->clocks = op->clocks;
		conn->thread = op->flags & RECORD_CLOCKED ? op->thread : 0;
	}
	if (direction == RECEIVED && (seen->drained || !seen->is_tcp))
		conn->arrived_ns = 0;
	ret->ship = conn_ship(conn, op, !new);
	step_close(conn, ret);
	if (!new) {
		ret->direction = direction;
		ret->number = conn->direction == direction ? conn->number : conn->number - 1;
	}
}
