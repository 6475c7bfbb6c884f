/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_key.h - the values that tell a span's row of a group from others.
 *
 * They are written out as a key of bytes for the table of rows; a row's
 * attributes point into its key.
 */
#pragma once

#include "user/model/series.h"

enum {
	/* A label that is longer is junk from a peer; its span goes to the overflow row. */
	SERIES_VALUE_BYTES = 1024,
	SERIES_KEY_BYTES = 16 + GROUP_ATTRIBUTES * (3 + SERIES_VALUE_BYTES),
};

/* The span's attributes of a group's keys, in the group's order; NULL where it has none. */
struct series_values {
	size_t count;
	const struct attribute *at[GROUP_ATTRIBUTES];
};

void series_values_find(const struct metric_group *group, const struct span *span,
			struct series_values *ret);

/*
 * Write the key of the row of `group` and `resource` with these values into
 * `to`, of SERIES_KEY_BYTES. Returns its length, or 0 when a value is too long.
 */
size_t series_key_write(const struct series_values *values, const struct metric_group *group,
			const struct resource *resource, char *to);
/* The key of their overflow row. */
size_t series_overflow_key_write(const struct metric_group *group, const struct resource *resource,
				 char *to);
/*
 * The attributes of a row: keys are the group's, texts point into `key`, which
 * series_key_write() made of the same values. Returns how many there are.
 */
size_t series_key_attributes(const struct series_values *values, const struct metric_group *group,
			     const char *key, struct attribute *ret);
