/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c - mirrors user/worker/follow.c */
#include "user/worker/follow.h"

#include "tests/test.h"

enum { ALL = FOLLOW_CALLS | FOLLOW_TO_END };

TEST(of_two_processes_with_one_cell_the_first_keeps_it_and_the_other_is_counted_once)
{
	static uint32_t cells[FOLLOW_CELLS];
	static struct follows f;
	const uint32_t first = 7, second = first + FOLLOW_CELLS;

	cells[first] = 99;
	follows_init(&f, cells);
	CHECK(!cells[first]);
	follows_set(&f, first, FOLLOW_TO_END, FOLLOW_TO_END);
	follows_set(&f, first, FOLLOW_CALLS, FOLLOW_CALLS);
	for (int i = 0; i < 3; i++)
		follows_set(&f, second, FOLLOW_CALLS, FOLLOW_CALLS);
	CHECK(cells[first] == (first | FOLLOW_TO_END | FOLLOW_CALLS) && f.lost == 1);
	follows_set(&f, second, ALL, 0);
	CHECK((cells[first] & FOLLOW_ID) == first && f.lost == 1);
	follows_set(&f, first, ALL, 0);
	CHECK(!cells[first]);
	follows_set(&f, second, FOLLOW_CALLS, FOLLOW_CALLS);
	CHECK(cells[first] == (second | FOLLOW_CALLS) && f.lost == 1);
}

TEST(what_is_taken_back_of_a_process_leaves_the_rest_of_it)
{
	static uint32_t cells[FOLLOW_CELLS];
	static struct follows f;
	const uint32_t tgid = 7;

	follows_init(&f, cells);
	follows_set(&f, tgid, FOLLOW_TO_END, FOLLOW_TO_END);
	follows_set(&f, tgid, FOLLOW_CALLS, FOLLOW_CALLS);
	follows_set(&f, tgid, FOLLOW_TO_END, 0);
	CHECK(cells[tgid] == (tgid | FOLLOW_CALLS));
	follows_set(&f, tgid, FOLLOW_TO_END, FOLLOW_TO_END);
	follows_set(&f, tgid, FOLLOW_CALLS, 0);
	CHECK(cells[tgid] == (tgid | FOLLOW_TO_END));
	follows_set(&f, tgid, FOLLOW_TO_END, 0);
	CHECK(!cells[tgid] && !f.lost);
}
