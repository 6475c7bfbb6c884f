/* SPDX-License-Identifier: Apache-2.0 */
/* downstream.c - mirrors user/trace/downstream.c; each thing done in a story takes 1 ms. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"
#include "user/base/clock.h"

/* How many milliseconds R waited for its calls. */
static uint64_t waited(const char *text)
{
	struct story *s = story_begin();
	uint64_t ns;

	tell(s, text);
	pass(s);
	ns = actor(s, "R")->told.downstream_ns;
	return story_end(s) ? ns / NS_PER_MS : UINT64_MAX;
}

TEST(a_request_waits_while_at_least_one_call_runs)
{
	CHECK(waited("1 reads R, rests 5, answers R") == 0);
	CHECK(waited("1 reads R, calls C, rests 5, hears C, answers R") == 7);
	/* one after the other: what is between is not counted */
	CHECK(waited("1 reads R, calls C, hears C, rests 5, calls D, hears D, answers R") == 2);
	/* at the same time: it counts once */
	CHECK(waited("1 reads R, calls C, calls D, hears C, hears D, answers R") == 3);
	/* one within the other */
	CHECK(waited("1 reads R, calls C, calls D, hears D, hears C, answers R") == 3);
	CHECK(waited("1 reads R, calls C, calls D, hears D, calls E, hears E, hears C, answers R") ==
	      5);
	/* begun in the moment in which the one before ended */
	CHECK(waited("1 reads R, calls C, hears C, calls D, hears D, answers R") == 2);
}

TEST(a_request_does_not_wait_after_its_answer)
{
	CHECK(waited("1 reads R(7.1), calls C(7.2), answers R, hears C") == 1);
	CHECK(waited("1 reads R(7.1), calls C(7.2), calls D(7.3), hears C, answers R, hears D") ==
	      3);
}

TEST(only_its_own_calls_are_waited_for)
{
	CHECK(waited("1 reads R; 2 reads Q, calls C, hears C; 1 answers R; 2 answers Q") == 0);
	CHECK(waited("a1 reads R, calls C; b1 reads S of C, calls D, hears D, answers S; a1 hears C, answers R") ==
	      5);
}

TEST(only_requests_wait)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R, calls C, hears C, answers R", "R C<R"));
	CHECK(actor(s, "R")->told.downstream_ns == NS_PER_MS);
	CHECK(actor(s, "C")->told.downstream_ns == 0);
	CHECK(story_end(s));
}
