/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - processes, and which of their exchanges ran when; inside user/trace/ only.
 *
 *	program --> stretches of nodes, in the order in which they ended, or nearly
 *
 * Thousands of nodes of a busy program wait at once, and a few of them ran at any one time. A
 * stretch says when its nodes ran, so that most of them need not be looked at.
 */
#pragma once

#include "headers/record.h"
#include "user/base/table.h"

struct node;
struct trace;

enum { STRETCH = 32 };

struct stretch {
	struct stretch *older, *newer;
	uint64_t started_ns, ended_ns; /* the first start, and the last end */
	uint64_t latest_ns;	       /* the last end of it and of all that are older */
	size_t used, left;	       /* nodes that came, and those that are still there */
	struct node *nodes[STRETCH];
};

/* A process, as long as exchanges of it are kept. */
struct program {
	struct process_id process;
	struct stretch *newest;
	uint64_t calls, served; /* client and server exchanges */
	/* Start of the oldest server exchange that is open, or has ended and not told; UINT64_MAX: none. */
	uint64_t open_since, untold_since;
	uint64_t forgotten_ns; /* the last end of those that were forgotten */
	/* Answers where they would be if each read were worked on at once, or not (callback.c). */
	uint32_t fits, plain, odd;
};

struct program *program_find(const struct trace *t, struct process_id process);
/* NULL: there are too many. */
struct program *program_make(struct trace *t, struct process_id process);
/* `n->program`, which may be NULL, has one node more. */
void program_add(struct node *n);
/* It has one less; the last one takes the program along. */
void program_remove(struct trace *t, struct node *n);

/* Going through those that ran at a time. */
struct during {
	const struct stretch *at;
	size_t next; /* of its nodes, those before are to come */
	uint64_t from_ns, to_ns;
	bool once; /* for the outer loop */
};

struct during during_begin(const struct program *p, uint64_t from_ns, uint64_t to_ns);
struct node *during_next(struct during *during);

/* Nodes of a program (which may be NULL) that ran from `from_` to `to_`, the last one first. */
#define EACH_DURING(n_, p_, from_, to_)                                                            \
	for (struct during during_ = during_begin(p_, from_, to_); during_.once;                   \
	     during_.once = false)                                                                 \
		for (struct node * n_; (n_ = during_next(&during_));)
