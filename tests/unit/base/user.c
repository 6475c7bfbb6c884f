/* SPDX-License-Identifier: Apache-2.0 */
/* user.c - mirrors user/base/user.c */
#include <errno.h>

#include "tests/test.h"
#include "user/base/user.h"

TEST(a_user_is_found_by_name_and_by_number)
{
	uid_t by_name, by_number;
	gid_t group, same_group;

	CHECK(!user_find("daemon", &by_name, &group) && by_name == 1 && group == 1);
	/* Debian's "games" has the number 5 and the group 60. */
	CHECK(!user_find("games", &by_name, &group) && by_name == 5 && group == 60);
	CHECK(!user_find("5", &by_number, &same_group) && by_number == 5 && same_group == 60);
	CHECK(!user_find("54321", &by_number, &group) && by_number == 54321 && group == 54321);
}

TEST(root_and_who_is_not_there_are_refused)
{
	uid_t uid = 77;
	gid_t gid = 77;

	CHECK(user_find("root", &uid, &gid) == -EPERM);
	CHECK(user_find("0", &uid, &gid) == -EPERM);
	CHECK(user_find("4294967295", &uid, &gid) == -EPERM);
	CHECK(user_find("4294967296", &uid, &gid) == -ENOENT);
	CHECK(user_find("-1", &uid, &gid) == -ENOENT);
	CHECK(user_find("", &uid, &gid) == -ENOENT);
	CHECK(user_find("nosuchuser", &uid, &gid) == -ENOENT);
	CHECK(uid == 77 && gid == 77);
}
