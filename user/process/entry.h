/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - process.c's table: entries by pid and start, instances by membership.
 *
 *	entry (tgid, started) --> instance --> resource
 *	nginx master  1000   -----^ ^
 *	nginx worker  1001   -------/
 *
 * An instance goes with its last member, or, where series keep its resource, with
 * them: who starts again with its id takes its place. Its resource's `ended_ns`
 * follows its living members. A pid alone finds nothing.
 */
#pragma once

#include "user/process/process.h"

struct instance {
	struct resource *resource; /* its one reference for all members */
	size_t members, living;
	struct instance *next;
};

struct entry {
	struct process process; /* first: lookups give out its address */
	struct instance *instance;
	char *namespace, *cgroup, *ports;
	uint64_t passes_on_ns; /* when it was sent spans last; 0: not since it called exec */
	struct entry *next;
};

struct processes {
	const struct config *config;
	struct entry **buckets;
	size_t bucket_count, count; /* the first is a power of two */
	size_t ended;		    /* of those */
	struct instance *instances;
	uint64_t refused, attributes_dropped, maps_cut;
};

bool same_id(struct process_id a, struct process_id b);

void entries_init(struct processes *p);
void entries_free(struct processes *p);

struct entry *entry_find(const struct processes *p, struct process_id id);
/* The entry of `id`, made when there is none. NULL when there are too many that live. */
struct entry *entry_get(struct processes *p, struct process_id id);
/* Forget what ended at `before_ns` or earlier. */
void entries_forget(struct processes *p, uint64_t before_ns);

void entry_end(struct processes *p, struct entry *e, uint64_t now_ns);
/* Who calls exec lives: the program before it was excluded. */
void entry_revive(struct processes *p, struct entry *e, uint64_t now_ns);
/* Who is watched again after it was not: the same program, its instance goes on. */
void entry_resume(struct processes *p, struct entry *e);
void entry_forget_texts(struct entry *e);

/* `e` belongs to no instance when it joins one. */
void instance_join(struct entry *e, struct instance *i);
void instance_leave(struct processes *p, struct entry *e, uint64_t now_ns);
/* A new instance without members takes `resource`. */
struct instance *instance_add(struct processes *p, struct resource *resource);
/* One whose members all ended has this resource from now on, and so have they. */
void instance_renew(struct processes *p, struct instance *i, struct resource *resource);
/* Forget those without members whose resource nobody else keeps. */
void instances_forget(struct processes *p);
