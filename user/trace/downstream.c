/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/downstream.h"

/* The end of what is covered without a gap from `from` on; `from` when nothing runs then. */
static uint64_t covered_from(const struct node *server, uint64_t from)
{
	uint64_t until = from;

	EACH_DURING(c, server->program, server->started_ns, server->ended_ns)
		if (c->parent == server && c->started_ns <= until && c->ended_ns > until)
			until = c->ended_ns;
	return until;
}

/* The start of the first call after `from`; UINT64_MAX: there is none. */
static uint64_t next_from(const struct node *server, uint64_t from)
{
	uint64_t next = UINT64_MAX;

	EACH_DURING(c, server->program, server->started_ns, server->ended_ns)
		if (c->parent == server && c->ended_ns > from && c->started_ns < next)
			next = c->started_ns > from ? c->started_ns : from;
	return next;
}

uint64_t downstream_of(const struct node *server)
{
	uint64_t sum = 0, from = server->started_ns, until;

	if (!node_is_server(server) || !server->program)
		return 0;
	while ((from = next_from(server, from)) < server->ended_ns) {
		until = covered_from(server, from);
		sum += (until < server->ended_ns ? until : server->ended_ns) - from;
		from = until;
	}
	return sum;
}
