/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h - exchanges of one connection: begun, answered, finished, lost.
 *
 * Every question that begins is counted in, and leaves once: observed or lost.
 */
#pragma once

#include "user/base/limits.h"
#include "user/exchange/connection.h"

/*
 * A message's head as it was parsed: its texts borrow from `block`, whose owner
 * is whom it is given to, or, where that is NULL, from a record.
 */
struct parsed {
	struct message *message; /* where answer_room() or question_room() told */
	struct str head;
	struct block *block;
	struct origin origin;
};

/* Where the next question is parsed to, and the next answer. */
static inline struct message *question_room(struct exchanges *x)
{
	return &x->spare->x.question;
}

static inline struct message *answer_room(struct exchanges *x, const struct connection *c)
{
	return c->first && !c->first->x.question.pair ? &c->first->x.answer : &x->scratch;
}

/* Is there room for one more? Answers come in order: behind a question that is not kept, none can be. */
static inline bool question_fits(const struct exchanges *x, const struct connection *c)
{
	return !c->skipped && c->open_count < LIMIT_PIPELINE && x->open < x->options.max_exchanges;
}

static inline void question_append(struct exchanges *x, struct connection *c, struct open *e)
{
	e->next = NULL;
	if (c->last)
		c->last->next = e;
	else
		c->first = e;
	c->last = e;
	if (c->open_count++ == 0)
		connection_move(&x->busy, c);
	x->open++;
}

/* The second half of question_begin(): what was parsed into question_room(), in `block`, is open. */
static inline struct open *question_open(struct exchanges *x, struct connection *c,
					 struct block *block, const struct origin *origin)
{
	struct open *e = x->spare;

	x->spare = pool_take(&x->opens);
	e->asked = block;
	e->answered = NULL;
	e->passing = false;
	e->x.proto = connection_proto(x, c);
	e->x.role = c->role;
	e->x.process = origin->process;
	e->x.cookie = c->cookie;
	e->x.asked = origin->by;
	e->x.meeting.at = c->base[connection_asking(c)] + (uint32_t)origin->at;
	e->x.start = origin->source;
	e->x.started_ns = origin->ns;
	if (c->role == ROLE_SERVER && c->answered_ns > origin->ns)
		e->x.started_ns = c->answered_ns;
	e->x.question_cut = e->x.question.cut;
	e->x.answered = e->x.answer_cut = false;
	e->x.first_answer_ns = e->x.ended_ns = 0;
	e->x.asking_body_bytes = e->x.answering_body_bytes = -1;
	question_append(x, c, e);
	return e;
}

/* NULL when it is past a limit and was counted as lost. */
struct open *question_begin(struct exchanges *x, struct connection *c, struct parsed *p);
/* The question that the next answer in order belongs to; NULL when it says so itself, or none. */
static inline const struct message *question_expected(const struct connection *c)
{
	return c->first && !c->first->x.question.pair ? &c->first->x.question : NULL;
}

/* The exchange that it answers; NULL when there is none, or another answer follows this one. */
struct open *answer_begin(struct exchanges *x, struct connection *c, struct parsed *p);
/* The exchange whose answer passes, or NULL. */
struct open *answer_passing(const struct connection *c);
/* The heads of several messages may share a turn, so all of the connection's bytes are wanted. */
void want_all(struct exchanges *x, struct connection *c);
/* Copy what the texts of x->borrowing borrow from the record in hand, before that goes. */
void answer_keep(struct exchanges *x);

/* Observe `e` and forget it. */
void exchange_finish(struct exchanges *x, struct connection *c, struct open *e,
		     enum outcome outcome, uint64_t ended_ns);
/* All open ones of the connection are lost by `reason`. */
void lose_all(struct exchanges *x, struct connection *c, enum loss reason);
