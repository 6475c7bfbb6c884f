/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain.c - mirrors user/exchange/plain.c: on a connection that is in step, what
 * looks plain and is not goes the same way as on a new one.
 */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

/* After two exchanges both directions are in step; the rig forgets that it saw them. */
static void begin_in_step(struct rig *rig)
{
	rig_begin(rig, NULL);
	for (int i = 0; i < 2; i++) {
		recv_(rig, "? warm -\n");
		send_(rig, "! 200 -\n");
	}
	rig->count = 0;
	rig->story[0] = '\0';
}

TEST(an_answer_that_goes_on_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +10\n01234");
	CHECK(rig.count == 0);
	send_(&rig, "56789");
	CHECK(rig.count == 1 && rig.seen[0].x.ended_ns == rig.now_ns);
	CHECK(rig_end(&rig));
}

TEST(an_answer_with_more_behind_it_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n? b -\n");
	send_(&rig, "! 200 -\n! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_hands_over_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 101 -\n");
	CHECK(!strcmp(rig.story, "a=101"));
	CHECK(exchanges_counters(rig.x)->unread[UNREAD_UPGRADED] == 1);
	CHECK(rig_end(&rig));
}

TEST(an_interim_answer_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 100 -\n");
	CHECK(rig.count == 0);
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig.seen[0].x.first_answer_ns == rig.now_ns - 10);
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_does_not_begin_where_the_last_one_ended_is_a_gap)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n");
	rig.wire.at[SENT] += 8;
	send_(&rig, "! 200 -\n");
	CHECK(rig.count == 0 && rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	CHECK(rig_end(&rig));
}

TEST(a_question_behind_which_bytes_are_hidden_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	rig.wire.limit = 6;
	recv_(&rig, "? a -\n? b -\n");
	rig.wire.limit = 100;
	send_(&rig, "! 200 -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(an_answer_before_which_bytes_were_hidden_is_not_plain)
{
	struct rig rig;

	begin_in_step(&rig);
	rig.wire.limit = 6;
	recv_(&rig, "? a -\n");
	recv_(&rig, "? b -\n");
	rig.wire.limit = 100;
	send_(&rig, "! 200 -\n");
	send_(&rig, "! 201 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(a_plain_record_that_fills_a_gap_lets_go_what_is_held)
{
	struct rig rig;

	begin_in_step(&rig);
	recv_(&rig, "? a -\n");
	rig.wire.lose = true;
	send_(&rig, "! 200 -\n");
	rig.wire.kept = rig.wire.record;
	recv_(&rig, "? b -\n");
	rig_feed(&rig, turn_of(&rig.wire.kept));
	CHECK(!strcmp(rig.story, "a=200") && exchanges_open(rig.x) == 1);
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(plain_questions_past_the_limit_are_lost_too)
{
	struct exchanges_options options = rig_options;
	struct rig rig;

	options.max_exchanges = 1;
	rig_begin(&rig, &options);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	for (int i = 0; i < 2; i++) {
		struct wire other = wire_new(8);

		build_op(&rig, &other, RECEIVED, "? b -\n", 6);
		recv_(&rig, "? lost -\n");
		send_(&rig, "! 500 -\n");
		build_close(&rig, &other, false);
	}
	CHECK(!strcmp(rig.story, "a=200 b=closed b=closed"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_LIMIT] == 2);
	CHECK(rig_end(&rig));
}
