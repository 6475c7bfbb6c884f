/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/node_delays.h"

#include <stdlib.h>

#include "user/base/mem.h"

/* What delays_find() is told, with room for what it borrows. */
struct told {
	struct moment *moments;
	struct period *calls;
	size_t moment_count, call_count;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *left = a, *right = b;

	return (left->at_ns > right->at_ns) - (left->at_ns < right->at_ns);
}

static int by_start(const void *a, const void *b)
{
	const struct period *left = a, *right = b;

	return (left->from_ns > right->from_ns) - (left->from_ns < right->from_ns);
}

/* One thread reads the question and answers it: what others do meanwhile does not tell of it. */
static uint32_t carrier(const struct node *n)
{
	const struct delay_facts *f = &n->times;

	return f->moment_count == EXCHANGE_MOMENTS && n->moments[0].thread == n->moments[1].thread
		       ? n->moments[0].thread
		       : 0;
}

static void add_moments(const struct node *n, uint32_t only, struct told *to)
{
	for (size_t i = 0; i < n->times.moment_count; i++)
		if (!only || n->moments[i].thread == only)
			to->moments[to->moment_count++] = n->moments[i];
}

static void add_calls(const struct node *n, uint32_t only, struct told *to)
{
	for (const struct node *c = n->children; c; c = c->sibling) {
		to->calls[to->call_count++] = (struct period){ c->started_ns, c->ended_ns };
		add_moments(c, only, to);
	}
	qsort(to->calls, to->call_count, sizeof(*to->calls), by_start);
	qsort(to->moments, to->moment_count, sizeof(*to->moments), by_time);
}

void node_delays(const struct node *n, struct delays *ret)
{
	struct delay_facts f = n->times;
	struct told told = {};
	size_t count = 1;

	f.moments = n->moments;
	f.paused_ns = n->traced.paused_ns;
	if (!node_is_server(n) || !n->children) {
		delays_find(&f, ret);
		return;
	}
	for (const struct node *c = n->children; c; c = c->sibling)
		count++;
	told.moments = xcalloc(count * EXCHANGE_MOMENTS, sizeof(*told.moments));
	told.calls = xcalloc(count, sizeof(*told.calls));
	add_moments(n, 0, &told);
	add_calls(n, carrier(n), &told);
	f.moments = told.moments;
	f.moment_count = told.moment_count;
	f.calls = told.calls;
	f.call_count = told.call_count;
	delays_find(&f, ret);
	free(told.moments);
	free(told.calls);
}
