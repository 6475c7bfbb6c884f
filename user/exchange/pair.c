/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/pair.h"

#include "user/base/mem.h"

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

struct open *question_begin(struct exchanges *x, struct connection *c, const struct parsed *p)
{
	struct open *e;

	x->options.ledger->in[STAGE_EXCHANGE]++;
	c->asked = true;
	if (c->first)
		want_all(x, c);
	/* Answers come in order: behind one that is not kept, none can be. */
	e = question_fits(x, c) ? open_make(x) : NULL;
	if (!e) {
		lose_begun(x, LOSS_EXCHANGE_LIMIT);
		c->skipped += c->skipped < UINT16_MAX;
		return NULL;
	}
	question_open(x, c, e, &p->origin);
	return e;
}

struct open *answer_passing(const struct connection *c)
{
	for (struct open *e = c->first; e; e = e->next)
		if (e->answer)
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

	while (e && (e->answer || e->question.pair != answer->pair))
		e = e->next;
	return e;
}

struct open *answer_begin(struct exchanges *x, struct connection *c, struct parsed *p)
{
	struct open *e = asked_by(c, p->message);
	struct answering *a = x->spare_answer;

	if (!e) {
		orphan(x, c, p->message);
		return NULL;
	}
	if (!e->first_answer_ns)
		e->first_answer_ns = p->origin.ns;
	if (p->message->interim)
		return NULL;
	x->spare_answer = pool_take(&x->answers);
	a->head = TAKE_PTR(p->block);
	a->by = p->origin.by;
	a->arrival = p->origin.arrival;
	a->body_bytes = -1;
	e->answer = a;
	if (!a->head)
		x->borrowing = e;
	return e;
}

void answer_keep(struct exchanges *x)
{
	struct answering *a = TAKE_PTR(x->borrowing)->answer;
	struct message *m = &a->message;

	if (!m->text_bytes)
		return;
	a->head = block_take(&x->blocks, m->text_bytes);
	if (a->head) {
		memcpy(a->head->bytes, m->base, m->text_bytes);
		m->base = a->head->bytes;
		return;
	}
	/* No room: the answer's numbers stay, its texts go, and it says that it is cut. */
	m->present = m->text_bytes = 0;
	m->cut = true;
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
	if (e->answer)
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
	if (e->answer) {
		block_give(&x->blocks, e->answer->head);
		pool_give(&x->answers, e->answer);
	}
	blocks_give(&x->blocks, e, e->class);
}

/* What `e` is besides its answer. */
static inline void view_question(const struct exchanges *x, const struct connection *c,
				 const struct open *e, struct exchange *ret)
{
	ret->proto = connection_proto(x, c);
	ret->role = c->role;
	ret->process = e->process;
	ret->cookie = c->cookie;
	ret->asked.cause = e->cause;
	ret->asked.at_ns = e->asked_ns;
	ret->asked.thread = e->thread;
	ret->asked.turn = e->turn;
	ret->asked.nested = e->nested;
	ret->asked.clocked = e->clocked;
	ret->asked.clocks = e->clocks;
	ret->other = c->other;
	ret->meeting.first[ASKING] = c->first_byte[connection_asking(c)];
	ret->meeting.first[ANSWERING] = c->first_byte[!connection_asking(c)];
	ret->meeting.at = e->at;
	ret->peer = connection_peer(c);
	ret->question = &e->question;
	ret->start = e->start;
	ret->started_ns = e->started_ns;
	ret->first_answer_ns = e->first_answer_ns;
	ret->asking_body_bytes = e->body_bytes < 0 ? -1 : e->body_bytes;
}

static void view_answer(const struct answering *answer, struct exchange *ret)
{
	static const struct answering none = { .body_bytes = -1 };
	const struct answering *a = answer ? answer : &none;

	ret->answered = answer != NULL;
	ret->answer = answer ? &answer->message : NULL;
	ret->answered_by = a->by;
	ret->arrival = a->arrival;
	ret->answering_body_bytes = a->body_bytes;
}

void exchange_view(const struct exchanges *x, const struct connection *c, const struct open *e,
		   struct exchange *ret)
{
	view_question(x, c, e, ret);
	view_answer(e->answer, ret);
	ret->outcome = OUTCOME_ANSWERED;
	ret->ended_ns = 0;
}

/* Its answer and outcome are there. */
static inline void finish(struct exchanges *x, struct connection *c, struct open *e,
			  uint64_t ended_ns)
{
	struct exchange *ended = &x->ended;

	view_question(x, c, e, ended);
	if (c->role == ROLE_SERVER)
		ended->arrival = e->arrival;
	ended->ended_ns = ended_ns > e->started_ns ? ended_ns : e->started_ns;
	ended->ended_by = x->last;
	if (c->role == ROLE_SERVER)
		x->counters.start[e->start]++;
	x->options.ledger->out[STAGE_EXCHANGE]++;
	x->options.observe(x->options.context, ended);
	c->answered_ns = ended->ended_ns;
	/* The question behind it could be taken up only now. */
	if (c->role == ROLE_SERVER && e->next && e->next->started_ns < c->answered_ns)
		e->next->started_ns = c->answered_ns;
	release(x, c, e);
}

void exchange_answered(struct exchanges *x, struct connection *c, struct open *e, uint64_t ended_ns)
{
	x->ended.answered = true;
	x->ended.answer = answer_room(x);
	x->ended.outcome = OUTCOME_ANSWERED;
	finish(x, c, e, ended_ns);
}

void exchange_finish(struct exchanges *x, struct connection *c, struct open *e,
		     enum outcome outcome, uint64_t ended_ns)
{
	view_answer(e->answer, &x->ended);
	x->ended.outcome = outcome;
	finish(x, c, e, ended_ns);
}

void lose_all(struct exchanges *x, struct connection *c, enum loss reason)
{
	while (c->first) {
		lose_begun(x, reason);
		release(x, c, c->first);
	}
	c->skipped = 0;
}
