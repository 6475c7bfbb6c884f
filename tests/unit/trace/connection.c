/* SPDX-License-Identifier: Apache-2.0 */
/* connection.c - mirrors user/trace/connection.c: both ends of a connection are watched. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"

TEST(the_call_at_the_other_end_is_the_parent)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 reads R, calls C; b1 reads S of C, answers S; a1 hears C, answers R",
		   "R C<R S<C"));
	CHECK(!strcmp(order(s), "R C S"));
	CHECK(links(s, "connection", "made") == 1);
	CHECK(actor(s, "S")->told.has_local_parent && actor(s, "S")->told.span->parent_is_remote);
	CHECK(actor(s, "C")->told.has_local_parent && !actor(s, "C")->told.span->parent_is_remote);
	CHECK(story_end(s));
}

TEST(a_chain_is_one_trace)
{
	struct story *s = story_begin();

	CHECK(told(s,
		   "a1 reads R, calls C; b1 reads S of C, calls D; c1 reads T of D, answers T;"
		   "b1 hears D, answers S; a1 hears C, answers R",
		   "R C<R S<C D<S T<D"));
	CHECK(!strcmp(order(s), "R C S D T"));
	CHECK(story_end(s));
}

/* The call's own count of its first byte is off by so many. */
static const char *with_first_byte_off(uint32_t by)
{
	static char ret[64];
	struct story *s = story_begin();

	tell(s, "a1 calls C; b1 reads S of C, answers S");
	actor(s, "C")->x.meeting.first[ASKING] += by;
	tell(s, "a1 hears C, rests 20000");
	settle(s, 0);
	snprintf(ret, sizeof(ret), "%s", said(s));
	return story_end(s) ? ret : "unsound";
}

TEST(who_connected_may_have_counted_its_syn_as_a_byte)
{
	CHECK(!strcmp(with_first_byte_off(0), "C S<C"));
	CHECK(!strcmp(with_first_byte_off(UINT32_MAX), "C S<C"));
	CHECK(!strcmp(with_first_byte_off(UINT32_MAX - 1), "C S"));
	CHECK(!strcmp(with_first_byte_off(1), "C S"));
}

TEST(a_syn_is_counted_around_the_end_of_the_numbers)
{
	struct story *s = story_begin();

	tell(s, "a1 calls C");
	actor(s, "C")->x.meeting.first[ASKING] = 0;
	tell(s, "b1 reads S of C, answers S");
	actor(s, "C")->x.meeting.first[ASKING] = UINT32_MAX;
	CHECK(told(s, "a1 hears C", "C S<C"));
	CHECK(story_end(s));
}

TEST(each_number_that_differs_is_another_exchange)
{
	for (int i = 0; i < 2; i++) {
		struct story *s = story_begin();

		tell(s, "a1 calls C; b1 reads S of C");
		if (i)
			actor(s, "S")->x.meeting.at++;
		else
			actor(s, "S")->x.meeting.first[ANSWERING]++;
		CHECK(told(s, "b1 answers S; a1 hears C, rests 20000", "C S"));
		CHECK(story_end(s));
	}
}

TEST(the_same_numbers_come_again_later)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 calls C; b1 reads S of C, answers S; a1 hears C", "C S<C"));
	tell(s, "a1 calls D");
	actor(s, "D")->x.meeting = actor(s, "C")->x.meeting;
	CHECK(told(s, "b1 reads T of D, answers T; a1 hears D", "C S<C D T<D"));
	CHECK(story_end(s));
}

TEST(who_was_served_when_no_such_call_was_under_way_is_not_its_child)
{
	struct story *s = story_begin();

	tell(s, "a1 calls C, hears C, rests 50; b1 reads S of C, answers S");
	CHECK(told(s, "b1 rests 20000", "C S"));
	CHECK(links(s, "connection", "made") == 0);
	CHECK(story_end(s));
}

TEST(the_half_that_is_missing_is_waited_for_and_no_longer_than_that)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 calls C; b1 reads S of C, answers S", ""));
	settle(s, 8000);
	CHECK(!strcmp(said(s), "") && trace_waiting(s->trace) == 1);
	settle(s, 2000);
	CHECK(!strcmp(said(s), "S"));
	CHECK(hurried(s, "wait") == 1 && trace_waiting(s->trace) == 0);
	/* the call, later still, is nobody's parent any more */
	CHECK(told(s, "a1 hears C", "C S"));
	CHECK(story_end(s));
}

TEST(who_is_called_from_elsewhere_does_not_wait)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 reads R, answers R", "R"));
	CHECK(hurried(s, "wait") == 0);
	CHECK(story_end(s));
}

TEST(connections_of_which_nothing_is_known_do_not_meet)
{
	struct story *s = story_begin();

	tell(s, "a1 calls C; b1 reads S");
	actor(s, "C")->x.meeting = actor(s, "S")->x.meeting = (struct meeting){};
	CHECK(told(s, "b1 answers S; a1 hears C", "C S"));
	CHECK(story_end(s));
}
