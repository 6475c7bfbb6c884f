/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/plain.h"

#include "user/exchange/pair.h"
#include "user/exchange/stream.h"

enum { NO_MATTER = RECORD_CUT | RECORD_JOINED | RECORD_NESTED | RECORD_CLOCKED };

/* It opens the turn that is due, where it is due, and is all of it so far. */
static bool is_due(const struct connection *c, const struct record_turn *r)
{
	const struct stream *s = &c->streams[r->direction];
	const struct stream *other = &c->streams[!r->direction];

	return c->in_step && r->number == c->turn + 1 && c->direction != r->direction &&
	       (r->flags & ~NO_MATTER) == RECORD_OPENS && s->at == r->offset &&
	       other->at == c->turn_start + r->before.bytes && !r->before.unreported &&
	       r->op_bytes && r->op_bytes == r->turn.bytes && r->head.at_ns;
}

static void step(struct connection *c, const struct record_turn *r)
{
	c->turn = r->number;
	c->direction = r->direction;
	c->turn_start = r->offset;
	c->strikes = 0;
	c->cut = r->flags & RECORD_CUT;
	c->streams[r->direction].at += r->turn.bytes;
}

static bool take_question(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct str in = { (const char *)r->payload, r->length };
	struct message *m = question_room(x);
	struct origin origin;
	struct open *e;

	if (c->first || r->length != r->op_bytes || !question_fits(x, c))
		return false;
	if (connection_proto(x, c)->parse(in, false, ASKING, NULL, m) != r->length ||
	    m->body != BODY_NONE || m->cut || m->interim)
		return false;
	e = open_make(x);
	if (!e)
		return false;
	turn_origin(r, &origin);
	question_open(x, c, e, &origin);
	step(c, r);
	x->options.ledger->in[STAGE_EXCHANGE]++;
	c->asked = true;
	e->body_bytes = 0;
	return true;
}

static bool take_answer(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct str in = { (const char *)r->payload, r->length };
	struct message *m = answer_room(x);
	struct open *e = c->first;
	struct origin origin;
	uint64_t body;
	ssize_t used;

	if (!e || e->question.pair)
		return false;
	used = connection_proto(x, c)->parse(in, false, ANSWERING, &e->question, m);
	if (used <= 0 || used > r->length || m->interim || m->hands_over || m->cut || m->pair ||
	    m->body > BODY_COUNTED)
		return false;
	body = m->body == BODY_COUNTED ? m->body_bytes : 0;
	if (body != r->turn.bytes - (uint64_t)used)
		return false;
	step(c, r);
	turn_origin(r, &origin);
	x->ended.answered_by = origin.by;
	x->ended.arrival = origin.arrival;
	x->last = moment_of(r, r->head.at_ns);
	x->ended.answering_body_bytes = (int64_t)body;
	if (!e->first_answer_ns)
		e->first_answer_ns = origin.ns;
	exchange_answered(x, c, e, r->head.at_ns);
	return true;
}

bool plain_take(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	if (!is_due(c, r))
		return false;
	return r->direction == connection_asking(c) ? take_question(x, c, r) : take_answer(x, c, r);
}
