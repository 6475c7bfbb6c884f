/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preempted.h - who ran while an instance's tasks waited for a CPU: a few by name, and the rest.
 *
 * A name that has a hundredth of an instance's waits between two looks is told of from then on, as
 * long as the instance is; what it had before stays with the rest, for a counter does not go back.
 * Names are told apart as valid UTF-8, as which they are given out; a program that is called like
 * the rest (PREEMPTED_REST) is of it.
 */
#pragma once

#include <stdint.h>

#include "headers/capture.h"
#include "user/model/metric.h"

enum { PREEMPTED_NAMES = 10, PREEMPTED_NAME_BYTES = 48 };

#define PREEMPTED_REST "other"

/* Of an instance. */
struct preempted_row {
	struct {
		char name[PREEMPTED_NAME_BYTES]; /* what follows its end is 0 */
		uint64_t ns;
	} named[PREEMPTED_NAMES];
	size_t count;
	uint64_t rest_ns;
	uint64_t grown; /* of all its pairs, within a look */
};

struct preempted_options {
	/* The map, as bpf(2) gives it: the pair after `key` (NULL: the first), its sum over CPUs. */
	bool (*next)(void *context, const struct preempted_key *key, struct preempted_key *ret);
	bool (*read)(void *context, const struct preempted_key *key, uint64_t *ret);
	void (*drop)(void *context, const struct preempted_key *key);
	void *context;
	/* False: its pairs are dropped from the map; NULL: its row is not known yet. */
	bool (*row)(void *owner, const struct process_id *process, struct preempted_row **ret);
	void *owner;
	bool succeeds; /* another worker has told of what is in the map by now */
};

struct preempted;

struct preempted *preempted_new(const struct preempted_options *options);
void preempted_free(struct preempted *p);
/* Look through the map. */
void preempted_look(struct preempted *p);
/* All of an instance's waits came to `total_ns`, of which the rest is what nobody is named for. */
void preempted_give(struct preempted_row *row, const struct resource *resource, uint64_t total_ns,
		    uint64_t since_unix_ns, struct metric_sink *sink);
extern const struct metric preempted_metric;
