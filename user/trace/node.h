/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.h - exchanges whose place in a trace is sought; inside user/trace/ only.
 *
 *	trace --> nodes that wait, in the order in which they were observed
 *	      --> nodes that were given out, in that order
 *	      --> by the turn that a thread reads: a server's question, a client's answer
 *	      --> clients by meeting
 *	      --> programs (processes) --> their nodes (program.h)
 *
 * A node stays for limit.trace-wait after its end, for children that end later, unless there are
 * too many of them; its span goes as soon as it is given out.
 */
#pragma once

#include "user/base/clock.h"
#include "user/delay/delay.h"
#include "user/trace/program.h"
#include "user/trace/trace.h"

enum way { WAY_NONE, WAY_HEADER, WAY_CONNECTION, WAY_THREAD, WAY_GOROUTINE, WAY_CALLBACK, WAYS };

/* What a way came to. */
enum link_outcome {
	LINK_NONE,	/* it says nothing */
	LINK_MADE,	/* one exchange, and no other can be it */
	LINK_AMBIGUOUS, /* several could be it */
	LINK_DISAGREED, /* what it says is not what a better way, or the other end of it, says */
	LINK_OUTCOMES,
};

enum { CANDIDATES = SPAN_LINKS };

enum node_state { NODE_WAITING, NODE_PLACED, NODE_GIVING, NODE_GIVEN };

struct node {
	struct node *older, *newer; /* of those that wait, or were given out */
	struct program *program;    /* NULL: there are too many */
	struct timeline_place in_program, in_run, in_trace;
	size_t references; /* of a list, and of other nodes */
	enum role role;
	uint64_t cookie;
	struct activity asked, answered_by;
	struct meeting meeting;
	uint64_t started_ns, answered_ns, ended_ns; /* answered: its first byte; 0: no answer */
	struct delay_facts times;		    /* its moments are these: */
	struct moment moments[EXCHANGE_MOMENTS];
	bool has_header; /* a trace context came with the question, with these ids: */
	uint8_t header_trace[TRACE_ID_BYTES], header_span[SPAN_ID_BYTES];
	bool is_instrumented; /* the program made that context itself */
	bool met;	      /* who is at the other end of its connection is known */
	bool several; /* another exchange has the same turn: which one was read is not known */
	bool told;    /* of a server: those that led to its answer know of it */

	/* Of a client: the server exchange that was answered because of its answer, if one was. */
	struct node *led_to;
	bool led_to_several, led_weakly, led_unsurely;
	bool led_directly; /* not by a call that it led to */
	bool led_plainly;  /* counted in program.plain */

	/* Of a server: a call of its time that had no place when that was looked at; or NULL. */
	struct node *waits_for;

	enum node_state state;
	enum way way;
	struct node *parent;
	struct node *children, *sibling,
		**at; /* those that have it as their parent; of n->parent's */
	struct node *candidates[CANDIDATES];
	size_t candidate_count, candidates_left; /* left: of those past CANDIDATES */

	struct traced traced; /* its span is NULL once it was given out */
	bool has_trace;	      /* trace_id is final */
	bool sampled;	      /* once it was given out */
	bool is_hidden;	      /* the same: no span has its id */
	bool is_kept;	      /* or one below it */
	uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
};

struct nodes {
	struct node *oldest, *newest;
	struct node *next; /* of who goes through them while some are taken out */
	size_t count;
};

struct links {
	uint64_t count[WAYS][LINK_OUTCOMES];
};

struct trace {
	struct trace_options options;
	struct nodes waiting, given;
	struct table by_turn, by_meeting, programs, runs;
	struct links links;
	uint64_t hurried;	   /* given out before their time: limit.trace-spans */
	uint64_t expired;	   /* the same after limit.trace-wait */
	uint64_t unlooked;	   /* the same: looking for it would have taken too long */
	uint64_t nameless;	   /* whose program found no room: limit.processes */
	uint64_t looks, looks_end; /* at nodes; no more are taken now when they are so many */
	uint64_t forgotten;	   /* before limit.trace-wait, for limit.trace-spans */
	uint64_t kept_late;	   /* left out before it was known that their trace is kept */
	uint64_t looked_ns;	   /* when it was seen who is served still */
	struct collector collector;
};

/* node.c */
struct node *node_new(struct trace *t, const struct exchange *x, const struct traced *traced);
/* Let `*place` point to `n`, or NULL, with a reference. */
void node_set(struct node **place, struct node *n);
/* `parent` may be NULL. */
void node_set_parent(struct node *n, struct node *parent);
/* It waits no longer. */
void node_given(struct trace *t, struct node *n);
/* Forget a node that was given out. */
void node_forget(struct trace *t, struct node *n);
/* The exchange in whose turn `cause` says that was read; NULL: none that is known, or several. */
struct node *node_of_cause(const struct trace *t, const struct cause *cause);
/* The client's exchange at the other end; NULL: not watched, or not known yet. */
struct node *node_of_meeting(const struct trace *t, const struct node *server);

/* Of two numbers, for a table's key. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	return (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
}

static inline bool node_is_server(const struct node *n)
{
	return n->role == ROLE_SERVER;
}

/* How its program's thread read it: a server's question, a client's answer. */
static inline const struct activity *node_read(const struct node *n)
{
	return node_is_server(n) ? &n->asked : &n->answered_by;
}

/* All that its program did; NULL: not known. */
static inline const struct timeline *line_of(const struct node *n)
{
	return n->program ? &n->program->line : NULL;
}

/* Nodes of its program that ran from `from_ns` to `to_ns`, when it ran or nearly; `n` may be one. */
static inline struct during beside(const struct node *n, uint64_t from_ns, uint64_t to_ns)
{
	return during_beside(line_of(n), &n->in_program, from_ns, to_ns);
}

/* Did `n` run at `ns`? */
static inline bool node_covers(const struct node *n, uint64_t ns)
{
	return n->started_ns <= ns && ns < n->ended_ns;
}
