/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_match.h - recognise a span's row without hashing its values.
 *
 * A guess is cheap and may be wrong: it looks only at the values of a few
 * *telling* keys, those in which rows were seen to differ. The row that it leads
 * to is compared in full, in place, at the attributes where the row's last span
 * had them. Only what fails there goes the long way through the table.
 */
#pragma once

#include "user/model/series_key.h"

enum { TELLING_KEYS = 3 };

/*
 * What a row wants to find in a span under one key of its group. A row's wants
 * stand in the order of their shapes, so that each shape is one tight loop.
 */
struct want {
	const char *key; /* the group's literal: the same address is the same key */
	uint32_t len;	 /* of a text */
	uint16_t offset; /* of the attribute in a span, in bytes */
	uint8_t shape;
	uint8_t which; /* of the group's keys */
	uint64_t words[2];
};

/* The row's wants, made or found for `span`. */
struct wants {
	size_t reach;	  /* attributes that a span must have */
	size_t present;	  /* keys of the group that it must have; with no other it lacks the rest */
	struct want at[]; /* as many as the group has keys, and one that ends them */
};

/* Where a group's rows were seen to differ. */
struct telling {
	size_t count;
	struct {
		const char *key;
		size_t which, place;
	} at[TELLING_KEYS];
};

/* Long texts are borrowed from `attributes`, the row's own. */
void wants_set(struct wants *wants, const struct metric_group *group,
	       const struct series_values *values, const struct span *span,
	       const struct attribute *attributes);
/* NULL: the span is as wanted. Else the first want that is not met. */
const struct want *wants_check(const struct wants *wants, const struct metric_group *group,
			       const struct span *span);

/* Key number `which` told two rows apart, or was not where it was. */
void telling_learn(struct telling *t, size_t which, const struct metric_group *group,
		   const struct series_values *values, const struct span *span);
uint64_t telling_guess(const struct telling *t, const struct span *span);
