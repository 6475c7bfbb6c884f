/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage.h - a process and those above it, as the options would watch them.
 *
 * For when no sonde runs that knows: who is chosen, who inherits that, and so
 * whose instance a process belongs to.
 */
#pragma once

#include <jansson.h>

#include "user/command/subject.h"

enum { RULE_BYTES = 512 };

struct relative {
	struct subject subject;
	char rule[RULE_BYTES]; /* the option that chooses it; empty: none does */
	const char *why_not;   /* or why */
	bool watched;	       /* by that option or for its parent's sake */
};

struct lineage {
	struct relative *at; /* owned: the process itself, its parent, and so on */
	size_t count;
};

void lineage_read(const struct subject *s, const struct config *config, struct lineage *ret);
void lineage_free(struct lineage *l);

/* Who the process is by the same rules as in a running sonde, as process_json() has it; NULL: gone. */
json_t *lineage_process(const struct lineage *l, const struct config *config);

/* The option that would choose this process alone, in `text`; NULL with `why_not` set. */
const char *subject_rule(const struct subject *s, const struct config *config, const char **why_not,
			 char text[RULE_BYTES]);
