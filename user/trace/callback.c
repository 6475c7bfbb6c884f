/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callback.c - loops that handle one event after another.
 *
 *	read request R -> write call C          from: C came from R's callback
 *	read answer of C -> write answer of R   led to: C's callback answered R
 *	read answer of C -> write call D        D came from where C came from, and what D leads
 *	                                        to, C has led to
 *
 * Either alone can be wrong: work that waits in a queue, for a promise that others wait
 * for too, or for a timer, runs in somebody else's callback, or seems to. So a link is
 * made where both say the same. Where nothing says where the call came from (a timer), what
 * it led to is enough if that callback was surely running still (the thread read
 * another connection in the same turn of its loop afterwards, or wrote deeper in its
 * stack than it had read), and if each other request that was open when the call was made
 * was answered for a reason of its own: else it may have been that one's call, and the answer
 * somebody else's who waited for it too. Where nothing says what the call led to there is no link:
 * a call that a timer makes right after the request was read looks the same. Go's goroutines run
 * in between as they like, so of their calls nothing is believed (both said the same of 1 in 1,636
 * that a ticker made).
 *
 * A turn of the loop in which several connections were read proves nothing in programs
 * that read first and work later (HAProxy, asyncio). They show themselves: answers
 * come in turn after reads that have nothing to do with them. Such turns are believed
 * of programs that hardly ever did that, and of others where all that
 * the turn had read before was worked on before it read on.
 */
#include "user/trace/ways.h"

enum {
	CHAIN_MAX = 32,	    /* calls of one request, one after the other */
	PLAIN_ENOUGH = 8,   /* answers before turns with several reads are believed */
	PLAIN_FOR_ONE = 16, /* so many for each one that was odd */
	FITS_FOR_ONE = 64,  /* the same of all turns, where one end of a call must do */
	JUDGED = 256,	    /* answers after which what was before counts half */
};

/* How long after a write another read of the same turn of the loop is looked for. */
#define TURN_NS (10 * NS_PER_MS)

struct origin_of_call {
	struct node *server; /* NULL: not known */
	bool weak;	     /* its turn of the loop had read several connections */
};

static struct origin_of_call come_from(const struct trace *t, const struct node *n)
{
	struct origin_of_call ret = {};

	for (int i = 0; i < CHAIN_MAX; i++) {
		struct node *from = node_of_cause(t, &n->asked.cause);

		if (!from || from->program != n->program)
			return (struct origin_of_call){};
		ret.weak |= n->asked.cause.reads > 1;
		if (node_is_server(from)) {
			ret.server = from;
			return ret;
		}
		n = from;
	}
	return (struct origin_of_call){};
}

/* Was a turn of another connection read after `a`, at `ns`, before the thread waited again? */
static bool read_on(const struct run *run, const struct activity *a, uint64_t ns)
{
	EACH_DURING(n, run ? &run->line : NULL, ns, ns + TURN_NS) {
		const struct activity *read = node_read(n);
		uint16_t later = read->cause.reads - a->cause.reads;

		if (read->thread == a->thread && read->cause.waits == a->cause.waits && later &&
		    later < UINT16_MAX / 2)
			return true;
	}
	return false;
}

/* The callback of what was read before `a` was still running then. */
static bool is_inside(const struct trace *t, const struct program *p, const struct activity *a,
		      uint64_t ns)
{
	return a->nested || read_on(run_find(t, p->process, a), a, ns);
}

/* Was the answer written where a program that works on each read at once would write it? */
static void judge_answer(const struct trace *t, const struct node *server)
{
	struct node *read = node_of_cause(t, &server->answered_by.cause);
	bool several = server->answered_by.cause.reads > 1;
	struct program *p = server->program;

	if (!read)
		return;
	if (p->fits + p->odd >= JUDGED) {
		p->fits /= 2;
		p->plain /= 2;
		p->odd /= 2;
	}
	if (node_is_server(read) ? read == server : !read->led_to) {
		p->fits++;
		p->plain += several;
		read->led_plainly = several;
		return;
	}
	p->odd++;
	p->plain -= read->led_plainly && p->plain;
	read->led_plainly = false;
}

void callback_tell(struct trace *t, struct node *server)
{
	const struct activity *answer = &server->answered_by;
	const struct cause *cause = &answer->cause;
	bool weak = false, unsure;

	if (!server->program)
		return;
	judge_answer(t, server);
	unsure = !is_inside(t, server->program, answer, server->answered_ns);
	for (int i = 0; i < CHAIN_MAX; i++) {
		struct node *n = node_of_cause(t, cause);

		if (!n || node_is_server(n) || n->program != server->program)
			return;
		weak |= cause->reads > 1;
		if (n->led_to && n->led_to != server)
			n->led_to_several = true;
		else
			node_set(&n->led_to, server);
		n->led_directly |= !i;
		n->led_weakly |= weak;
		n->led_unsurely |= unsure;
		unsure |= !is_inside(t, n->program, &n->asked, n->started_ns);
		cause = &n->asked.cause;
	}
}

/* `enough`: answers that were as they should be. */
static bool trusts(const struct program *p, bool weak, uint32_t enough)
{
	uint32_t good = weak ? p->plain : p->fits;

	return good >= enough && p->odd * PLAIN_FOR_ONE <= good;
}

/* Is it known why the request was answered, and was that not `n`? */
static bool has_own_reason(const struct trace *t, const struct node *server, const struct node *n)
{
	const struct node *why = node_of_cause(t, &server->answered_by.cause);

	/* What began to be answered before the call may go on for another reason. */
	if (server->answered_ns && server->answered_ns <= n->started_ns)
		return false;
	if (!why || why == server)
		return why;
	return why != n && why->led_to == server && !why->led_to_several;
}

static bool others_have_own_reasons(const struct trace *t, const struct node *n)
{
	const struct program *p = n->program;

	/* Of some the reason is not known yet, or no more. */
	if (p->open_since <= n->started_ns || p->untold_since <= n->started_ns ||
	    n->started_ns < p->line.forgotten_ns || n->started_ns < p->not_taken_ns)
		return false;
	EACH_NODE(r, beside(n, n->started_ns, n->started_ns))
		if (node_is_server(r) && r != n->led_to && node_covers(r, n->started_ns) &&
		    !has_own_reason(t, r, n))
			return false;
	return true;
}

/* Nothing says where the call came from. Does what it led to prove enough? */
static bool is_proved(const struct trace *t, const struct node *n)
{
	const struct program *p = n->program;

	return n->answered_by.cause.waits && !n->led_unsurely && n->led_directly &&
	       p->fits >= PLAIN_ENOUGH && p->odd * FITS_FOR_ONE <= p->fits &&
	       (!n->led_weakly || trusts(p, true, PLAIN_ENOUGH)) && others_have_own_reasons(t, n);
}

/* The one that it led to is its parent. */
static enum link_outcome made(struct node *n, struct found *ret)
{
	ret->parent = n->led_to;
	return LINK_MADE;
}

/* Was a call made after this read, before the thread read on? `n` apart. */
static bool has_call(const struct node *n, const struct cause *read)
{
	EACH_NODE(c, beside(n, n->started_ns - TURN_NS, n->started_ns + TURN_NS))
		if (c != n && !node_is_server(c) && c->asked.cause.cookie == read->cookie &&
		    c->asked.cause.number == read->number)
			return true;
	return false;
}

/* Was what `r` read worked on at once, as far as it shows: a call, or its answer? */
static bool is_worked_off(const struct node *n, const struct node *r)
{
	const struct cause read = { .cookie = r->cookie, .number = node_read(r)->turn };
	const struct cause *why = &r->answered_by.cause;

	if (node_is_server(r) && why->cookie == read.cookie && why->number == read.number)
		return true;
	return (!node_is_server(r) && r->led_to) || has_call(n, &read);
}

/*
 * Did the thread work on each thing that it read in this turn before it read the next, and was `n`
 * its only call then? Who reads first and works later shows itself here.
 */
static bool is_in_order(const struct trace *t, const struct node *n)
{
	const struct run *run = run_find(t, n->program->process, &n->asked);

	if (!run || run->open_since <= n->started_ns || n->started_ns < run->line.forgotten_ns ||
	    n->started_ns < n->program->not_taken_ns || has_call(n, &n->asked.cause))
		return false;
	EACH_DURING(r, &run->line, n->started_ns - TURN_NS, n->started_ns) {
		uint16_t before = n->asked.cause.reads - node_read(r)->cause.reads;

		if (before && before <= INT16_MAX && !is_worked_off(n, r))
			return false;
	}
	return true;
}

/* Both ends of the call say the same. Is that enough, as far as the program is known? */
static bool is_believed(const struct trace *t, const struct node *n, bool weak)
{
	const struct program *p = n->program;

	return trusts(p, weak, weak ? PLAIN_ENOUGH : 0) ||
	       (trusts(p, weak, 0) && is_in_order(t, n));
}

enum link_outcome callback_find(struct trace *t, struct node *n, struct found *ret)
{
	struct origin_of_call from = come_from(t, n);
	struct program *p = n->program;
	bool weak = from.weak || n->led_weakly;

	if (n->asked.cause.goroutine)
		return LINK_NONE;
	if (from.server && node_covers(from.server, n->started_ns))
		found_add(ret, from.server);
	if (n->led_to && node_covers(n->led_to, n->started_ns))
		found_add(ret, n->led_to);
	if (!ret->candidate_count)
		return LINK_NONE;
	if (n->led_to_several || !n->led_to || !node_covers(n->led_to, n->started_ns))
		return LINK_AMBIGUOUS;
	if (from.server && from.server != n->led_to) {
		p->odd++;
		return LINK_DISAGREED;
	}
	if (from.server ? !is_believed(t, n, weak) : !is_proved(t, n))
		return LINK_AMBIGUOUS;
	return made(n, ret);
}
