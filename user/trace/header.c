/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header.c - what the question's own trace context says.
 *
 * Of a server's it is the parent, whoever that is. Of a client's it is its own identity,
 * where the program made it; a program that passes on what it was given (a proxy)
 * shows whose child the call is, if it serves only one exchange with that context.
 */
#include "user/trace/ways.h"

static bool same_trace(const struct node *a, const struct node *b)
{
	return a->has_header && b->has_header &&
	       !memcmp(a->header_trace, b->header_trace, TRACE_ID_BYTES);
}

static bool same_context(const struct node *a, const struct node *b)
{
	return same_trace(a, b) && !memcmp(a->header_span, b->header_span, SPAN_ID_BYTES);
}

/* Those that the program served with the call's context, or its trace; not its own other end. */
static size_t served_with(const struct trace *t, const struct node *n,
			  bool (*same)(const struct node *a, const struct node *b),
			  struct found *ret)
{
	const struct run *run =
		n->program ? run_of_trace(t, n->program->process, n->header_trace) : NULL;
	size_t count = 0;

	EACH_DURING(r, run ? &run->line : NULL, n->started_ns, n->started_ns)
		if (node_covers(r, n->started_ns) && same(r, n) && node_of_meeting(t, r) != n) {
			found_add(ret, r);
			count++;
		}
	return count;
}

/* Only those that have ended show their context. */
static enum link_outcome outcome_of(const struct node *n, size_t count, struct found *ret)
{
	const struct program *p = n->program;

	if (count != 1 || p->open_since <= n->started_ns || n->started_ns < p->line.forgotten_ns ||
	    n->started_ns < p->not_taken_ns)
		return LINK_AMBIGUOUS;
	ret->parent = ret->candidates[0];
	return LINK_MADE;
}

enum link_outcome header_find(struct trace *t, struct node *n, struct found *ret)
{
	size_t count;

	if (!n->has_header)
		return LINK_NONE;
	if (node_is_server(n))
		return LINK_MADE;
	count = served_with(t, n, same_context, ret);
	if (count)
		return outcome_of(n, count, ret);
	/* The program has made the context itself, so the call is known by its ids. */
	n->is_instrumented = true;
	memcpy(n->span_id, n->header_span, SPAN_ID_BYTES);
	count = served_with(t, n, same_trace, ret);
	return count ? outcome_of(n, count, ret) : LINK_NONE;
}
