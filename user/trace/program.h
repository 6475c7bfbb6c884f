/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - processes, and what is known of them; inside user/trace/ only.
 *
 *	program --> its exchanges (timeline.h)
 *	run     --> of those, what a thread read since it last waited for events, or a goroutine
 *	            at all: servers' questions and clients' answers
 *
 *	the same of requests whose headers name one trace
 *
 * What was learned of a program stays when it is idle, until others need the room.
 */
#pragma once

#include "headers/record.h"
#include "user/base/table.h"
#include "user/trace/timeline.h"

struct activity;
struct node;
struct trace;

/* A process. */
struct program {
	struct process_id process;
	struct timeline line;
	uint64_t calls, served; /* client and server exchanges */
	size_t waiting_calls;	/* that have no place yet */
	/* Start of the oldest server exchange that is open, or has ended and not told; UINT64_MAX: none. */
	uint64_t open_since, untold_since;
	uint64_t not_taken_ns; /* the last end of server exchanges that did not come here */
	/* Answers where they would be if each read were worked on at once, or not (callback.c). */
	uint32_t fits, plain, odd;
};

/* What one thread, or goroutine, read without waiting in between. */
struct run {
	struct timeline line;
	uint64_t open_since; /* as in struct program */
};

struct program *program_find(const struct trace *t, struct process_id process);
/* NULL: there are too many, which is counted. */
struct program *program_make(struct trace *t, struct process_id process);
/* Last use of all. */
void programs_free(struct trace *t);

/* NULL: nothing that is kept was read there. */
struct run *run_find(const struct trace *t, struct process_id process, const struct activity *a);

/* The same of servers' exchanges whose header names the trace. */
struct run *run_of_trace(const struct trace *t, struct process_id process, const uint8_t *trace_id);

/* `n->program`, which may be NULL, has one node more, and so has its run. */
void program_add(struct trace *t, struct node *n);
void program_remove(struct trace *t, struct node *n);
/* A call has its place. */
void program_placed(const struct node *n);
