/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c - mirrors user/worker/follow.c */
#include "user/worker/follow.h"

#include "tests/test.h"

TEST(of_two_processes_with_one_cell_the_first_keeps_it_and_the_other_is_counted_once)
{
	static uint32_t cells[FOLLOW_CELLS];
	static struct follows f;
	const uint32_t first = 7, second = first + FOLLOW_CELLS;

	cells[first] = 99;
	follows_init(&f, cells);
	CHECK(!cells[first]);
	follows_set(&f, first, FOLLOW_TO_END);
	follows_set(&f, first, FOLLOW_CALLS);
	for (int i = 0; i < 3; i++)
		follows_set(&f, second, FOLLOW_CALLS);
	CHECK(cells[first] == (first | FOLLOW_TO_END | FOLLOW_CALLS) && f.lost == 1);
	follows_set(&f, second, 0);
	CHECK((cells[first] & FOLLOW_ID) == first && f.lost == 1);
	follows_set(&f, first, 0);
	CHECK(!cells[first]);
	follows_set(&f, second, FOLLOW_CALLS);
	CHECK(cells[first] == (second | FOLLOW_CALLS) && f.lost == 1);
}
