/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/downstream.h"

#include <stdlib.h>

#include "user/base/mem.h"

static int by_start(const void *a, const void *b)
{
	const struct node *left = *(const struct node *const *)a,
			  *right = *(const struct node *const *)b;

	return (left->started_ns > right->started_ns) - (left->started_ns < right->started_ns);
}

/* The calls, in the order of their starts; to be freed. */
static const struct node **calls_of(const struct node *server, size_t *count)
{
	const struct node **calls;
	size_t i = 0;

	*count = 0;
	for (const struct node *c = server->children; c; c = c->sibling)
		++*count;
	calls = xcalloc(*count + 1, sizeof(const struct node *));
	for (const struct node *c = server->children; c; c = c->sibling)
		calls[i++] = c;
	qsort(calls, *count, sizeof(const struct node *), by_start);
	return calls;
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
	return value < most ? value : most;
}

uint64_t downstream_of(const struct node *server)
{
	uint64_t sum = 0, until = server->started_ns; /* what is before that is counted */
	const struct node **calls;
	size_t count;

	if (!node_is_server(server) || !server->children)
		return 0;
	calls = calls_of(server, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t from = calls[i]->started_ns > until ? calls[i]->started_ns : until;
		uint64_t to = at_most(calls[i]->ended_ns, server->ended_ns);

		if (to <= from)
			continue;
		sum += to - from;
		until = to;
	}
	free(calls);
	return sum;
}
