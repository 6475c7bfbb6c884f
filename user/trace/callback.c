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
 * for too, or for a timer, runs in somebody else's callback. So a link is made where
 * both say the same; where one is silent, only if the other is sure: no second
 * exchange was waiting for something that is not seen. And a turn of the loop in which
 * several connections were read proves nothing in programs that read first and work
 * later (HAProxy, asyncio): there both ends disagree at times, and only turns with one
 * read count.
 */
#include "user/trace/ways.h"

enum {
	CHAIN_MAX = 32,	     /* calls of one request, one after the other */
	AGREED_ENOUGH = 8,   /* before turns with several reads are believed */
	AGREED_FOR_ONE = 16, /* so many must agree for each one that does not */
};

struct origin_of_call {
	struct node *server; /* NULL: not known */
	bool weak;	     /* its turn of the loop read several connections */
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

void callback_tell(struct trace *t, struct node *server)
{
	const struct cause *cause = &server->answered_by.cause;
	bool weak = false;

	for (int i = 0; i < CHAIN_MAX; i++) {
		struct node *n = node_of_cause(t, cause);

		if (!n || node_is_server(n) || n->program != server->program)
			return;
		weak |= cause->reads > 1;
		if (n->led_to && n->led_to != server)
			n->led_to_several = true;
		else
			node_set(&n->led_to, server);
		n->led_weakly |= weak;
		cause = &n->asked.cause;
	}
}

/* Has `server` a call under way at `ns` that explains why it waits? */
static bool is_calling(const struct trace *t, const struct node *server, const struct node *but,
		       uint64_t ns)
{
	for (const struct node *n = server->program->newest; n; n = n->older_there) {
		if (node_is_server(n) || n == but || !node_covers(n, ns))
			continue;
		if (n->led_to == server || come_from(t, n).server == server)
			return true;
	}
	return false;
}

/* Does another exchange of the program wait for something that is not seen when `n` begins? */
static bool others_wait(const struct trace *t, const struct node *n, const struct node *but)
{
	for (const struct node *r = n->program->newest; r; r = r->older_there) {
		if (!node_is_server(r) || r == but || !node_covers(r, n->started_ns))
			continue;
		if (!is_calling(t, r, n, n->started_ns))
			return true;
	}
	return n->program->open_since <= n->started_ns;
}

static bool trusts_weak(const struct program *p)
{
	return p->agreed >= AGREED_ENOUGH && p->disagreed * AGREED_FOR_ONE <= p->agreed;
}

static enum link_outcome made(struct node *parent, struct found *ret)
{
	ret->parent = parent;
	return LINK_MADE;
}

enum link_outcome callback_find(struct trace *t, struct node *n, struct found *ret)
{
	struct origin_of_call from = come_from(t, n);
	struct node *to = n->led_to;
	struct program *p = n->program;
	bool weak = from.weak || n->led_weakly;

	if (!p)
		return LINK_NONE;
	if (from.server && !node_covers(from.server, n->started_ns))
		from.server = NULL;
	if (to && !node_covers(to, n->started_ns))
		to = NULL;
	if (from.server)
		found_add(ret, from.server);
	if (to)
		found_add(ret, to);
	if (n->led_to_several)
		return LINK_AMBIGUOUS;
	if (from.server && to) {
		if (weak && from.server == to)
			p->agreed++;
		else if (weak)
			p->disagreed++;
		return from.server == to ? made(to, ret) : LINK_DISAGREED;
	}
	if (!from.server && !to)
		return LINK_NONE;
	if (weak && !trusts_weak(p))
		return LINK_AMBIGUOUS;
	if (from.server && others_wait(t, n, from.server))
		return LINK_AMBIGUOUS;
	return made(from.server ? from.server : to, ret);
}
