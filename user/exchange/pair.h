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
 * A message's head as it was parsed: its texts borrow from `block`, which an answer
 * takes over, or, where that is NULL, from a record.
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
	return &x->spare->question;
}

static inline struct message *answer_room(struct exchanges *x)
{
	return &x->spare_answer->message;
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

/* What question_room() holds, and as much of its head as its texts need. NULL: no memory is left. */
static inline struct open *open_make(struct exchanges *x)
{
	struct open *e, *parsed = x->spare;
	const struct message *m = &parsed->question;
	unsigned int texts = m->present ? 32 - (unsigned int)__builtin_clz(m->present) : 0;
	size_t at = offsetof(struct open, question.texts) + texts * sizeof(struct text);
	uint32_t class;
	char *head;

	e = blocks_take(&x->blocks, at + m->text_bytes, &class);
	if (!e)
		return NULL;
	if (class) {
		e->question = *m;
	} else {
		x->spare = e;
		e = parsed;
	}
	e->class = (uint8_t) class;
	head = (char *)e + at;
	memcpy(head, e->question.base, e->question.text_bytes);
	e->question.base = head;
	return e;
}

/* The second half of question_begin(): what open_make() made is open. */
static inline void question_open(struct exchanges *x, struct connection *c, struct open *e,
				 const struct origin *origin)
{
	e->answer = NULL;
	e->process = origin->process;
	e->cause = origin->by.cause;
	e->asked_ns = origin->by.at_ns;
	e->thread = origin->by.thread;
	e->turn = origin->by.turn;
	e->nested = origin->by.nested;
	e->clocked = origin->by.clocked;
	e->clocks = origin->by.clocks;
	e->arrival = origin->arrival;
	e->at = c->base[connection_asking(c)] + (uint32_t)origin->at;
	e->start = (uint8_t)origin->source;
	e->started_ns = origin->ns;
	if (c->role == ROLE_SERVER && c->answered_ns > origin->ns)
		e->started_ns = c->answered_ns;
	e->first_answer_ns = 0;
	e->body_bytes = -1;
	question_append(x, c, e);
}

/* NULL when it is past a limit and was counted as lost. */
struct open *question_begin(struct exchanges *x, struct connection *c, const struct parsed *p);
/* The question that the next answer in order belongs to; NULL when it says so itself, or none. */
static inline const struct message *question_expected(const struct connection *c)
{
	return c->first && !c->first->question.pair ? &c->first->question : NULL;
}

/* The exchange that it answers; NULL when there is none, or another answer follows this one. */
struct open *answer_begin(struct exchanges *x, struct connection *c, struct parsed *p);
/* The exchange whose answer passes, or NULL. */
struct open *answer_passing(const struct connection *c);
/* The heads of several messages may share a turn, so all of the connection's bytes are wanted. */
void want_all(struct exchanges *x, struct connection *c);
/* Copy what the texts of x->borrowing's answer borrow from the record in hand, before that goes. */
void answer_keep(struct exchanges *x);

/* What others see of it, but for how it ended. */
void exchange_view(const struct exchanges *x, const struct connection *c, const struct open *e,
		   struct exchange *ret);
/* Observe `e` and forget it. */
void exchange_finish(struct exchanges *x, struct connection *c, struct open *e,
		     enum outcome outcome, uint64_t ended_ns);
/* The same where answer_room() holds the whole answer; x->ended says by whom, and of what length. */
void exchange_answered(struct exchanges *x, struct connection *c, struct open *e,
		       uint64_t ended_ns);
/* All open ones of the connection are lost by `reason`. */
void lose_all(struct exchanges *x, struct connection *c, enum loss reason);
