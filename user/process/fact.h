/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact.h - the "key=value" strings of a RECORD_PROCESS, written and read.
 *
 * A value is at most LIMIT_ATTRIBUTE_BYTES long and has no NUL in it. Keys that
 * are not known are stepped over, of a key that comes twice the first counts
 * (FACT_RESOURCE apart). What was read borrows from the record.
 */
#pragma once

#include "user/model/resource.h"
#include "user/process/process.h"

struct facts {
	struct str at[FACTS]; /* empty: not said */
	struct str resource[RESOURCE_ATTRIBUTES];
	size_t resource_count, resource_dropped;
};

/* -EINVAL, and `ret` untouched, when the payload is no run of whole strings or names no event. */
int facts_parse(struct str payload, struct facts *ret);

/*
 * Append one. An empty value is left out; a long one, or one with a NUL, is cut.
 * -ENOSPC when full.
 */
int fact_add(struct buf *payload, enum fact fact, struct str value);

/* Decimal digits and nothing else; 0 when they are none or too many. */
uint64_t fact_number(struct str value);
