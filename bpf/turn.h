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

#include "bpf/maps.h"

/*
 * What an operation did, copied out under the lock and then shipped. When bytes
 * of the other direction opened a turn of their own first (`other`), that turn
 * is `before`, and what stood before it is `earlier`.
 */
struct step {
	struct turn turn, before, earlier;
	__u64 offset; /* of the operation's first byte */
	__u32 number;
	__u32 ship;	    /* bytes of the operation to ship */
	__u32 healed;	    /* bytes that were booked before and are reported now */
	__u32 missing;	    /* bytes that were booked just now */
	__u32 other_number; /* of the turn that was opened first; 0: none was */
	__u8 direction;
	__u8 flags; /* enum record_flags */
	bool moved; /* there is something to say */
	bool is_unix;
};

/* TCP's counters at one moment, without the numbers that SYN and FIN take. */
struct tcp_seen {
	__u32 received, sent;
	bool drained; /* all that came has been read */
	bool is_tcp;
};

static __always_inline void tcp_look(struct sock *sk, struct tcp_sock *tcp, struct tcp_seen *ret)
{
	unsigned char state = sk->__sk_common.skc_state;
	__u32 received = tcp->copied_seq;

	ret->drained = received == tcp->rcv_nxt;
	if (ret->drained && (sk->sk_shutdown & RCV_SHUTDOWN))
		received--;
	ret->received = received;
	ret->sent = tcp->write_seq;
	if ((sk->sk_shutdown & SEND_SHUTDOWN) && state != TCP_ESTABLISHED &&
	    state != TCP_CLOSE_WAIT)
		ret->sent--;
	ret->is_tcp = true;
}

/* The open turn's, masked so that the verifier sees an index of two. */
static __always_inline int conn_direction(const struct conn *conn)
{
	return conn->direction & 1;
}

/* How far TCP is ahead of what was accounted; what looks like going back is nothing. */
static __always_inline __u32 conn_ahead(const struct conn *conn, const struct tcp_seen *seen,
					int direction)
{
	__u32 seq = direction == SENT ? seen->sent : seen->received;
	__u32 ahead = seq - conn->base[direction] - (__u32)conn->total[direction];

	return ahead < 1U << 31 ? ahead : 0;
}

static __always_inline void turn_open(struct conn *conn, int direction, __u64 now, struct step *ret)
{
	ret->before = conn->turn;
	ret->flags |= RECORD_OPENS;
	if (!conn->number)
		conn->first_direction = direction;
	conn->number++;
	conn->direction = direction;
	conn->shipped = 0;
	conn->turn = (struct turn){ .first_ns = now };
	if (direction == RECEIVED)
		conn->turn.arrived_ns = conn->arrived_ns;
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
	conn->pending[direction] += bytes;
	ret->missing += bytes;
}

/* How many of the operation's bytes to ship, and mark them shipped. */
static __always_inline __u32 conn_ship(struct conn *conn, const struct verdict_cell *verdict,
				       __u32 bytes, __u32 limit, bool late)
{
	__u32 room = limit;

	if (verdict->verdict != VERDICT_ALL && !late)
		room = conn->shipped < limit ? limit - conn->shipped : 0;
	if (room > bytes)
		room = bytes;
	if (!late)
		conn->shipped += room;
	return room;
}

/* Copy out what the connection is after this step. */
static __always_inline void step_close(struct conn *conn, struct step *ret)
{
	ret->turn = conn->turn;
	ret->number = conn->number;
	ret->direction = conn->direction;
	ret->moved = true;
}

/* Bytes of the direction against the operation's, not reported yet: they come before it. */
static __always_inline void account_other(struct conn *conn, const struct tcp_seen *seen,
					  int direction, __u64 now, struct step *ret)
{
	__u32 ahead = conn_ahead(conn, seen, direction);

	if (!ahead)
		return;
	turn_book(conn, direction, ahead, now, ret);
	if (!(ret->flags & RECORD_OPENS))
		return;
	ret->flags = 0;
	ret->earlier = ret->before;
	ret->other_number = conn->number;
	ret->before = conn->turn;
}

/* The operation itself: `bytes` more in `direction`. Under the lock. */
static __always_inline void account(struct conn *conn, const struct tcp_seen *seen, int direction,
				    __u32 bytes, __u64 now, const struct verdict_cell *verdict,
				    __u32 limit, struct step *ret)
{
	__u32 ahead = seen->is_tcp ? conn_ahead(conn, seen, direction) : bytes;
	__u32 new = ahead < bytes ? ahead : bytes;
	__u32 late = bytes - new;

	ret->offset = conn->total[direction] - late;
	if (late) {
		ret->offset = conn->total[direction] - conn->pending[direction];
		ret->healed = late < conn->pending[direction] ? late : conn->pending[direction];
		conn->pending[direction] -= ret->healed;
		if (conn->direction == direction)
			conn->turn.unreported -= ret->healed < conn->turn.unreported
							 ? ret->healed
							 : conn->turn.unreported;
		ret->flags |= RECORD_LATE;
	}
	if (new) {
		if (conn->direction != direction || !conn->number)
			turn_open(conn, direction, now, ret);
		turn_add(conn, direction, new, now);
		if (ahead > new)
			turn_book(conn, direction, ahead - new, now, ret);
	}
	if (conn->direction == direction) {
		conn->turn.operations++;
		conn->turn.last_ns = now;
	}
	if (direction == RECEIVED && (seen->drained || !seen->is_tcp))
		conn->arrived_ns = 0;
	ret->ship = conn_ship(conn, verdict, bytes, limit, late && !new);
	step_close(conn, ret);
	if (late && !new) {
		ret->direction = direction;
		ret->number = conn->direction == direction ? conn->number : conn->number - 1;
	}
}
