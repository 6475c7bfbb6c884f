/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/groups.h"

#include "user/base/mem.h"

const struct metric_group **groups_of(const struct table *values, size_t *ret)
{
	const struct metric_group **groups = NULL;
	const struct grouped *value;
	size_t count = 0, at = 0;

	while ((value = table_next(values, &at))) {
		size_t i = 0;

		while (i < count && groups[i] != value->group)
			i++;
		if (i < count)
			continue;
		groups = xrealloc(groups, (count + 1) * sizeof(*groups));
		groups[count++] = value->group;
	}
	*ret = count;
	return groups;
}
