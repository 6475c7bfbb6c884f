/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c - a thread, or a goroutine, that serves one request at a time.
 *
 *	reads of the thread  1: request   2: answer of the call   (3: next request)
 *	                      \ call written       \ answer written
 *
 * Each operation says how many turns its thread had read by then, since it last waited
 * for events, so their order on the thread is known without clocks. A thread that
 * waited for events in between may have been given any other work there.
 */
#include "user/trace/ways.h"

static bool same_run(const struct activity *a, const struct activity *b)
{
	return a->thread == b->thread && a->cause.waits == b->cause.waits && a->cause.reads &&
	       b->cause.reads;
}

/* From the request's read to before the answer's end, as the thread counts. */
static bool run_holds(const struct node *server, const struct activity *a)
{
	uint16_t length = server->answered_by.cause.reads - server->asked.cause.reads;
	uint16_t at = a->cause.reads - server->asked.cause.reads;

	return same_run(&server->asked, a) && same_run(&server->asked, &server->answered_by) &&
	       at <= length;
}

static bool thread_served(const struct node *server, const struct node *client)
{
	return !client->asked.cause.goroutine && run_holds(server, &client->asked) &&
	       (!client->answered_by.thread || run_holds(server, &client->answered_by));
}

/* The thread had read it as well before it made the call, and has not answered it. */
static bool thread_holds(const struct node *server, const struct node *client)
{
	uint16_t since = client->asked.cause.reads - server->asked.cause.reads;

	return same_run(&server->asked, &client->asked) && since <= INT16_MAX &&
	       node_covers(server, client->started_ns);
}

/*
 * One that has ended leaves its address to another: before it read the request it may have been
 * anybody, and so after the call where the request was answered first.
 */
static bool goroutine_served(const struct node *server, const struct node *client)
{
	uint64_t goroutine = client->asked.cause.goroutine;

	return goroutine && server->asked.cause.goroutine == goroutine &&
	       server->answered_by.cause.goroutine == goroutine &&
	       server->asked.at_ns <= client->asked.at_ns &&
	       node_covers(server, client->started_ns) && client->ended_ns <= server->ended_ns;
}

/* Was something read there before the call that is served still, or not known any more? */
static bool is_not_all(const struct run *run, const struct node *n)
{
	return run->open_since <= n->started_ns || n->started_ns < run->line.forgotten_ns ||
	       n->started_ns < n->program->not_taken_ns;
}

static enum link_outcome find(const struct run *run, const struct node *n, struct found *ret,
			      bool (*served)(const struct node *server, const struct node *client))
{
	size_t count = 0;

	EACH_DURING(r, &run->line, n->started_ns, n->started_ns)
		if (node_is_server(r) && served(r, n)) {
			found_add(ret, r);
			count++;
		}
	if (!count)
		return LINK_NONE;
	if (count > 1 || is_not_all(run, n))
		return LINK_AMBIGUOUS;
	ret->parent = ret->candidates[0];
	return LINK_MADE;
}

static struct run *run_of(const struct trace *t, const struct node *n)
{
	return n->program ? run_find(t, n->program->process, &n->asked) : NULL;
}

enum link_outcome thread_find(struct trace *t, struct node *n, struct found *ret)
{
	const struct run *run = run_of(t, n);
	enum link_outcome outcome = run ? find(run, n, ret, thread_served) : LINK_NONE;

	if (outcome != LINK_MADE)
		return outcome;
	EACH_DURING(r, &run->line, n->started_ns, n->started_ns)
		if (node_is_server(r) && r != ret->parent && thread_holds(r, n)) {
			found_add(ret, r);
			outcome = LINK_AMBIGUOUS;
		}
	return outcome;
}

enum link_outcome goroutine_find(struct trace *t, struct node *n, struct found *ret)
{
	const struct run *run = n->asked.cause.goroutine ? run_of(t, n) : NULL;

	return run ? find(run, n, ret, goroutine_served) : LINK_NONE;
}
