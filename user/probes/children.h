/* SPDX-License-Identifier: Apache-2.0 */
/*
 * children.h - work that may hang, each in a child that is ended when it takes too long.
 *
 * A file or the mappings of a target may keep who reads them waiting for as long as the target
 * likes. A child that cannot even be killed keeps its place here and nothing else.
 */
#pragma once

#include <sys/types.h>

#include "user/base/loop.h"

enum { CHILDREN = 4 };

struct children;

struct child {
	struct children *owner;
	pid_t pid;  /* 0: the place is free */
	int answer; /* our end of what it answers by; who is told may take it (-1 then) */
	bool late;
	struct watch ended;
	struct timer deadline;
	void *context; /* the work's own */
};

struct children {
	struct loop *loop;
	/* It has ended; its answer, if it gave one, can be read. The place is free after that. */
	void (*done)(struct child *child);
	struct child at[CHILDREN];
};

void children_init(struct children *c, struct loop *loop, void (*done)(struct child *child));
/* A free place, or NULL. */
struct child *children_place(struct children *c);
/* What was begun there is waited for, so long. */
void child_await(struct child *child, pid_t pid, int answer, void *context, uint64_t limit_ns);
/* End those that there are, and tell nobody. */
void children_end(struct children *c);

/* In a child: keep these descriptors open (at most 64, in any order), the standard ones and no other. */
void child_keep(const int *fds, size_t count);
