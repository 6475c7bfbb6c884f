/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c - mirrors user/worker/groups.c */
#include "user/worker/groups.h"

#include "tests/test.h"
#include "user/base/mem.h"

TEST(each_group_is_there_once_however_many_there_are)
{
	enum { GROUPS = 40 };
	static const struct metric_group all[GROUPS];
	struct grouped values[2 * GROUPS];
	const struct metric_group **groups;
	struct table table;
	size_t count;

	table_init(&table, SIZE_MAX);
	groups = groups_of(&table, &count);
	CHECK(!groups && !count);
	for (size_t i = 0; i < 2 * GROUPS; i++) {
		values[i].group = &all[i % GROUPS];
		table_put_u64(&table, i, &values[i]);
	}
	groups = groups_of(&table, &count);
	CHECK(count == GROUPS);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(groups[i] != groups[k]);
	free(groups);
	table_free(&table);
}
