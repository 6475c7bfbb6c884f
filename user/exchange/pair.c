/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/pair.h"

#include "user/base/mem.h"

static bool keep(struct exchanges *x, struct message *m, struct str head, struct block **ret)
{
	struct block *block = block_take(&x->blocks, head.len);

	if (!block)
		return false;
	memcpy(block->bytes, head.at, head.len);
	m->base = block->bytes + (m->base - head.at);
	*ret = block;
	return true;
}

static void lose_begun(struct exchanges *x, enum loss reason)
{
	x->options.ledger->lost[reason]++;
	x->counters.requests_lost++;
}

void want_all(struct exchanges *x, struct connection *c)
{
	if (c->all)
		return;
	c->all = true;
	connection_verdict(x, c, VERDICT_ALL, OP_BYTES);
}

struct open *question_begin(struct exchanges *x, struct connection *c, struct parsed *p)
{
	x->options.ledger->in[STAGE_EXCHANGE]++;
	c->asked = true;
	if (c->first)
		want_all(x, c);
	/* Answers come in order: behind one that is not kept, none can be. */
	if (!question_fits(x, c) || (!p->block && !keep(x, p->message, p->head, &p->block))) {
		lose_begun(x, LOSS_EXCHANGE_LIMIT);
		c->skipped += c->skipped < UINT16_MAX;
		return NULL;
	}
	return question_open(x, c, TAKE_PTR(p->block), &p->origin);
}

struct open *answer_passing(const struct connection *c)
{
	for (struct open *e = c->first; e; e = e->next)
		if (e->passing)
			return e;
	return NULL;
}

/* An answer whose question is not there: not seen, past a limit, or never asked. */
static void orphan(struct exchanges *x, struct connection *c, const struct message *m)
{
	if (m->interim)
		return;
	if (c->skipped)
		c->skipped--;
	else if (!c->asked && c->joined)
		x->counters.joined_late++;
	else if (connection_stream(c, ASKING)->state == STREAM_LOST && c->turn > 1)
		x->counters.requests_lost++;
}

static struct open *asked_by(const struct connection *c, const struct message *answer)
{
	struct open *e = c->first;

	while (e && (e->passing || e->x.question.pair != answer->pair))
		e = e->next;
	return e;
}

struct open *answer_begin(struct exchanges *x, struct connection *c, struct parsed *p)
{
	struct open *e = asked_by(c, p->message);

	if (!e) {
		orphan(x, c, p->message);
		return NULL;
	}
	if (!e->x.first_answer_ns)
		e->x.first_answer_ns = p->origin.ns;
	if (p->message->interim)
		return NULL;
	if (p->message != &e->x.answer)
		e->x.answer = *p->message;
	e->x.answer_cut = p->message->cut;
	e->x.answered_by = p->origin.by;
	e->x.answered = true;
	e->passing = true;
	e->answered = TAKE_PTR(p->block);
	if (!e->answered) {
		x->borrowing = e;
		x->borrowed = p->head;
	}
	return e;
}

void answer_keep(struct exchanges *x)
{
	struct open *e = TAKE_PTR(x->borrowing);

	if (keep(x, &e->x.answer, x->borrowed, &e->answered))
		return;
	/* No room: the answer's numbers stay, its texts go, and it says that it is cut. */
	e->x.answer.present = 0;
	e->x.answer.cut = e->x.answer_cut = true;
}

static inline void unlink_open(struct exchanges *x, struct connection *c, struct open *e)
{
	struct open *before = NULL;

	for (struct open *at = c->first; at != e; at = at->next)
		before = at;
	if (before)
		before->next = e->next;
	else
		c->first = e->next;
	if (c->last == e) {
		c->last = before;
		connection_stream(c, ASKING)->owned = false;
	}
	if (e->passing)
		connection_stream(c, ANSWERING)->owned = false;
	if (--c->open_count == 0)
		connection_move(&x->idle, c);
	x->open--;
}

static inline void release(struct exchanges *x, struct connection *c, struct open *e)
{
	unlink_open(x, c, e);
	if (x->borrowing == e)
		x->borrowing = NULL;
	block_give(&x->blocks, e->asked);
	block_give(&x->blocks, e->answered);
	pool_give(&x->opens, e);
}

void exchange_finish(struct exchanges *x, struct connection *c, struct open *e,
		     enum outcome outcome, uint64_t ended_ns)
{
	if (!e->x.answered)
		e->x.answer = (struct message){};
	e->x.outcome = outcome;
	e->x.ended_ns = ended_ns > e->x.started_ns ? ended_ns : e->x.started_ns;
	e->x.peer = connection_peer(c);
	e->x.other = c->other;
	e->x.meeting.first[ASKING] = c->first_byte[connection_asking(c)];
	e->x.meeting.first[ANSWERING] = c->first_byte[!connection_asking(c)];
	if (c->role == ROLE_SERVER)
		x->counters.start[e->x.start]++;
	x->options.ledger->out[STAGE_EXCHANGE]++;
	x->options.observe(x->options.context, &e->x);
	c->answered_ns = e->x.ended_ns;
	/* The question behind it could be taken up only now. */
	if (c->role == ROLE_SERVER && e->next && e->next->x.started_ns < c->answered_ns)
		e->next->x.started_ns = c->answered_ns;
	release(x, c, e);
}

void lose_all(struct exchanges *x, struct connection *c, enum loss reason)
{
	while (c->first) {
		lose_begun(x, reason);
		release(x, c, c->first);
	}
	c->skipped = 0;
}
