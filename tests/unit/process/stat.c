/* SPDX-License-Identifier: Apache-2.0 */
/* stat.c - mirrors user/process/stat.c */
#include "user/process/stat.h"
#include "tests/test.h"

#define BEFORE "Name:\tjava\nUmask:\t0022\n"
#define IDS    "Uid:\t1\t2\t3\t1000\nGid:\t5\t6\t7\t1001\n"

TEST(a_process_began_at_the_22nd_field_whatever_its_name)
{
	CHECK(stat_started_ticks(STR("7 (java) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
				     "4711 20")) == 4711);
	CHECK(stat_started_ticks(STR("7 (a) S 1) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
				     "4711 20")) == 4711);
	CHECK(!stat_started_ticks(STR("7 (java) S 1 2 3")));
	CHECK(!stat_started_ticks(STR("")) && !stat_started_ticks(STR("7 java S")));
}

TEST(files_are_opened_with_the_fourth_id)
{
	struct process_status s;

	CHECK(status_parse(STR(BEFORE IDS "NSpid:\t4711\t12\t1\n"), &s));
	CHECK(s.file_uid == 1000 && s.file_gid == 1001 && s.inner_pid == 1);
	CHECK(status_parse(STR(BEFORE "NSpid:\t4711\n" IDS), &s) && s.inner_pid == 4711);
	CHECK(status_parse(STR(BEFORE IDS), &s) && !s.inner_pid);
}

TEST(what_does_not_say_its_ids_is_refused_and_nothing_is_written)
{
	static const struct str bad[] = {
		STR(""),
		STR(BEFORE),
		STR("Uid:\t1\t2\t3\t4\n"),
		STR("Uid:\t1\t2\t3\nGid:\t1\t2\t3\t4\n"),
		STR("Name:\tUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"),
		STR("Gid:\t0\t0\t0\t0\nUid:\t0\t0\t0\t0"), /* cut */
	};
	struct process_status s = { .inner_pid = 7 };

	EACH(i, bad)
		CHECK(!status_parse(bad[i], &s) && s.inner_pid == 7);
}
