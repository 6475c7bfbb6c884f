/* SPDX-License-Identifier: Apache-2.0 */
/* scheduled_map.h - the kernel half's map of what the scheduler did, for scheduled.h. */
#pragma once

#include "user/worker/scheduled.h"

struct scheduled_map {
	int fd, preempted_fd;
	int processors;
	struct scheduled *each; /* one a CPU */
	uint64_t *sums;		/* the same */
};

/* -1 as `fd`, or a kernel half that does not fill it: there is nothing in it. */
void scheduled_map_init(struct scheduled_map *map, int fd, int preempted_fd);
void scheduled_map_free(struct scheduled_map *map);

/* As in struct scheduled_options; `map` is a struct scheduled_map. */
bool scheduled_map_next(void *map, const struct process_id *id, struct process_id *ret);
bool scheduled_map_read(void *map, const struct process_id *id, struct scheduled *ret);
void scheduled_map_drop(void *map, const struct process_id *id);

/* As in struct preempted_options. */
bool preempted_map_next(void *map, const struct preempted_key *key, struct preempted_key *ret);
bool preempted_map_read(void *map, const struct preempted_key *key, uint64_t *ret);
void preempted_map_drop(void *map, const struct preempted_key *key);
