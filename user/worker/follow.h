/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.h - what the kernel half may take for granted of a process: enum follow_flags.
 *
 * It has a cell for each process, by its id; where two have the same, the one that was there first
 * keeps it until nothing holds for it any more.
 */
#pragma once

#include <stdbool.h>

#include "headers/capture.h"
#include "user/process/process.h"

/* FOLLOW_TO_END: every runtime that was found in it runs what it reads to the end. */
bool follow_runs_to_end(const struct process *process);

struct follows {
	uint32_t *cells;		/* FOLLOW_CELLS, shared with the kernel half */
	uint32_t refused[FOLLOW_CELLS]; /* who was last, to be counted once */
	uint64_t lost;			/* processes that found their cell taken */
};

/* All cells are empty from now on. */
void follows_init(struct follows *f, uint32_t *cells);
/* Of `mask`, enum follow_flags, those in `flags` hold for the process from now on, and no others. */
void follows_set(struct follows *f, uint32_t tgid, uint32_t mask, uint32_t flags);
