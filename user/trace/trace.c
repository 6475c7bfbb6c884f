/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/trace.h"

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/trace/node_delays.h"
#include "user/trace/ways.h"

/* Records of other rings, and those held for others' sake, are in by then. */
#define SETTLE_NS (100 * NS_PER_MS)
/* How often it is looked who is served still. */
#define LOOK_NS (50 * NS_PER_MS)

/* The kernel half counts turns of a connection from 1. */
enum { FIRST_TURN = 1 };

/* Parents of parents; more is no tree but an error. */
enum { DEPTH_MAX = 64 };

/* A program that has made no call in so many exchanges is not expected to make one. */
enum { SERVED_MAYBE = 64 };

/*
 * Nodes that one settling, and what is hurried until the next, may look at: some milliseconds, for
 * the rings are not read meanwhile. Where thousands ran at once, each could be the parent of each.
 */
enum { LOOKS_MAX = 100000 };

/* Of limit.trace-spans, for those that were given out: they hold no span any more. */
enum { KEPT_SHARE = 2 };

static const struct metric links_metric = {
	.name = "sonde.links",
	.unit = "{link}",
	.help = "How parents of spans were looked for, and what each way came to.",
	.kind = METRIC_COUNTER,
};

static const struct metric hurried_metric = {
	.name = "sonde.trace.hurried",
	.unit = "{span}",
	.help = "Spans whose parent was looked for before all was known, by the limit that was met.",
	.kind = METRIC_COUNTER,
};

static const struct metric forgotten_metric = {
	.name = "sonde.trace.forgotten",
	.unit = "{span}",
	.help = "Spans that calls which end later are no children of: limit.trace-spans.",
	.kind = METRIC_COUNTER,
};

static const struct metric kept_late_metric = {
	.name = "sonde.trace.kept_late",
	.unit = "{span}",
	.help = "Spans left out by the sampler before one below them was found that is kept: "
		"trace.keep-errors, trace.keep-slower-than.",
	.kind = METRIC_COUNTER,
};

static void give_count(struct metric_sink *sink, const struct attribute *attributes, size_t count,
		       uint64_t value)
{
	sink->sample(sink, &(const struct sample){ .attributes = attributes,
						   .attribute_count = count,
						   .value = (double)value });
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	const struct trace *t = context;

	(void)now_ns;
	sink->metric(sink, &links_metric);
	for (enum way way = WAY_NONE; way < WAYS; way++)
		for (enum link_outcome o = LINK_NONE; o < LINK_OUTCOMES; o++) {
			const struct attribute attributes[] = {
				attribute_text(STR("outcome"), str_of(link_outcome_name(o))),
				attribute_text(STR("way"), str_of(ways[way].name)),
			};

			if ((way == WAY_NONE) == (o == LINK_NONE))
				give_count(sink, attributes, ARRAY_SIZE(attributes),
					   t->links.count[way][o]);
		}
	sink->metric(sink, &hurried_metric);
	give_count(sink, (const struct attribute[]){ attribute_text(STR("limit"), STR("spans")) },
		   1, t->hurried);
	give_count(sink, (const struct attribute[]){ attribute_text(STR("limit"), STR("wait")) }, 1,
		   t->expired);
	give_count(sink, (const struct attribute[]){ attribute_text(STR("limit"), STR("looks")) },
		   1, t->unlooked);
	give_count(sink,
		   (const struct attribute[]){ attribute_text(STR("limit"), STR("processes")) }, 1,
		   t->nameless);
	sink->metric(sink, &forgotten_metric);
	give_count(sink, NULL, 0, t->forgotten);
	sink->metric(sink, &kept_late_metric);
	give_count(sink, NULL, 0, t->kept_late);
}

struct trace *trace_new(const struct trace_options *options)
{
	struct trace *t = xcalloc(1, sizeof(*t));
	size_t most = options->config->limit.trace_spans;

	t->options = *options;
	table_init(&t->by_turn, most + most / KEPT_SHARE);
	table_init(&t->by_meeting, most + most / KEPT_SHARE);
	table_init(&t->programs, options->config->limit.processes);
	table_init(&t->runs, SIZE_MAX);
	t->collector = (struct collector){ .name = "trace", .context = t, .collect = collect };
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	while (t->waiting.oldest)
		node_given(t, t->waiting.oldest);
	while (t->given.oldest)
		node_forget(t, t->given.oldest);
	table_free(&t->by_turn);
	table_free(&t->by_meeting);
	programs_free(t);
	free(t);
}

struct collector *trace_collector(struct trace *t)
{
	return &t->collector;
}

bool trace_takes(struct trace *t, const struct exchange *x)
{
	struct program *p;

	/* Who connected and asked may be known only after it was answered. */
	if (x->role == ROLE_CLIENT || x->other.tgid || x->asked.turn == FIRST_TURN)
		return true;
	p = program_find(t, x->process);
	if (!p || p->calls || p->served < SERVED_MAYBE)
		return true;
	if (x->ended_ns > p->not_taken_ns)
		p->not_taken_ns = x->ended_ns;
	return false;
}

bool trace_knows_calls(const struct trace *t, struct process_id process)
{
	const struct program *p = t->programs.count ? program_find(t, process) : NULL;

	return p && p->calls;
}

/* Which of the server exchanges that are open began first, by program. */
static void note_open(void *context, const struct exchange *open)
{
	struct program *p = open->role == ROLE_SERVER ? program_find(context, open->process) : NULL;
	struct run *run = p ? run_find(context, open->process, &open->asked) : NULL;

	if (p && open->started_ns < p->open_since)
		p->open_since = open->started_ns;
	if (run && open->started_ns < run->open_since)
		run->open_since = open->started_ns;
}

static void look_who_is_served(struct trace *t, uint64_t now_ns)
{
	struct program *p;
	struct run *run;

	if (now_ns - t->looked_ns < LOOK_NS)
		return;
	t->looked_ns = now_ns;
	for (size_t at = 0; (p = table_next(&t->programs, &at));)
		p->open_since = UINT64_MAX;
	for (size_t at = 0; (run = table_next(&t->runs, &at));)
		run->open_since = UINT64_MAX;
	exchanges_each_open(t->options.exchanges, note_open, t);
}

static uint64_t wait_ns(const struct trace *t)
{
	return t->options.config->limit.trace_wait_ms * NS_PER_MS;
}

static bool has_expired(const struct trace *t, const struct node *n, uint64_t now_ns)
{
	return n->ended_ns + wait_ns(t) <= now_ns;
}

/* A call's parent, or somebody who could be it, is being served or has not told of its answer. */
static bool waits_for_servers(const struct trace *t, const struct node *n)
{
	const struct program *p = n->program;

	return p && (p->open_since <= n->ended_ns || p->untold_since <= n->ended_ns ||
		     t->looked_ns < n->ended_ns + SETTLE_NS);
}

/* A call of the time when `n` was served that has no place yet; NULL: they all have one. */
static struct node *call_without_place(const struct node *n)
{
	struct during during = beside(n, n->started_ns, n->ended_ns);
	struct node *c;

	during.waiting = true;
	while ((c = during_next(&during)))
		if (!node_is_server(c) && c->state == NODE_WAITING && c->started_ns < n->ended_ns &&
		    c->ended_ns > n->started_ns)
			break;
	return c;
}

/* As long as one has no place, the others are not looked at: thousands may wait for one request. */
static bool waits_for_calls(struct node *n)
{
	if (!n->program || !n->program->waiting_calls)
		return false;
	if (!n->waits_for || n->waits_for->state != NODE_WAITING)
		node_set(&n->waits_for, call_without_place(n));
	return n->waits_for;
}

/* The client's end of its connection, where that is watched, is not known yet. */
static bool waits_for_client(const struct trace *t, struct node *n)
{
	const struct node *client = node_of_meeting(t, n);

	/* It may have been announced since. */
	if (!client && !n->met)
		n->met = exchanges_is_met(t->options.exchanges, n->cookie);
	return client ? client->state == NODE_WAITING : n->met;
}

static bool must_wait(const struct trace *t, struct node *n, uint64_t now_ns)
{
	if (n->ended_ns + SETTLE_NS > now_ns)
		return true;
	if (has_expired(t, n, now_ns))
		return false;
	return node_is_server(n) ? waits_for_client(t, n) || waits_for_calls(n)
				 : waits_for_servers(t, n);
}

static void keep_found(struct node *n, enum way way, const struct found *found)
{
	n->way = way;
	node_set_parent(n, found->parent);
	if (!found->parent || !n->is_instrumented || n->parent->has_header || n->parent->has_trace)
		return;
	/* The request began a trace that only its calls show. */
	memcpy(n->parent->trace_id, n->header_trace, TRACE_ID_BYTES);
	n->parent->has_trace = true;
}

static void keep_candidates(struct node *n, const struct found *found)
{
	if (n->way != WAY_NONE)
		return;
	for (size_t i = 0; i < found->candidate_count; i++)
		node_set(&n->candidates[i], found->candidates[i]);
	n->candidate_count = found->candidate_count;
	n->candidates_left = found->candidates_left;
}

/* Those above it are kept with it, as far as they were not left out yet. */
static void keep_above(struct trace *t, struct node *n)
{
	for (n->is_kept = true; n->parent && !n->parent->is_kept; n = n->parent) {
		n->parent->is_kept = true;
		t->kept_late += n->parent->state == NODE_GIVEN && !n->parent->sampled;
	}
}

/* So much was looked at lately that a call's parent is sought by what costs nothing. */
static bool is_tired(const struct trace *t, const struct node *n)
{
	return !node_is_server(n) && t->looks > t->looks_end;
}

/* Ask each way; those behind one that made a link only say whether they disagree. */
static void place(struct trace *t, struct node *n)
{
	bool tired = is_tired(t, n);
	struct found candidates = {};

	t->unlooked += tired;

	for (enum way way = WAY_NONE + 1; way < WAYS; way++) {
		struct found found = {};
		enum link_outcome outcome;

		if (ways[way].of != ROLE_UNKNOWN && (tired || ways[way].of != n->role))
			continue;
		if (n->way != WAY_NONE && way != WAY_CONNECTION)
			continue;
		outcome = ways[way].find(t, n, &found);
		t->links.count[way][outcome]++;
		if (outcome == LINK_MADE && (n->way == WAY_NONE || found.parent))
			keep_found(n, way, &found);
		for (size_t i = 0; i < found.candidate_count; i++)
			found_add(&candidates, found.candidates[i]);
		candidates.candidates_left += found.candidates_left;
	}
	if (n->way == WAY_NONE && !node_is_server(n)) {
		t->links.count[WAY_NONE][LINK_NONE]++;
		if (!candidates.candidate_count && !tired)
			serving(n, &candidates);
	}
	keep_candidates(n, &candidates);
	n->state = NODE_PLACED;
	program_placed(n);
	if (n->is_kept || n->traced.is_kept)
		keep_above(t, n);
}

/* The program's own trace where a header tells, else the parent's, else a new one. */
static void trace_of(struct trace *t, struct node *n)
{
	if (n->has_header && (node_is_server(n) || n->is_instrumented))
		memcpy(n->trace_id, n->header_trace, TRACE_ID_BYTES);
	else if (n->parent)
		memcpy(n->trace_id, n->parent->trace_id, TRACE_ID_BYTES);
	else if (!n->has_trace)
		random_id(t->options.random, n->trace_id, TRACE_ID_BYTES);
	n->has_trace = true;
	if (n->parent && memcmp(n->trace_id, n->parent->trace_id, TRACE_ID_BYTES)) {
		t->links.count[n->way][LINK_DISAGREED]++;
		node_set_parent(n, NULL);
	}
}

/* To those that were given out, and are to be seen: what was not by now is below it. */
static size_t links_of(const struct node *n, struct span_link ret[SPAN_LINKS])
{
	size_t count = 0;

	for (size_t i = 0; i < n->candidate_count; i++) {
		const struct node *c = n->candidates[i];

		if (c->state != NODE_GIVEN || c->is_hidden)
			continue;
		memcpy(ret[count].trace_id, c->trace_id, TRACE_ID_BYTES);
		memcpy(ret[count].span_id, c->span_id, SPAN_ID_BYTES);
		ret[count++].confidence =
			1.0 / (double)(n->candidate_count + n->candidates_left + 1);
	}
	return count;
}

/* It, or else the nearest above it that has a span; a hidden one: all above it are. */
static const struct node *shown(const struct node *n)
{
	while (n->is_hidden && n->parent)
		n = n->parent;
	return n;
}

/* Below a hidden request, that is the span which its header names. */
static void set_parent(struct node *n)
{
	const struct node *above = shown(n->parent);
	struct span *span = n->traced.span;

	span->has_parent = !above->is_hidden || (node_is_server(above) && above->has_header);
	span->parent_is_remote = node_is_server(n) || above != n->parent || above->is_hidden;
	memcpy(span->parent_id, above->is_hidden ? above->header_span : above->span_id,
	       SPAN_ID_BYTES);
}

static void emit(struct trace *t, struct node *n)
{
	struct span *span = n->traced.span;
	struct span_link links[SPAN_LINKS];

	span->link_count = links_of(n, links);
	span->links = links;
	span->links_dropped = (uint32_t)n->candidates_left;
	memcpy(span->context.trace_id, n->trace_id, TRACE_ID_BYTES);
	memcpy(span->context.span_id, n->span_id, SPAN_ID_BYTES);
	n->traced.beside_sdk |= n->is_instrumented;
	n->traced.is_kept = n->is_kept;
	node_delays(n, &n->traced.delays);
	if (n->parent) {
		n->traced.has_local_parent = true;
		n->traced.parent_sampled = n->parent->sampled;
		set_parent(n);
	} else if (!node_is_server(n) && !n->is_instrumented) {
		/* B3 may name the parent of the span whose ids it has; this one has others. */
		span->has_parent = false;
	}
	t->options.emit(t->options.context, &n->traced);
	n->sampled = span->sampled;
	n->is_hidden = span->hide_from_traces && !n->is_instrumented;
	span_free(span);
	n->traced.span = NULL;
}

static bool give(struct trace *t, struct node *n, bool hurries, int depth);

static bool is_below(const struct node *n, const struct node *ancestor)
{
	for (int i = 0; n && i < DEPTH_MAX; i++, n = n->parent)
		if (n == ancestor)
			return true;
	return false;
}

/* Those whose ids it will name. */
static bool give_before(struct trace *t, struct node *n, bool hurries, int depth)
{
	for (size_t i = 0; i < n->candidate_count; i++)
		if (!is_below(n->candidates[i], n) && !give(t, n->candidates[i], hurries, depth) &&
		    !hurries && n->candidates[i]->state != NODE_GIVING)
			return false;
	if (!n->parent || give(t, n->parent, hurries, depth))
		return true;
	if (!hurries && n->parent->state != NODE_GIVING)
		return false;
	/* Its own descendant, or one so many times: its trace begins here. */
	node_set_parent(n, NULL);
	return true;
}

/*
 * Parents first: a child's trace is its parent's. False when the parent has no place yet,
 * which is none to wait for where it `hurries`.
 */
static bool give(struct trace *t, struct node *n, bool hurries, int depth)
{
	if (n->state == NODE_WAITING && hurries)
		place(t, n);
	if (n->state != NODE_PLACED || depth == DEPTH_MAX)
		return n->state == NODE_GIVEN;
	n->state = NODE_GIVING;
	if (!give_before(t, n, hurries, depth + 1)) {
		n->state = NODE_PLACED;
		return false;
	}
	trace_of(t, n);
	emit(t, n);
	node_given(t, n);
	return true;
}

static void tell(struct trace *t, uint64_t now_ns)
{
	struct program *p;

	for (size_t at = 0; (p = table_next(&t->programs, &at));)
		p->untold_since = UINT64_MAX;
	for (struct node *n = t->waiting.oldest; n; n = n->newer) {
		if (!node_is_server(n) || n->told)
			continue;
		if (n->ended_ns + SETTLE_NS <= now_ns) {
			callback_tell(t, n);
			n->told = true;
		} else if (n->program && n->started_ns < n->program->untold_since) {
			n->program->untold_since = n->started_ns;
		}
	}
}

static void place_those(struct trace *t, enum role role, uint64_t now_ns)
{
	for (struct node *n = t->waiting.oldest; n; n = n->newer) {
		if (n->role != role || n->state != NODE_WAITING)
			continue;
		if (t->looks > t->looks_end && !has_expired(t, n, now_ns))
			continue;
		if (must_wait(t, n, now_ns))
			continue;
		t->expired += has_expired(t, n, now_ns);
		place(t, n);
	}
}

/* Calls first: requests wait for them. Before a root is given out, all below it should have a place. */
static void place_all(struct trace *t, uint64_t now_ns)
{
	place_those(t, ROLE_CLIENT, now_ns);
	place_those(t, ROLE_SERVER, now_ns);
}

/* Whoever is given out takes those along whose ids it names. */
static void give_all(struct trace *t)
{
	struct nodes *nodes = &t->waiting;
	struct node *n;

	nodes->next = nodes->oldest;
	while ((n = nodes->next)) {
		nodes->next = n->newer;
		give(t, n, false, 0);
	}
}

static void forget_old(struct trace *t, uint64_t now_ns)
{
	while (t->given.oldest && has_expired(t, t->given.oldest, now_ns))
		node_forget(t, t->given.oldest);
}

void trace_settle(struct trace *t, uint64_t now_ns)
{
	t->looks_end = t->looks + LOOKS_MAX;
	if (t->waiting.oldest) {
		look_who_is_served(t, now_ns);
		tell(t, now_ns);
		place_all(t, now_ns);
		give_all(t);
	}
	forget_old(t, now_ns);
}

size_t trace_waiting(const struct trace *t)
{
	size_t count = 0;

	for (const struct node *n = t->waiting.oldest; n; n = n->newer)
		count++;
	return count;
}

void trace_flush(struct trace *t)
{
	t->looks_end = UINT64_MAX;
	look_who_is_served(t, UINT64_MAX);
	tell(t, UINT64_MAX);
	for (struct node *n = t->waiting.oldest; n; n = n->newer)
		if (n->state == NODE_WAITING)
			place(t, n);
	while (t->waiting.oldest)
		give(t, t->waiting.oldest, true, 0);
}

/* Room for one more: the oldest goes, whether its place is known or not. */
static void make_room(struct trace *t)
{
	size_t most = t->options.config->limit.trace_spans;

	if (t->waiting.count >= most) {
		t->hurried++;
		give(t, t->waiting.oldest, true, 0);
	}
	for (; t->given.count >= most / KEPT_SHARE; t->forgotten++)
		node_forget(t, t->given.oldest);
}

void trace_take(struct trace *t, const struct exchange *x, const struct traced *traced)
{
	struct node *n;

	make_room(t);
	n = node_new(t, x, traced);
	if (!n->program)
		t->nameless++;
	else if (node_is_server(n))
		n->program->served++;
	else
		n->program->calls++;
}
