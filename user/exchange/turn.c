/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/turn.h"

#include <errno.h>

#include "user/exchange/gather.h"
#include "user/exchange/hold.h"
#include "user/exchange/pair.h"
#include "user/exchange/plain.h"
#include "user/exchange/sniff.h"
#include "user/exchange/stream.h"

/* Where the turn that `r` opens begins: before the payload when earlier bytes went unreported. */
static uint64_t turn_start(const struct record_turn *r)
{
	uint64_t before = r->turn.bytes > r->op_bytes ? r->turn.bytes - r->op_bytes : 0;

	if (r->flags & RECORD_LATE)
		return r->offset;
	if (before > r->turn.unreported)
		before = r->turn.unreported;
	return before < r->offset ? r->offset - before : 0;
}

/* Is it clear where the turn that `r` announces begins? A direction's first one begins at 0. */
static bool announced_in_place(const struct connection *c, const struct record_turn *r)
{
	return r->number - c->turn == 1 && (c->streams[r->direction].placed || r->number <= 2);
}

/* False when the turn does not begin where the one before it in its direction ended. */
static bool place(struct connection *c, const struct record_turn *r)
{
	struct stream *s = &c->streams[r->direction];

	if (!s->placed) {
		s->placed = true;
		s->at = turn_start(r);
	}
	c->turn_start = s->at;
	return announces(r) || r->offset - s->at <= r->turn.unreported;
}

/*
 * Of the `turns` that came after the last one seen, those that asked: every other one. None where
 * the kernel half counted them.
 */
static uint64_t asking_among(const struct connection *c, uint64_t turns)
{
	bool asking_first = c->direction != connection_asking(c);

	return c->role && !c->told ? (turns + asking_first) / 2 : 0;
}

/* Questions between the last turn and this one, as far as turns tell; an answer counts itself. */
static uint64_t questions_missed(const struct connection *c, const struct record_turn *r)
{
	uint64_t missed = c->turn && r->number > c->turn ? r->number - c->turn - 1 : 0;
	uint64_t asking = asking_among(c, missed);

	return r->direction == connection_asking(c) || !asking ? asking : asking - 1;
}

/* A record was lost: what was open may have been answered in it. */
static void gap(struct exchanges *x, struct connection *c, const struct record_turn *r, bool begins)
{
	x->counters.requests_lost += questions_missed(c, r);
	if (c->told) /* as on a connection that is first seen now */
		c->asked = false;
	lose_all(x, c, LOSS_EXCHANGE_GAP);
	for (int d = 0; d < DIRECTIONS; d++) {
		gather_drop(x, c, d);
		c->streams[d] = (struct stream){ .at = c->streams[d].at };
	}
	c->turn = r->number;
	c->direction = r->direction;
	place(c, r);
	if (begins) {
		c->streams[r->direction].state = STREAM_GUESS;
		return;
	}
	c->streams[r->direction].at = r->offset;
	c->turn_start = r->offset + r->op_bytes - r->turn.bytes;
}

static void turn_ended(struct exchanges *x, struct connection *c, enum direction d)
{
	struct stream *s = &c->streams[d];
	bool asking = connection_side(c, d) == ASKING;

	/* The rest of a head may come after answers to earlier questions, and only then. */
	if (!c->unread && gather_of(c, d) && (s->state == STREAM_GUESS || (asking && !c->first)))
		if (!stream_cut(x, c, d, false, 0))
			stream_no_message(x, c, d);
	if (c->unread || s->state != STREAM_UNKNOWN)
		return;
	stream_message_ended(x, c, d, s->last_ns);
	s->state = STREAM_LOST;
}

/*
 * Where the end of a body cannot be told, a turn that begins like a message of
 * its side is one, and what had no visible end ended before it.
 */
static void begin_anew(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	const struct proto *proto = connection_proto(x, c);
	enum side side = connection_side(c, r->direction);
	struct stream *s = &c->streams[r->direction];
	struct stream *answers = connection_stream(c, ANSWERING);
	bool blind = s->state == STREAM_BLIND;
	bool orphan = side == ANSWERING && s->state == STREAM_COUNTED && !s->owned;
	bool unended = side == ASKING && answers->state == STREAM_BLIND && !r->before.tail;
	struct str head = { (const char *)r->payload, r->length };

	if (!proto || (!blind && !orphan && !unended) || r->offset != s->at)
		return;
	if (proto->guess(head) != (side == ASKING ? GUESS_ASKING : GUESS_ANSWERING))
		return;
	if (unended && (blind || s->state <= STREAM_HEAD))
		stream_message_ended(x, c, !r->direction, answers->last_ns);
	if (blind || orphan)
		stream_message_ended(x, c, r->direction, s->last_ns);
}

/*
 * What was left of an earlier turn, whose questions are all answered, and does
 * not look like a question (a line end too many) does not start the next one.
 */
static void start_anew(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct gather *g = gather_of(c, r->direction);
	uint64_t at;

	if (!g || c->first || c->streams[r->direction].state != STREAM_HEAD)
		return;
	if (connection_proto(x, c)->guess((struct str){ g->block->bytes, g->len }) == GUESS_ASKING)
		return;
	at = g->origin.at;
	turn_origin(r, &g->origin);
	g->origin.at = at;
}

static void turn_over(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	enum direction d = r->direction, other = !r->direction;
	uint64_t end = c->turn_start + r->before.bytes;

	if (c->turn && r->flags & RECORD_OPENS) {
		x->last = (struct moment){ r->before.last_ns, r->before_thread, r->before_clocks };
		stream_settle(x, c, other, end, &r->before);
		x->last = moment_of(r, r->head.at_ns);
	} else {
		c->streams[other].placed = false;
	}
	if (c->extra || c->streams[other].state == STREAM_UNKNOWN)
		turn_ended(x, c, other);
	if (c->unread)
		return;
	/* Late and without totals of the turn before: how a body in it ended is lost. */
	if ((!(r->flags & RECORD_OPENS) && c->streams[other].owned) || !place(c, r)) {
		gap(x, c, r, true);
		return;
	}
	c->turn = r->number;
	c->direction = d;
	if (d != connection_asking(c))
		c->hidden = false;
	if (c->streams[d].state == STREAM_LOST)
		c->streams[d].state = STREAM_GUESS;
	if (c->extra)
		start_anew(x, c, r);
	begin_anew(x, c, r);
}

/*
 * The hooks of other questions were skipped: their bytes lie in the turn of this one. At least one
 * is lost, unless it is counted by its answer, which went by unseen as well.
 */
static void count_hidden_question(struct exchanges *x, struct connection *c)
{
	if (!c->hidden && c->last && c->last->turn == c->turn)
		x->counters.requests_lost++;
	c->hidden = false;
}

static void on_bytes(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	bool late = r->flags & RECORD_LATE;
	bool begins = r->flags & RECORD_OPENS || late;

	if (r->number < c->turn || !r->number)
		return;
	if (announces(r) && !announced_in_place(c, r))
		return;
	if (r->number != c->turn && r->flags & RECORD_OPENS)
		x->counters.unreported_bytes += r->before.unreported;
	if (r->number - c->turn == 1 && begins && (!c->turn || r->direction != c->direction))
		turn_over(x, c, r);
	else if (r->number != c->turn || r->direction != c->direction)
		gap(x, c, r, begins);
	if (announces(r))
		return;
	if (!c->unread)
		stream_take(x, c, r);
	/* The totals of a late record may include bytes whose own record is held. */
	if (!c->unread)
		stream_settle(x, c, r->direction,
			      late ? r->offset + r->op_bytes : c->turn_start + r->turn.bytes,
			      &r->turn);
	if (begins && !late && r->turn.unreported && r->direction == connection_asking(c))
		count_hidden_question(x, c);
	if (x->borrowing)
		answer_keep(x);
}

static void settle_last(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	if (r->number == c->turn && r->direction == c->direction)
		stream_settle(x, c, r->direction, c->turn_start + r->turn.bytes, &r->turn);
}

static enum outcome outcome_of(const struct record_turn *close)
{
	if (!(close->flags & RECORD_RESET))
		return OUTCOME_CLOSED;
	return close->op_bytes == ETIMEDOUT ? OUTCOME_TIMEOUT : OUTCOME_RESET;
}

static void on_close(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	if (c->unread) {
		connection_forget(x, c);
		return;
	}
	settle_last(x, c, r);
	x->counters.unreported_bytes += r->turn.unreported;
	/* No record tells of these turns any more, of the last one neither. */
	if (r->number > c->turn && c->turn) {
		x->counters.requests_lost += asking_among(c, r->number - c->turn);
		lose_all(x, c, LOSS_EXCHANGE_GAP);
	}
	connection_close(x, c, outcome_of(r), r->head.at_ns);
}

/* An answer whose end only totals can tell: those of a sweep, or of the next turn. */
static bool waits(struct connection *c)
{
	const struct stream *s = connection_stream(c, ANSWERING);

	return !c->unread && s->owned &&
	       (s->state == STREAM_COUNTED || s->state == STREAM_MARKED ||
		s->state == STREAM_BLIND);
}

static void process(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	x->at_ns = r->head.at_ns;
	x->last = moment_of(r, r->head.type == RECORD_BYTES ? r->head.at_ns : r->turn.last_ns);
	if (r->head.type == RECORD_CLOSE) {
		on_close(x, c, r);
		return;
	}
	if (c->unread)
		return;
	if (r->flags & RECORD_JOINED)
		c->joined = true;
	if (r->head.type == RECORD_BYTES) {
		on_bytes(x, c, r);
		c->told = false;
		if (r->number == c->turn)
			c->cut = !announces(r) && r->flags & (RECORD_CUT | RECORD_UNREADABLE);
	} else {
		settle_last(x, c, r);
	}
	if (c->extra)
		connection_trim(x, c);
	if (c->waits != waits(c)) {
		c->waits = !c->waits;
		x->waiting += c->waits ? 1 : -1;
	}
	c->in_step = plain_in_step(c);
}

/* True when the record was the connection's last: it is forgotten. */
static bool process_first_held(struct exchanges *x, struct connection *c)
{
	struct block *block = held_take(x, c);
	const struct record_turn *r = (const struct record_turn *)(const void *)block->bytes;
	bool last = r->head.type == RECORD_CLOSE;

	process(x, c, r);
	block_give(&x->blocks, block);
	return last;
}

/*
 * Go on with what is held as far as nothing before it is missed, or it was waited for enough. What
 * is held then came later: those that hold longer go first.
 */
static void go_on(struct exchanges *x, struct connection *c, uint64_t now_ns)
{
	bool taken = false;

	while (held_any(c) && (held_long_enough(c, now_ns) || !hold_wanted(c, held_first(c)))) {
		if (process_first_held(x, c))
			return;
		taken = true;
	}
	if (taken && held_any(c)) {
		link_remove(&c->extra->link);
		link_last(&x->holding, &c->extra->link);
	}
}

/* The same with all of it. */
static bool release_held(struct exchanges *x, struct connection *c)
{
	while (held_any(c))
		if (process_first_held(x, c))
			return true;
	return false;
}

void turn_feed(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	if (!held_any(c) && (c->unread || !hold_wanted(c, r)))
		process(x, c, r);
	else if (hold(x, c, r))
		go_on(x, c, r->head.at_ns);
	else if (!release_held(x, c))
		process(x, c, r);
}

void turns_expire(struct exchanges *x, uint64_t now_ns)
{
	while (x->holding.next != &x->holding) {
		struct connection *c = ((struct extra *)x->holding.next)->owner;

		if (!held_long_enough(c, now_ns))
			return;
		go_on(x, c, now_ns);
	}
}

static void finish_first(struct exchanges *x, struct connection *c, enum outcome outcome,
			 uint64_t now_ns)
{
	enum direction answering = !connection_asking(c);
	struct stream *s = &c->streams[answering];
	bool whole = s->state == STREAM_UNKNOWN ||
		     (s->state == STREAM_TO_CLOSE && outcome == OUTCOME_CLOSED);

	if (c->first->answer && whole)
		stream_message_ended(x, c, answering, s->last_ns);
	else
		exchange_finish(x, c, c->first, outcome, now_ns);
}

void connection_close(struct exchanges *x, struct connection *c, enum outcome outcome,
		      uint64_t now_ns)
{
	if (release_held(x, c))
		return;
	for (int d = 0; d < DIRECTIONS; d++)
		if (!c->unread)
			stream_cut(x, c, d, true, now_ns);
	while (c->first)
		finish_first(x, c, outcome, now_ns);
	connection_forget(x, c);
}
