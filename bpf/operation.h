/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * operation.h - a watched task has moved bytes through a stream socket.
 *
 *	whose is it?  ->  account (turn.h, under the lock)  ->  ship (ship.h)
 *
 * One body for every flavour of hook. What is not watched costs two loads.
 */
#pragma once

#include "bpf/clocks.h"
#include "bpf/connection.h"
#include "bpf/thread.h"

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

/*
 * `tail` is what the turn ended with before the operation; returns what it ends with after.
 * Inverted, so that zeros, by which binary protocols end, are not the 0 of what was not seen.
 */
__noinline __u64 operation_tail(const struct operation *op, __u64 tail)
{
	__u8 seen[TAIL_BYTES];
	__u64 at;
	__u32 len;

	if (!op)
		return 0;
	len = op->bytes;
	at = tail_find(&op->source, &len);
	if (!at || bpf_probe_read_user(seen, sizeof(seen), (void *)(at + len - TAIL_BYTES)))
		return 0;
	for (__u32 i = 0; i < TAIL_BYTES; i++)
		if (i + len >= TAIL_BYTES)
			tail = tail << 8 | (__u8)~seen[i];
	return tail;
}

/* Count and ship what an operation came to. */
__noinline int operation_ship(struct step *step, struct operation *op)
{
	if (!step || !op)
		return NOTHING_TO_SHIP;
	if (step->missing)
		count_in(counters_here(), COUNT_UNREPORTED, step->missing);
	if (step->healed)
		count_in(counters_here(), COUNT_HEALED, step->healed);
	if (op->unreadable) {
		__u64 cause = op->unreadable;

		CLAMP(cause, COUNTERS - 1);
		count(cause);
		op->flags |= RECORD_UNREADABLE;
		step->ship = 0;
	}
	if (step->ship) {
		count(COUNT_RECORDS);
		return ship_bytes(step, op);
	}
	if (step->flags & RECORD_OPENS)
		return ship_totals(step, op, RECORD_BYTES);
	if (op->totals_always)
		return ship_totals(step, op, RECORD_TOTALS);
	return NOTHING_TO_SHIP;
}

/*
 * Bytes of the direction against the operation's that no hook has reported yet:
 * they came before it, and may open a turn of their own.
 */
static __noinline void account_other(struct sock *sk, struct conn *conn, int direction,
				     struct operation *op, struct step *step)
{
	struct tcp_sock *tcp = tcp_of(sk);
	__u32 bytes = op->bytes;
	__u8 flags = op->flags;

	bpf_spin_lock(&conn->lock);
	if (tcp)
		conn_catch_up(sk, tcp, conn, direction, op->now, step);
	step_close(conn, step);
	bpf_spin_unlock(&conn->lock);
	if (step->missing)
		count_in(counters_here(), COUNT_UNREPORTED, step->missing);
	if (!(step->flags & RECORD_OPENS))
		return;
	step->flags |= RECORD_UNREADABLE;
	step->offset = 0;
	op->bytes = 0;
	op->flags &= ~RECORD_CLOCKED;
	conn_note(conn, step->number, ship_totals(step, op, RECORD_BYTES));
	op->bytes = bytes;
	op->flags = flags;
}

/*
 * What led to connect() led to the connection's first question too, which on a loop is written in
 * the turn that found it open; by the same thread.
 */
static __always_inline bool asks_first(const struct conn *conn, const struct operation *op)
{
	return !conn->number && conn->flags & CONN_ASKS_FIRST &&
	       (__u32)conn->caused.goroutine == op->thread;
}

/* A call that a goroutine of the connection writes is the work of the one that waits for it. */
static __always_inline void operation_caller(const struct conn *conn, const struct step *step,
					     struct operation *op)
{
	__u64 caller;

	if (!op->cause.goroutine || conn->first_direction != SENT || step->direction != SENT ||
	    !(step->flags & RECORD_OPENS))
		return;
	caller = goroutine_caller(op->cause.goroutine);
	if (caller)
		op->cause.goroutine = caller;
}

/* The kernel half's one path from a hook to the ring. */
static __always_inline void operation_account(struct sock *sk, struct conn *conn,
					      struct task_struct *task, int direction,
					      struct capture_counters *counted,
					      struct operation *op)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct tcp_seen seen = {};
	struct step step;
	bool first = direction == SENT && asks_first(conn, op), nested = false;
	int shipped;

	if (first)
		op->cause = conn->caused;
	step_begin(&step);
	if (tcp) {
		if (conn_ahead(conn, tcp_position(sk, tcp, !direction), !direction)) {
			account_other(sk, conn, !direction, op, &step);
			step_begin(&step);
		}
	} else {
		op->totals_always = unix_close_unseen;
	}
	bpf_spin_lock(&conn->lock);
	if (tcp)
		tcp_look(sk, tcp, direction, &seen);
	account(conn, &seen, direction, op, &step);
	if (step.ship || (step.flags & RECORD_OPENS))
		conn->flags &= ~CONN_DIRTY;
	bpf_spin_unlock(&conn->lock);
	op->cause.goroutine = 0;
	if (first)
		nested = conn->flags & CONN_NESTED;
	else if (direction == RECEIVED || step.ship || step.flags & RECORD_OPENS)
		nested = thread_note(task, direction, op->cookie, step.number, &op->cause) &
			 THREAD_NESTED;
	if (nested)
		op->flags |= RECORD_NESTED;
	operation_caller(conn, &step, op);
	if (step.ship && !step.missing && !step.healed && !op->unreadable) {
		count_in(counted, COUNT_RECORDS, 1);
		shipped = ship_bytes(&step, op);
	} else {
		shipped = operation_ship(&step, op);
	}
	conn_note(conn, step.number, shipped);
}

/*
 * A connection that is not read passes on why it was asked: its answer's work came from that. Once
 * several have asked before an answer, nobody can tell whose the answers are; and where the question
 * was written when such an answer was read, a pool may have given the connection to who waited.
 */
static __always_inline void conn_asked(struct conn *conn, const struct cause *cause, bool passed)
{
	struct cause *asked = &conn->caused;

	if (!(conn->flags & CONN_ASKED))
		*asked = *cause;
	else if (asked->cookie != cause->cookie || asked->number != cause->number)
		conn->flags |= CONN_SHARED;
	if (passed || conn->flags & CONN_SHARED)
		asked->cookie = asked->number = 0;
	conn->flags |= CONN_PASSES | CONN_ASKED;
	conn->flags &= ~CONN_DIRTY;
}

static __noinline void operation_pass(struct conn *conn, struct task_struct *task, int direction,
				      struct operation *op)
{
	__u64 cookie = op->cookie;
	__u32 number = 0;
	int flags = 0;

	if (!thread_is_noted(task))
		return;
	if (direction == SENT)
		flags = thread_note(task, SENT, cookie, 0, &op->cause);
	bpf_spin_lock(&conn->lock);
	if (direction == SENT && !(conn->flags & CONN_ACCEPTED)) {
		conn_asked(conn, &op->cause, flags & THREAD_PASSED);
	} else if (direction == RECEIVED && conn->flags & CONN_PASSES) {
		cookie = conn->caused.cookie;
		number = conn->caused.number;
		conn->flags &= ~CONN_ASKED;
	}
	bpf_spin_unlock(&conn->lock);
	if (direction == RECEIVED)
		thread_pass(task, cookie, number, &op->cause);
}

static __noinline void conn_read_again(struct conn *conn)
{
	bpf_spin_lock(&conn->lock);
	conn->turn = (struct turn){};
	conn->flags &= ~(CONN_PASSES | CONN_ASKED | CONN_SHARED);
	bpf_spin_unlock(&conn->lock);
}

/* When what opens a turn now could be read; 0: nothing does, or it is not known. */
static __always_inline __u64 arrival_of(const struct conn *conn, int direction)
{
	bool opens = conn->direction != direction || !conn->number;

	return direction == RECEIVED && opens ? conn->arrived_ns : 0;
}

static __always_inline void operation_on(struct sock *sk, struct conn *conn,
					 struct task_struct *task, int direction, bool in_user,
					 struct operation *op)
{
	struct capture_counters *counted = counters_here();
	struct verdict_cell verdict;
	__u32 shipped;

	count_in(counted, COUNT_SEEN, 1);
	count_in(counted, COUNT_ACCOUNTED, 1);
	op->cookie = socket_cookie(sk);
	verdict_of(op->cookie, &verdict);
	if (verdict.verdict == VERDICT_STOP) {
		count_in(counted, COUNT_STOPPED, 1);
		operation_pass(conn, task, direction, op);
		return;
	}
	op->now = bpf_ktime_get_ns();
	if (conn->flags & CONN_PASSES)
		conn_read_again(conn);
	if ((conn->flags & CONN_BEGUN) != CONN_BEGUN)
		conn_begin(sk, conn, op, direction);
	if (conn->flags & CONN_JOINED)
		op->flags |= RECORD_JOINED;
	op->unreadable = in_user ? source_find(task, conn, &op->source) : COUNT_NO_BUFFER;
	clocks_read(task, arrival_of(conn, direction), op);
	op->limit = head_limit(conn, &verdict, direction);
	op->ship_all = verdict.verdict == VERDICT_ALL;
	shipped = conn->direction == direction ? conn->shipped : 0;
	if (!op->unreadable && shipped + op->bytes > op->limit)
		op->tail = operation_tail(op, shipped ? conn->turn.tail : 0);
	operation_account(sk, conn, task, direction, counted, op);
}

/* The connection of an operation that is watched, or NULL. */
static __always_inline struct conn *conn_of(struct sock *sk, struct task_struct *leader,
					    const struct process_id *process, bool again)
{
	struct conn *conn = NULL;

	if (!HAS_NO_STORAGE(sk, sk_bpf_storage))
		conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	if (conn && conn_is_of(conn, process))
		return conn;
	return HAS_NO_STORAGE(leader, bpf_storage) ? NULL : conn_take(sk, leader, process, again);
}

/*
 * Was the program skipped whose stand-in runs now? TCP's counters say so: bytes
 * are ahead of what was accounted. Of a unix socket nobody can tell; what the
 * worker wants nothing of is not accounted at all.
 */
static __always_inline bool was_skipped(struct sock *sk, const struct conn *conn, int direction)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct verdict_cell verdict;

	if (!tcp)
		return false;
	if (!(conn->flags & CONN_READY))
		return true;
	verdict_of(socket_cookie(sk), &verdict);
	if (verdict.verdict == VERDICT_STOP)
		return false;
	return conn_ahead(conn, tcp_position(sk, tcp, direction), direction);
}

/*
 * The thread has read that there is no more to read. What it does next is the end's work: of the
 * message that the end completes, or of nothing that was asked.
 */
static __noinline void operation_end(struct sock *sk, struct task_struct *task)
{
	struct conn *conn = NULL;
	struct process_id process;
	struct cause cause;
	__u32 number = 0;

	if (!(sk->sk_shutdown & RCV_SHUTDOWN) || !thread_is_noted(task))
		return;
	if (!HAS_NO_STORAGE(sk, sk_bpf_storage))
		conn = bpf_sk_storage_get(&conns, sk, 0, 0);
	process_of(task->group_leader, &process);
	if (!conn || !conn_is_of(conn, &process))
		return;
	if (conn->direction == RECEIVED && !(conn->flags & CONN_PASSES))
		number = conn->number;
	thread_note(task, RECEIVED, socket_cookie(sk), number, &cause);
}

/*
 * The end of a socket operation: `result` bytes, or none. `in_user` is false
 * where the hook is one of functions that never have a user's buffer. `again` is
 * true in the program that stands in for one that the kernel skipped.
 */
static __always_inline void on_operation(struct sock *sk, int direction, int result, int flags,
					 bool in_user, bool again)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;
	struct operation op;
	struct conn *conn;

	if (HAS_NO_STORAGE(sk, sk_bpf_storage) && HAS_NO_STORAGE(leader, bpf_storage))
		return; /* nothing of what follows, and nearly all of what is not watched */
	if (result <= 0) {
		if (again)
			return;
		mmessages_end(sk, task);
		if (!result && direction == RECEIVED && !(flags & (MSG_PEEK | MSG_ERRQUEUE)))
			operation_end(sk, task);
		return;
	}
	process_of(leader, &op.process);
	conn = conn_of(sk, leader, &op.process, again);
	if (!conn)
		return;
	if (direction == RECEIVED && (flags & (MSG_PEEK | MSG_ERRQUEUE))) {
		if (!again)
			count(COUNT_PEEKED);
		return;
	}
	if (again) {
		if (!was_skipped(sk, conn, direction))
			return;
		count(COUNT_STOOD_IN);
	}
	if (direction == RECEIVED && (flags & MSG_TRUNC))
		in_user = false;
	operation_begin(&op, result, task);
	operation_on(sk, conn, task, direction, in_user, &op);
}
