/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - mirrors user/trace/thread.c: one thread, or goroutine, that serves one request. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"

TEST(a_thread_that_waits_for_its_calls_is_their_parent)
{
	static const struct story_row rows[] = {
		{ "1 reads R, calls C, hears C, answers R", "R C<R" },
		{ "1 reads R, calls C, hears C, calls D, hears D, answers R", "R C<R D<R" },
		/* both sent before one is heard */
		{ "1 reads R, calls C, calls D, hears C, hears D, answers R", "R C<R D<R" },
		/* one request after the other */
		{ "1 reads R, calls C, hears C, answers R, reads Q, calls D, hears D, answers Q",
		  "R C<R Q D<Q" },
		{ "1 reads R, calls C, loses C, answers R", "R C<R" },
		/* something else is read meanwhile: a data base's answer */
		{ "1 reads R, reads -, calls C, hears C, reads -, answers R", "R C<R" },
		/* the processor given up on the way takes nothing from the order of its reads */
		{ "1 reads R, sleeps, calls C, hears C, sleeps, answers R", "R C<R" },
		/* the call is older than the next request */
		{ "1 reads R, sleeps, calls C, reads Q, hears C, sleeps, answers Q, answers R",
		  "R C<R Q" },
		{ "1 reads R; 2 reads Q; 1 calls C; 2 calls D; 1 hears C; 2 hears D; 2 answers Q; 1 answers R",
		  "R Q C<R D<Q" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_thread_with_two_requests_is_nobodys_proof)
{
	static const struct story_row rows[] = {
		{ "1 reads R, reads Q, sleeps, calls C, hears C, sleeps, answers R, answers Q",
		  "R Q C~R~Q" },
		/* a loop that reads first and works later answers the second at once, and not the first */
		{ "1 reads R, reads Q, calls C, answers Q, waits, loses C, answers R", "R Q C*" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_thread_that_waits_for_events_may_have_been_given_other_work)
{
	static const struct story_row rows[] = {
		{ "1 reads R, waits, reads Q, waits, calls C, hears C, waits, answers R, answers Q",
		  "R Q C~R~Q" },
		{ "1 reads R, waits, calls C, waits, hears C, waits, answers R", "R C~R" },
		/* another thread's reads are counted by themselves */
		{ "1 reads R; 2 calls C, hears C; 1 answers R", "R C~R" },
		{ "1 reads R, reads -; 2 reads -, calls C, hears C; 1 answers R", "R C~R" },
		{ "1 reads R; 2 reads -, calls C, loses C; 1 answers R", "R C~R" },
		/* nothing is served */
		{ "1 calls C, hears C", "C" },
		{ "1 reads R, answers R, calls C, hears C", "R C*" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_thread_has_its_number_in_its_own_program_only)
{
	struct story *s = story_begin();

	tell(s, "a1 reads R; b1 reads Q, calls C, hears C, answers Q; a1 answers R");
	CHECK(told(s, "", "R Q C<Q"));
	CHECK(links(s, "thread", "made") == 1);
	CHECK(story_end(s));
}

TEST(reads_are_counted_beyond_the_counters_end)
{
	struct story *s = story_begin();

	tell(s, "1 reads -");
	s->threads[0].cause.reads = 65534;
	CHECK(told(s, "1 reads R, reads -, reads -, calls C, hears C, answers R", "R C<R"));
	CHECK(links(s, "thread", "made") == 1);
	CHECK(story_end(s));
}

TEST(a_goroutine_that_waits_for_its_calls_is_their_parent)
{
	static const struct story_row rows[] = {
		{ "1 runs 7, reads R, calls C, hears C, answers R", "R C<R" },
		/* on another thread after each wait, while others run where it was */
		{ "1 runs 7, reads R, waits, runs 8, reads Q, calls D;"
		  "2 runs 7, calls C, waits, hears C; 1 hears D; 2 answers R; 1 answers Q",
		  "R Q D<Q C<R" },
		/* the connection's own goroutine writes its call and another one reads the answer */
		{ "1 runs 7, reads R, calls C, waits; 2 runs 5, reads Q, calls D; 1 runs 8, hears C;"
		  "2 runs 6, hears D, runs 5, answers Q, runs 7, answers R",
		  "R C<R Q D<Q" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(goroutines_are_links_of_their_own_way)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 runs 7, reads R, calls C, hears C, answers R", "R C<R"));
	CHECK(links(s, "goroutine", "made") == 1 && links(s, "thread", "made") == 0);
	CHECK(story_end(s));
}

TEST(a_goroutine_proves_nothing_outside_of_what_it_serves)
{
	static const struct story_row rows[] = {
		/* another one calls, as for a request that is still to come */
		{ "1 runs 7, reads R, waits, runs 9, calls C, hears C, waits, runs 7, answers R",
		  "R C~R" },
		/* still running when the request was answered, which it had not waited for */
		{ "1 runs 7, reads R, calls C, answers R, waits, hears C", "R C~R" },
		/* after its answer */
		{ "1 runs 7, reads R, answers R, waits, calls C, hears C", "R C*" },
		/* an address is a goroutine in its program only */
		{ "a1 runs 7, reads R; b1 runs 7, calls C, hears C; a1 answers R", "R C" },
		/* the question was there already, and another one had the address */
		{ "1 runs 7, calls C, waits, lingers 9, reads R, waits; 2 hears C; 1 answers R",
		  "C~R R" },
		/* a worker of a pool, whom the one that serves waits for */
		{ "1 runs 7, reads R, runs 9, calls C, waits, hears C, runs 7, answers R",
		  "R C~R" },
		/* its program reads two requests in one */
		{ "1 runs 7, reads R, waits, reads Q, waits, calls C, hears C, waits, answers R, answers Q",
		  "R Q C~R~Q" },
	};

	CHECK(COME_TRUE(rows));
}
