/* SPDX-License-Identifier: Apache-2.0 */
/* header.c - mirrors user/trace/header.c: what a question's own trace context says. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"

/* Are a span's own ids those? 0: any. */
static bool has_ids(struct story *s, const char *name, uint8_t trace, uint8_t span)
{
	const struct trace_context *own = &actor(s, name)->told.span->context;
	uint8_t want[TRACE_ID_BYTES];

	memset(want, trace, sizeof(want));
	if (trace && memcmp(own->trace_id, want, TRACE_ID_BYTES))
		return false;
	memset(want, span, sizeof(want));
	return !span || !memcmp(own->span_id, want, SPAN_ID_BYTES);
}

TEST(a_requests_context_is_its_parent)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R(7.3), answers R", "R<(7.3)"));
	CHECK(has_ids(s, "R", 7, 0) && !has_ids(s, "R", 0, 3));
	CHECK(!actor(s, "R")->told.has_local_parent && actor(s, "R")->told.span->parent_is_remote);
	CHECK(links(s, "header", "made") == 1);
	CHECK(story_end(s));
}

TEST(calls_without_a_context_are_in_their_parents_trace)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 reads R(7.3), calls C; b1 reads S of C, answers S; a1 hears C, answers R",
		   "R<(7.3) C<R S<C"));
	CHECK(has_ids(s, "C", 7, 0) && has_ids(s, "S", 7, 0));
	CHECK(story_end(s));
}

TEST(a_header_wins_over_the_connection_and_that_they_disagree_is_counted)
{
	struct story *s = story_begin();

	CHECK(told(s, "a1 calls C; b1 reads S(7.3) of C, answers S; a1 hears C", "C S<(7.3)"));
	CHECK(links(s, "header", "made") == 1 && links(s, "connection", "disagreed") == 1);
	CHECK(links(s, "connection", "made") == 0);
	CHECK(story_end(s));
}

TEST(a_call_with_a_context_of_its_own_is_known_by_its_ids)
{
	struct story *s = story_begin();

	CHECK(told(
		s,
		"a1 reads R(7.1), calls C(7.2); b1 reads S(7.2) of C, answers S; a1 hears C, answers R",
		"R<(7.1) C<R S<C"));
	CHECK(has_ids(s, "C", 7, 2) && actor(s, "C")->told.beside_sdk);
	CHECK(!actor(s, "R")->told.beside_sdk && !actor(s, "S")->told.beside_sdk);
	CHECK(links(s, "connection", "disagreed") == 0);
	CHECK(story_end(s));
}

TEST(a_call_of_the_requests_trace_is_its_child_whoever_makes_it)
{
	static const struct story_row rows[] = {
		{ "1 reads R(7.1); 2 reads Q(8.1); 3 calls C(8.2), calls D(7.2), hears C, hears D;"
		  "1 answers R; 2 answers Q",
		  "R<(7.1) Q<(8.1) C<Q D<R" },
		/* a trace that nobody there was asked in */
		{ "1 reads R(7.1); 3 calls C(9.2), hears C; 1 answers R", "R<(7.1) C~R" },
		/* in a trace that was served before */
		{ "1 reads R(7.1), answers R; 3 calls C(7.2), hears C", "R<(7.1) C*" },
		/* in another program */
		{ "a1 reads R(7.1); b1 calls C(7.2), hears C; a1 answers R", "R<(7.1) C" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_request_without_a_header_is_in_the_trace_that_its_call_shows)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R, calls C(7.2), hears C, calls D, hears D, answers R",
		   "R C<R D<R"));
	CHECK(has_ids(s, "R", 7, 0) && has_ids(s, "C", 7, 2) && has_ids(s, "D", 7, 0));
	CHECK(story_end(s));
}

TEST(a_call_that_shows_another_trace_has_no_parent)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R, calls C(7.2), hears C, calls D(8.2), hears D, answers R",
		   "R C<R D"));
	CHECK(has_ids(s, "R", 7, 0) && has_ids(s, "D", 8, 2));
	CHECK(links(s, "thread", "disagreed") == 1);
	CHECK(story_end(s));
}

TEST(who_passes_on_what_it_was_given_keeps_its_own_ids)
{
	struct story *s = story_begin();

	CHECK(told(
		s,
		"1 reads R(7.1); 2 reads Q(8.1); 3 calls C(7.1), hears C; 1 answers R; 2 answers Q",
		"R<(7.1) Q<(8.1) C<R"));
	CHECK(has_ids(s, "C", 7, 0) && !has_ids(s, "C", 0, 1) && !actor(s, "C")->told.beside_sdk);
	CHECK(links(s, "header", "made") == 3);
	CHECK(story_end(s));
}

TEST(the_same_header_twice_says_nothing)
{
	struct story *s = story_begin();

	CHECK(told(
		s,
		"1 reads R(7.1), waits, reads Q(7.1), waits, calls C(7.1), waits, hears C, waits,"
		"answers R, answers Q",
		"R<(7.1) Q<(7.1) C~R~Q"));
	CHECK(links(s, "header", "ambiguous") == 1);
	CHECK(story_end(s));
}

TEST(the_same_trace_twice_says_nothing)
{
	struct story *s = story_begin();

	CHECK(told(
		s,
		"1 reads R(7.1), waits, reads Q(7.2), waits, calls C(7.3), waits, hears C, waits,"
		"answers R, answers Q",
		"R<(7.1) Q<(7.2) C~R~Q"));
	CHECK(links(s, "header", "ambiguous") == 1 && has_ids(s, "C", 7, 3));
	CHECK(story_end(s));
}

TEST(where_headers_say_nothing_the_next_way_does)
{
	static const struct story_row rows[] = {
		{ "1 reads R(7.1); 2 reads Q(7.1); 2 calls C(7.1), hears C, answers Q; 1 answers R",
		  "R<(7.1) Q<(7.1) C<Q" },
		{ "1 reads R(7.1); 2 reads Q(7.2); 2 calls C(7.3), hears C, answers Q; 1 answers R",
		  "R<(7.1) Q<(7.2) C<Q" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(who_calls_itself_is_not_its_own_child)
{
	struct story *s = story_begin();

	tell(s, "1 reads R(7.1), calls C(7.2); 2 reads S(7.2) of C");
	/* a question arrives while whoever asks is still sending it */
	actor(s, "S")->x.started_ns = actor(s, "C")->x.started_ns - 10;
	CHECK(told(s, "2 answers S; 1 hears C, answers R", "R<(7.1) C<R S<C"));
	CHECK(story_end(s));
}
