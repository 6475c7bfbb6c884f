/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_follow.c - mirrors user/worker/pipeline.c: what records of processes say to follow.h. */
#include "tests/test.h"
#include "tests/unit/worker/piped.h"
#include "user/worker/follow.h"

static void set_follow(void *context, uint32_t tgid, uint32_t mask, uint32_t flags)
{
	follows_set(context, tgid, mask, flags);
}

TEST(a_child_of_node_that_becomes_another_program_is_followed_as_that)
{
	static uint32_t cells[FOLLOW_CELLS];
	static struct follows follows;
	struct piped t;

	follows_init(&follows, cells);
	piped_begin(&t, FLAGS("--trace.ratio=1"));
	t.pipeline->follow = set_follow;
	t.pipeline->verdict_context = &follows;
	learn(&t, 1, "event=seen|name=shop|exe=/node|");
	learn(&t, 1, "event=runtime|runtime=nodejs 20.1|hooks=|");
	learn(&t, 2, "event=fork|parent=1|parent_started=0|");
	CHECK(cells[1] == (1 | FOLLOW_TO_END) && cells[2] == (2 | FOLLOW_TO_END));
	follows_set(&follows, 2, FOLLOW_CALLS, FOLLOW_CALLS);
	learn(&t, 2, "event=exec|name=pool|exe=/python|");
	CHECK(cells[2] == (2 | FOLLOW_CALLS) && cells[1] == (1 | FOLLOW_TO_END));
	learn(&t, 2, "event=runtime|runtime=cpython 3.11|hooks=|");
	CHECK(cells[2] == (2 | FOLLOW_CALLS));
	learn(&t, 2, "event=exec|name=front|exe=/node|");
	learn(&t, 2, "event=runtime|runtime=nodejs 20.1|hooks=|");
	CHECK(cells[2] == (2 | FOLLOW_CALLS | FOLLOW_TO_END));
	learn(&t, 2, "event=exit|");
	CHECK(!cells[2]);
	CHECK(piped_end(&t));
}
