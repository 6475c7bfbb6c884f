/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/node.h"

#include "user/base/mem.h"

static uint64_t turn_key(uint64_t cookie, uint32_t turn)
{
	return mix(cookie, turn);
}

static uint64_t meeting_key(const struct meeting *m)
{
	return mix(m->first[ANSWERING], m->at);
}

/* A question is seen when the call that sends it returns: it may have been answered by then. */
#define SENDING_NS NS_PER_S

/* Who asks may count its SYN as a byte. Numbers come again: it is the one of that time. */
static bool meets(const struct node *client, const struct node *server)
{
	const struct meeting *a = &client->meeting, *b = &server->meeting;

	return a->first[ANSWERING] == b->first[ANSWERING] && a->at == b->at &&
	       b->first[ASKING] - a->first[ASKING] <= 1 && server->started_ns <= client->ended_ns &&
	       client->started_ns <= server->ended_ns + SENDING_NS;
}

/* The message's turn that a thread reads: a server's question, a client's answer. */
static uint32_t turn_read(const struct node *n)
{
	return node_is_server(n) ? n->asked.turn : n->answered_by.turn;
}

static void index_turn(struct trace *t, struct node *n)
{
	uint64_t key = turn_key(n->cookie, turn_read(n));
	struct node *other;

	if (!turn_read(n) || !table_put_u64(&t->by_turn, key, n))
		return;
	other = table_find_u64(&t->by_turn, key);
	if (other && other->cookie == n->cookie && turn_read(other) == turn_read(n))
		other->several = true;
}

static void unindex(struct trace *t, const struct node *n)
{
	uint64_t turn = turn_key(n->cookie, turn_read(n)), meeting = meeting_key(&n->meeting);

	if (table_find_u64(&t->by_turn, turn) == n)
		table_remove_u64(&t->by_turn, turn);
	if (table_find_u64(&t->by_meeting, meeting) == n)
		table_remove_u64(&t->by_meeting, meeting);
}

struct node *node_of_cause(const struct trace *t, const struct cause *cause)
{
	struct node *n =
		cause->number ? table_find_u64(&t->by_turn, turn_key(cause->cookie, cause->number))
			      : NULL;

	if (!n || n->several || n->cookie != cause->cookie || turn_read(n) != cause->number)
		return NULL;
	return n;
}

struct node *node_of_meeting(const struct trace *t, const struct node *server)
{
	bool known = server->meeting.first[ASKING] || server->meeting.first[ANSWERING];
	struct node *n = table_find_u64(&t->by_meeting, meeting_key(&server->meeting));

	return known && n && meets(n, server) ? n : NULL;
}

static void index_meeting(struct trace *t, struct node *n)
{
	uint64_t key = meeting_key(&n->meeting);

	if (node_is_server(n))
		return;
	table_remove_u64(&t->by_meeting, key);
	table_put_u64(&t->by_meeting, key, n);
}

static void nodes_append(struct nodes *nodes, struct node *n)
{
	n->older = nodes->newest;
	n->newer = NULL;
	if (n->older)
		n->older->newer = n;
	else
		nodes->oldest = n;
	nodes->newest = n;
	nodes->count++;
}

static void nodes_remove(struct nodes *nodes, const struct node *n)
{
	*(n->older ? &n->older->newer : &nodes->oldest) = n->newer;
	*(n->newer ? &n->newer->older : &nodes->newest) = n->older;
	if (nodes->next == n)
		nodes->next = n->newer;
	nodes->count--;
}

struct node *node_new(struct trace *t, const struct exchange *x, const struct traced *traced)
{
	const struct span *span = traced->span;
	struct node *n = xcalloc(1, sizeof(*n));

	n->references = 1;
	n->role = x->role;
	n->cookie = x->cookie;
	n->asked = x->asked;
	if (x->answered)
		n->answered_by = x->answered_by;
	n->met = x->other.tgid;
	n->meeting = x->meeting;
	n->started_ns = x->started_ns;
	n->answered_ns = x->first_answer_ns;
	n->ended_ns = x->ended_ns;
	n->times = delay_facts_of(x, n->moments);
	n->program = program_make(t, x->process);
	n->has_header = span->has_context;
	memcpy(n->header_trace, span->context.trace_id, TRACE_ID_BYTES);
	memcpy(n->header_span, node_is_server(n) ? span->parent_id : span->context.span_id,
	       SPAN_ID_BYTES);
	random_id(t->options.random, n->span_id, SPAN_ID_BYTES);
	n->traced = *traced;
	n->traced.span = span_copy(span);
	program_add(t, n);
	index_turn(t, n);
	index_meeting(t, n);
	nodes_append(&t->waiting, n);
	return n;
}

static void node_unref(struct node *n)
{
	if (!n || --n->references)
		return;
	span_free(n->traced.span);
	free(n);
}

void node_set(struct node **place, struct node *n)
{
	struct node *old = *place;

	if (n)
		n->references++;
	*place = n;
	node_unref(old);
}

void node_set_parent(struct node *n, struct node *parent)
{
	if (n->parent) {
		*n->at = n->sibling;
		if (n->sibling)
			n->sibling->at = n->at;
	}
	node_set(&n->parent, parent);
	if (!parent)
		return;
	n->at = &parent->children;
	n->sibling = parent->children;
	if (n->sibling)
		n->sibling->at = &n->sibling;
	parent->children = n;
}

/* Whoever refers to `n` still wants its ids, not all that was before it. */
static void forget_others(struct node *n)
{
	node_set_parent(n, NULL);
	node_set(&n->led_to, NULL);
	node_set(&n->waits_for, NULL);
	for (size_t i = 0; i < n->candidate_count; i++)
		node_set(&n->candidates[i], NULL);
	n->candidate_count = 0;
}

void node_given(struct trace *t, struct node *n)
{
	n->state = NODE_GIVEN;
	nodes_remove(&t->waiting, n);
	nodes_append(&t->given, n);
}

void node_forget(struct trace *t, struct node *n)
{
	nodes_remove(&t->given, n);
	unindex(t, n);
	program_remove(t, n);
	forget_others(n);
	node_unref(n);
}
