/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.h - exchanges of one connection: begun, answered, finished, lost.
 *
 * Every question that begins is counted in, and leaves once: observed or lost.
 */
#pragma once

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
