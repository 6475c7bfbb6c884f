/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timeline.h - nodes, and which of them ran when; inside user/trace/ only.
 *
 *	timeline --> stretches of nodes, in the order in which they ended, or nearly
 *
 * Thousands of nodes of a busy program wait at once, and a few of them ran at any one time. A
 * stretch says when its nodes ran, so that most of them need not be looked at, and so do all before
 * it and all behind it together: who ran beside a node is found from where that node stands.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;

enum { STRETCH = 16 };

struct stretch {
	struct stretch *older, *newer;
	uint64_t started_ns, ended_ns; /* the first start, and the last end */
	uint64_t latest_ns;	       /* the last end of it and of all that are older */
	uint64_t earliest_ns;	       /* the first start of it and of all that are newer */
	size_t used, left;	       /* nodes that came, and those that are still there */
	size_t waiting_calls;	       /* of those, calls that have no place yet */
	struct node *nodes[STRETCH];
};

struct timeline {
	uint64_t *looks; /* moved by each node or stretch that somebody looks at */
	struct stretch *newest;
	uint64_t forgotten_ns; /* the last end of those that were removed */
};

/* Where a node is in a timeline; stretch NULL: in none. */
struct timeline_place {
	struct stretch *stretch;
	size_t at;
};

void timeline_add(struct timeline *line, struct node *n, struct timeline_place *ret);
/* False when no node is left. */
bool timeline_remove(struct timeline *line, const struct node *n, struct timeline_place *place);

/* Going through those that ran at a time. */
struct during {
	uint64_t *looks;
	const struct stretch *at;
	size_t next; /* of its nodes, those before are to come */
	uint64_t from_ns, to_ns;
	bool waiting; /* only where calls wait for their place */
	bool once;    /* for the outer loop */
};

/* `line` may be NULL. */
struct during during_begin(const struct timeline *line, uint64_t from_ns, uint64_t to_ns);
/* The same of a line in which a node has this place, and quicker when that ran about then too. */
struct during during_beside(const struct timeline *line, const struct timeline_place *place,
			    uint64_t from_ns, uint64_t to_ns);
struct node *during_next(struct during *during);

/* Nodes that `begin_` leads to, the last one first. */
#define EACH_NODE(n_, begin_)                                                                      \
	for (struct during during_ = begin_; during_.once; during_.once = false)                   \
		for (struct node * n_; (n_ = during_next(&during_));)

/* Nodes of a line that ran from `from_` to `to_`. */
#define EACH_DURING(n_, line_, from_, to_) EACH_NODE(n_, during_begin(line_, from_, to_))
