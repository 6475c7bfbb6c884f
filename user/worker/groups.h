/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h - the groups of metrics among the values of a table. */
#pragma once

#include "user/base/table.h"
#include "user/model/series.h"

/* What each value of such a table begins with. */
struct grouped {
	const struct metric_group *group;
};

/* Each group once, in the order of its first value; there are `*ret` of them, to be freed. */
const struct metric_group **groups_of(const struct table *values, size_t *ret);
