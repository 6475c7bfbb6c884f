/* SPDX-License-Identifier: Apache-2.0 */
/* callback.c - mirrors user/trace/callback.c: loops that handle one event after another. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"

TEST(a_call_comes_from_the_callback_that_made_it_and_answers_that_request)
{
	static const struct story_row rows[] = {
		{ "1 reads R, calls C, waits, hears C, answers R", "R C<R" },
		{ "1 reads R, calls C, waits, reads Q, calls D, waits, hears C, answers R, waits,"
		  "hears D, answers Q",
		  "R C<R Q D<Q" },
		/* both ends say the same though its turn read two, each of which was worked on at once */
		{ "1 reads R, calls C, reads Q, calls D, waits, hears D, answers Q, waits, hears C, answers R",
		  "R C<R Q D<Q" },
		/* and where it was not: who reads first and works later does so */
		{ "1 reads R, reads Q, calls C, hears C, answers Q, waits, answers R", "R Q C*" },
		{ "1 reads Q, reads R, calls C, calls D, waits, hears D, hears C, answers R, waits, answers Q",
		  "Q R C* D*" },
		/* answered in the other order */
		{ "1 reads R, calls C, waits, reads Q, calls D, waits, hears D, answers Q, waits,"
		  "hears C, answers R",
		  "R C<R Q D<Q" },
		/* one call after the other */
		{ "1 reads R, calls C, waits, reads Q, calls E, waits, hears C, calls D, waits, hears D,"
		  "answers R, waits, hears E, answers Q",
		  "R C<R Q E<Q D<R" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(ends_that_agree_are_links_and_are_counted)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R, calls C, waits, hears C, answers R", "R C<R"));
	CHECK(links(s, "callback", "made") == 1 && links(s, "thread", "made") == 0);
	CHECK(story_end(s));
}

TEST(ends_that_disagree_make_no_parent_but_two_candidates)
{
	struct story *s = story_begin();

	CHECK(told(
		s,
		"1 reads R, waits, reads Q, calls C, waits, hears C, answers R, waits, answers Q",
		"R Q C~R~Q"));
	CHECK(actor(s, "C")->links[0].confidence == 1.0 / 3);
	CHECK(actor(s, "C")->links[1].confidence == 1.0 / 3);
	CHECK(links(s, "callback", "disagreed") == 1 && links(s, "none", "none") == 1);
	CHECK(story_end(s));
}

TEST(a_call_that_answered_two_has_no_parent)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R, calls C, waits, reads Q, waits, hears C, answers R, answers Q",
		   "R C* Q"));
	CHECK(links(s, "callback", "ambiguous") == 1);
	CHECK(story_end(s));
}

/* Is `want` what the story ends with in a program that is known to answer what it has read? */
static bool told_of_known(const char *text, const char *want)
{
	struct story *s = story_begin();
	bool good;

	for (int i = 0; i < 20; i++)
		tell_numbered(s, "1 waits, reads P%, calls O%, waits, hears O%, answers P%", i);
	tell(s, "1 waits");
	tell(s, text);
	pass(s);
	good = is_said(s, want, 0) && is_said(s, "P19 O19<P19", 0);
	if (!good)
		printf("%s\n  came to:  %s\n  not to:   %s\n", text, said(s), want);
	return story_end(s) && good;
}

TEST(what_a_call_led_to_is_enough_where_its_callback_ran_still)
{
	/* a timer made the call; what answered was called by what read */
	CHECK(told_of_known("1 reads R, waits, reads Q, waits, calls C, calls D, waits, hears C,"
			    "enters, answers R, waits, hears D, enters, answers Q",
			    "R Q C<R D<Q"));
	/* or it read on, in the same turn of the loop */
	CHECK(told_of_known(
		"1 reads R, waits, calls C, waits, hears C, answers R, reads Q, answers Q",
		"R C<R Q"));
	/* or neither: a timer may have been what answered */
	CHECK(told_of_known("1 reads R, waits, calls C, waits, hears C, answers R", "R C~R"));
	CHECK(told_of_known(
		"1 reads R, waits, calls C, waits, hears C, answers R, waits, reads Q, answers Q",
		"R C~R Q"));
	CHECK(told_of_known(
		"1 reads R, waits, calls C, waits, hears C, answers R; 2 reads Q, answers Q",
		"R C~R Q"));
}

TEST(what_a_call_led_to_is_not_enough_where_it_may_be_the_call_of_another)
{
	/* Q waited for the same answer, and was answered by a timer */
	CHECK(told_of_known("1 reads R, waits, reads Q, waits, calls C, waits, hears C, enters,"
			    "answers R, waits, answers Q",
			    "R Q C~R"));
	/* R's call let Q begin, and R was answered by a timer */
	CHECK(told_of_known("1 reads R, waits, reads Q, waits, calls C, waits, hears C, calls D,"
			    "waits, hears D, enters, answers Q, waits, answers R",
			    "R Q C~Q"));
}

TEST(what_a_call_led_to_is_not_enough_while_another_request_is_open)
{
	struct story *s = story_begin();

	tell(s, "1 reads X");
	for (int i = 0; i < 20; i++)
		tell_numbered(s, "1 waits, reads P%, calls O%, waits, hears O%, answers P%", i);
	/* it may be X's call, and R have waited for the same answer */
	tell(s, "1 waits, reads R, waits, calls C, waits, hears C, enters, answers R");
	settle(s, 11000);
	pass(s);
	CHECK(is_said(s, "R C~R", 0));
	CHECK(story_end(s));
}

TEST(what_a_call_led_to_is_not_enough_in_a_program_that_is_not_known)
{
	static const struct story_row rows[] = {
		{ "1 reads R, waits, calls C, waits, hears C, enters, answers R", "R C~R" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(where_a_call_came_from_is_not_enough)
{
	static const struct story_row rows[] = {
		{ "1 reads R, calls C, waits, hears C, waits, answers R", "R C~R" },
		{ "1 reads Q, calls D, waits, reads R, calls C, waits, hears C, waits, answers R, waits,"
		  "hears D, answers Q",
		  "Q D<Q R C~R" },
		{ "1 reads R, enters, calls C, waits, hears C, waits, answers R", "R C~R" },
		/* a call that waited in a queue was made when another was read */
		{ "1 reads R, waits, reads Q, calls C, waits, hears C, waits, answers R, waits, answers Q",
		  "R Q C*" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(goroutines_run_in_between_as_they_like)
{
	static const struct story_row rows[] = {
		{ "1 runs 7, reads R, waits, runs 8, calls C, waits, hears C, enters, answers R",
		  "R C~R" },
		{ "1 runs 7, reads R, runs 8, calls C, waits, hears C, runs 7, answers R",
		  "R C~R" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(what_came_from_no_read_and_led_to_no_answer_has_no_parent)
{
	static const struct story_row rows[] = {
		{ "1 reads R, waits, reads Q, waits, calls C, waits, hears C, waits, answers R, answers Q",
		  "R Q C~R~Q" },
		{ "1 reads R, sleeps, calls C, waits, hears C, sleeps, answers R", "R C~R" },
		/* a data base answered in between, for whom is not known */
		{ "1 reads R, waits, reads Q, waits, reads -, calls C, waits, hears C, waits, reads -, answers Q,"
		  "waits, answers R",
		  "R Q C~R~Q" },
		{ "1 calls C, waits, hears C", "C" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_request_that_is_still_served_may_be_whose_call_it_is)
{
	struct story *s = story_begin();

	tell(s, "1 reads Q, waits, reads R, calls C, waits, hears C, waits, answers R");
	CHECK(told(s, "", ""));
	CHECK(told(s, "1 rests 10000", "R C~R"));
	CHECK(hurried(s, "wait") > 0);
	CHECK(told(s, "1 answers Q", "Q R C~R"));
	CHECK(story_end(s));
}

TEST(a_request_that_ended_before_is_not_whose_call_it_is)
{
	static const struct story_row rows[] = {
		{ "1 reads R, answers R, calls C, waits, hears C", "R C*" },
		{ "1 reads R, answers R, calls C, waits, reads Q, waits, hears C, answers Q",
		  "R C* Q" },
		/* nor is one that came while the call ran, even if its answer came of it */
		{ "1 reads R, calls C, waits, reads Q, waits, hears C, answers Q, waits, answers R",
		  "R C* Q" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(of_pipelined_requests_it_is_not_known_which_one_was_read)
{
	static const struct story_row rows[] = {
		{ "1 reads R+Q, calls C, waits, hears C, waits, answers R, answers Q",
		  "R Q C~R~Q" },
		{ "1 reads R+Q, calls C, waits, hears C, answers R, answers Q", "R Q C*" },
		/* which call was heard is not known either */
		{ "1 reads R, waits, reads Q, calls C+D, waits, hears C+D, answers Q, answers R",
		  "R Q C* D*" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(of_calls_heard_at_once_it_is_not_known_which_one_answered)
{
	static const struct story_row rows[] = {
		{ "1 reads R, calls C+D, waits, hears C+D, answers R", "R C~R D~R" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_loop_has_its_turns_in_its_own_program_only)
{
	struct story *s = story_begin();

	tell(s, "a1 reads R; b1 reads Q");
	/* as if a socket had been handed over */
	s->threads[1].cause = s->threads[0].cause;
	tell(s, "b1 calls C, waits, hears C, waits; a1 answers R; b1 answers Q");
	CHECK(told(s, "", "R Q C~Q"));
	CHECK(story_end(s));
}

/* The order of HAProxy: all that came is read, then all is worked on; `later` tells the rest. */
static bool reads_first(const char *later)
{
	struct story *s = story_begin();
	bool good = true;

	for (int i = 0; i < 12; i++) {
		tell_numbered(s, "1 waits, reads R%, reads Q%, calls C%, calls D%, waits", i);
		tell_numbered(s, later, i);
		pass(s);
		good &= !is_said(s, "C%<Q%", i) && !is_said(s, "D%<R%", i);
	}
	if (!good)
		printf("%s\n  came to: %s\n", later, said(s));
	return story_end(s) && good;
}

TEST(a_loop_that_reads_first_and_works_later_never_has_a_wrong_parent)
{
	CHECK(reads_first("1 hears C%, answers R%, waits, hears D%, answers Q%"));
	CHECK(reads_first("1 hears C%, hears D%, answers R%, answers Q%"));
	CHECK(reads_first("1 hears D%, hears C%, answers R%, answers Q%"));
	CHECK(reads_first("1 hears D%, answers Q%, waits, hears C%, answers R%"));
	CHECK(reads_first("1 hears C%, waits, answers R%, waits, hears D%, waits, answers Q%"));
}

/* A call by a timer whose answer is the second read of its turn: has it a parent? */
static bool is_believed(struct story *s, int round)
{
	tell_numbered(
		s,
		"1 waits, reads X%, waits, calls Y%, waits, reads -, hears Y%, enters, answers X%",
		round);
	pass(s);
	return is_said(s, "Y%<X%", round);
}

TEST(a_turn_with_several_reads_is_believed_once_such_turns_agreed_often)
{
	struct story *s = story_begin();

	CHECK(!is_believed(s, 0));
	for (int i = 0; i < 16; i++) {
		tell_numbered(s,
			      "1 waits, reads R%, calls C%, reads Q%, calls D%, waits,"
			      "hears C%, answers R%, hears D%, answers Q%",
			      i);
		pass(s);
		CHECK(is_said(s, "R% C%<R% Q% D%<Q%", i));
	}
	CHECK(is_believed(s, 1));
	/* and no more once they disagree */
	tell(s, "1 waits, reads K, reads L, calls M, waits, hears M, answers K, waits, answers L");
	pass(s);
	CHECK(is_said(s, "M~K~L", 0));
	CHECK(!is_believed(s, 2));
	CHECK(story_end(s));
}
