/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - whose child is it? Parents of exchanges, found without a header.
 *
 *	server exchange S   <- the client exchange at the other end of its connection
 *	client exchange C   <- the server exchange that its process served meanwhile
 *
 * In:  finished exchanges that may have a parent or children on this host, with
 *      what will be sent of them (a copy of the span).
 * Out: each one once, with its ids, its parent and its trace, when they are known:
 *      a child's parent ends after it, so both wait until the oldest of them has
 *      ended; at most limit.trace-wait.
 *
 * A link is made only where no other exchange could be the parent. How that is
 * known is one row of a table each (ways.h). What could be and is not sure becomes a
 * span link with its confidence, never a parent. Nothing here is asked of the kernel
 * or of a program: it stands on what records say (struct activity, struct meeting).
 */
#pragma once

#include "user/base/random.h"
#include "user/config/config.h"
#include "user/exchange/exchange.h"
#include "user/model/delays.h"
#include "user/model/sampler.h"
#include "user/model/series.h"
#include "user/model/span.h"

/* Who carried an exchange, and when: what its pauses are found by. */
struct carried {
	struct process_id process;
	uint64_t from_ns, to_ns; /* monotonic */
	uint32_t threads[2];	 /* that read it, and that answered it; 0: not known */
};

/* A span and what whoever gives it out will want to know of it. */
struct traced {
	struct span *span;
	const struct sampler *sampler;
	struct row *row; /* where it was counted, held while it waits; NULL: nowhere */
	size_t bucket;
	struct carried carried;
	/* Its trace is kept whatever the sampler says; given out: for its sake, or for one below it. */
	bool is_kept;
	/* The program sends spans of its own; given out: a span that stands for this one. */
	bool beside_sdk;
	uint64_t paused_ns; /* struct delay_facts' */
	/* Filled here. */
	bool has_local_parent; /* a span of this host, given out before this one: */
	bool parent_sampled;
	struct delays delays;
};

/*
 * The span has its ids, parent and links; the callee decides on sampling and says so in it, and
 * whether it is hidden: those below it are then children of the next one above it.
 */
typedef void trace_emit(void *context, const struct traced *traced);

struct trace_options {
	const struct config *config;
	struct random *random; /* for ids */
	/* Exchanges that are still open, for who might have made a call; exchanges_each_open(). */
	const struct exchanges *exchanges;
	trace_emit *emit;
	void *context;
};

struct trace;

struct trace *trace_new(const struct trace_options *options);
void trace_free(struct trace *t);

/* May the exchange have a parent or a child on this host? Costs a look at its process. */
bool trace_takes(struct trace *t, const struct exchange *x);
/* Has the process made a call that the trace took? */
bool trace_knows_calls(const struct trace *t, struct process_id process);
/* Keep what is to be sent of it until its place is known. The span is copied. */
void trace_take(struct trace *t, const struct exchange *x, const struct traced *traced);
/* It is `now_ns`, monotonic: give out whose place is known, and what has waited for long enough. */
void trace_settle(struct trace *t, uint64_t now_ns);
/* Spans that wait, by walking them. */
size_t trace_waiting(const struct trace *t);
/* Nothing more comes: give out all. */
void trace_flush(struct trace *t);
/* sonde_links_total and what else it counts. */
struct collector *trace_collector(struct trace *t);
