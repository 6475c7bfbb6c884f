/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/worker/inspect_request.c - mirrors user/worker/inspect_request.c */
#include <stdlib.h>

#include "tests/test.h"
#include "user/worker/inspect_request.h"

static const struct {
	struct str in;
	enum inspect_question question;
	uint32_t pid;
} whole[] = {
	{ STR("top\n"), INSPECT_TOP, 0 },
	{ STR("explain 1\n"), INSPECT_EXPLAIN, 1 },
	{ STR("explain 4194304\n"), INSPECT_EXPLAIN, 4194304 },
};

static const struct str bad[] = {
	STR("\n"),
	STR("top \n"),
	STR("top\r\n"),
	STR("TOP\n"),
	STR("topple\n"),
	STR("explain\n"),
	STR("explain \n"),
	STR("explain 0\n"),
	STR("explain -1\n"),
	STR("explain 4194305\n"),
	STR("explain 99999999999999999999999999\n"),
	STR("explain 1 2\n"),
	STR("explain 1\0\n"),
	STR("GET / HTTP/1.1\r\n"),
	STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
	STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
};

TEST(a_whole_question_is_taken_and_what_follows_is_left)
{
	EACH(i, whole) {
		struct inspect_request r = {};
		char twice[INSPECT_REQUEST_BYTES];
		size_t len = whole[i].in.len;

		memcpy(twice, whole[i].in.at, len);
		memcpy(twice + len, whole[i].in.at, len);
		CHECK(inspect_parse((struct str){ twice, 2 * len }, &r) == (ssize_t)len);
		CHECK(r.question == whole[i].question && r.pid == whole[i].pid);
	}
}

TEST(every_shorter_start_of_a_question_asks_for_more_and_writes_nothing)
{
	EACH(i, whole)
		for (size_t len = 0; len < whole[i].in.len; len++) {
			struct inspect_request r = { .pid = 42 };
			char *copy = test_tight(whole[i].in.at, len);

			CHECK(inspect_parse((struct str){ copy, len }, &r) == INSPECT_MORE);
			CHECK(r.pid == 42);
			free(copy);
		}
}

TEST(what_is_no_question_is_refused)
{
	EACH(i, bad) {
		struct inspect_request r = { .pid = 42 };
		char *copy = test_tight(bad[i].at, bad[i].len);

		CHECK(inspect_parse((struct str){ copy, bad[i].len }, &r) == INSPECT_BAD);
		CHECK(r.pid == 42);
		free(copy);
	}
}
