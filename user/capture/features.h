/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features.h - what of the kernel sonde uses: one table, each row asked once.
 *
 * A feature has flavours in the order tried. A flavour is in use only after it
 * was loaded, attached and, for hooks on sockets, seen to fire (selftest.h): a
 * function that the compiler inlined can be attached to and never calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feature_id {
	FEATURE_OPERATIONS,
	FEATURE_AGAIN,
	FEATURE_ARRIVAL,
	FEATURE_UNIX_CLOSE,
	FEATURE_LOOPS,
	FEATURE_SCHEDULER,
	FEATURE_PROBES,
	FEATURE_CONNECTIONS,
	FEATURE_PROCESSES,
	FEATURE_ITERATORS,
	FEATURES,
};

enum { FLAVOURS = 3, FLAVOUR_PROGRAMS = 8 };

struct flavour {
	const char *name;  /* NULL ends the flavours */
	const char *since; /* the kernel that has it */
	const char *programs[FLAVOUR_PROGRAMS];
	const char *extras[FLAVOUR_PROGRAMS]; /* used where the kernel has the function */
	const char *price;		      /* what else it takes; NULL: nothing */
};

struct feature {
	const char *name;
	bool required;
	const char *without; /* what is lost, or done instead, when no flavour works */
	struct flavour flavours[FLAVOURS];
};

extern const struct feature features[FEATURES];

/* How a feature turned out. */
struct feature_state {
	const struct flavour *used; /* NULL: none */
	uint32_t extras;	    /* bit n: extras[n] is there */
	char reason[160];	    /* why not the first flavour, or none */
	const char *only;	    /* no other flavour where there is a choice; NULL: any */
};

/*
 * Ask the kernel for each flavour; `states` then names the first that it takes.
 * `only` is borrowed: the flavour to use where there is a choice, or NULL.
 */
void features_probe(const char *only, struct feature_state states[FEATURES]);
/* Has every required feature a flavour? */
bool features_suffice(const struct feature_state states[FEATURES]);
/* Go on to the next flavour that the kernel takes, because of `error`. False: there is none. */
bool feature_next_flavour(struct feature_state *state, enum feature_id id, int error);
/* Is this program one of a flavour in use? */
bool feature_uses(const struct feature_state states[FEATURES], const char *program);
/* Is it one of this feature's flavour in use? */
bool feature_has(const struct feature_state states[FEATURES], enum feature_id id,
		 const char *program);
