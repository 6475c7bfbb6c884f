/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - mirrors user/probes/rows.c */
#include "user/probes/rows.h"

#include <errno.h>

#include "tests/test.h"

static struct probe map[PROBES_MAX];
static struct rows rows;

static void begin(void)
{
	memset(map, 0, sizeof(map));
	rows_init(&rows, map);
}

TEST(rows_are_taken_while_there_are_any)
{
	uint16_t some[PROBES_MAX + 1];

	begin();
	CHECK(rows_take(&rows, PROBES_MAX + 1, some) == -ENOSPC);
	CHECK(!rows_take(&rows, PROBES_MAX, some));
	CHECK(rows_take(&rows, 1, some) == -ENOSPC);
	rows_give(&rows, some + 5, 1);
	CHECK(!rows_take(&rows, 1, some) && some[0] == some[5]);
}

TEST(a_row_that_is_given_back_means_nothing_and_comes_last)
{
	const struct probe meaning = { .action = PROBE_BEGIN, .kind = 3, .collects = 6 };
	uint16_t first, next;

	begin();
	CHECK(!rows_take(&rows, 1, &first));
	rows_set(&rows, first, &meaning);
	CHECK(map[first].action == PROBE_BEGIN && map[first].kind == 3 && map[first].collects == 6);
	rows_give(&rows, &first, 1);
	CHECK(!map[first].action);
	for (size_t i = 1; i < PROBES_MAX; i++)
		CHECK(!rows_take(&rows, 1, &next) && next != first);
	CHECK(!rows_take(&rows, 1, &next) && next == first);
}

TEST(the_next_owner_of_a_row_has_another_cookie)
{
	uint64_t before;
	uint16_t some[PROBES_MAX];

	begin();
	CHECK(!rows_take(&rows, PROBES_MAX, some));
	before = rows_cookie(&rows, some[7]);
	CHECK((before & 0xffff) == some[7] && before >> 16 == map[some[7]].generation);
	rows_give(&rows, some, PROBES_MAX);
	CHECK(!rows_take(&rows, PROBES_MAX, some));
	CHECK(rows_cookie(&rows, some[7]) != before);
}

TEST(what_a_row_means_anew_has_no_hits)
{
	const struct probe meaning = { .action = PROBE_TRIAL };
	uint16_t row;

	begin();
	CHECK(!rows_take(&rows, 1, &row));
	map[row].hits = 9;
	CHECK(rows_hits(&rows, row) == 9);
	rows_set(&rows, row, &meaning);
	CHECK(!rows_hits(&rows, row));
	rows_act(&rows, row, PROBE_END);
	CHECK(map[row].action == PROBE_END);
}
