/* SPDX-License-Identifier: Apache-2.0 */
/* turn.c - mirrors user/exchange/turn.c and hold.c: late records, gaps, joined connections. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

/* `w`'s next operation is booked by another thread's hook before its own has run. */
static void late(struct rig *rig, enum direction d, const char *text)
{
	rig->wire.late = true;
	build_op(rig, &rig->wire, d, text, strlen(text));
}

TEST(an_answer_that_comes_before_its_late_question_waits_for_it)
{
	for (int opens = 0; opens < 2; opens++) {
		struct rig rig;

		rig_begin(&rig, NULL);
		late(&rig, SENT, "? a -\n");
		recv_(&rig, "! 200 -\n");
		CHECK(rig.ledger.in[STAGE_EXCHANGE] == 0);
		build_late(&rig, &rig.wire, opens);
		CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.role == ROLE_CLIENT);
		CHECK(rig.seen[0].x.started_ns == 1010 && rig.seen[0].x.ended_ns == 1020);
		CHECK(rig_end(&rig));
	}
}

TEST(a_late_question_on_a_used_connection_finds_its_answer)
{
	for (int opens = 0; opens < 2; opens++) {
		struct rig rig;

		rig_begin(&rig, NULL);
		send_(&rig, "? a -\n");
		recv_(&rig, "! 200 -\n");
		late(&rig, SENT, "? b -\n");
		recv_(&rig, "! 201 +4\n");
		recv_(&rig, "body");
		build_late(&rig, &rig.wire, opens);
		send_(&rig, "? c -\n");
		recv_(&rig, "! 202 -\n");
		CHECK(!strcmp(rig.story, "a=200 b=201 c=202"));
		CHECK(exchanges_counters(rig.x)->requests_lost == 0);
		CHECK(exchanges_counters(rig.x)->unreported_bytes == 0);
		CHECK(rig_end(&rig));
	}
}

/* As on a Go client's connection: one thread writes, another reads. */
TEST(a_late_question_whose_turn_was_announced_finds_its_answer)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 +2000\n");
	pass(&rig, RECEIVED, 2000);
	late(&rig, SENT, "? b -\n");
	build_announced(&rig, &rig.wire);
	CHECK(!strcmp(rig.story, "a=200"));
	recv_(&rig, "! 201 +4\n");
	recv_(&rig, "body");
	CHECK(rig.count == 1);
	build_late(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	send_(&rig, "? c -\n");
	recv_(&rig, "! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(exchanges_counters(rig.x)->unreported_bytes == 0);
	CHECK(rig_end(&rig));
}

TEST(a_connection_may_begin_with_an_announced_turn)
{
	for (int before = 0; before < 2; before++) {
		struct rig rig;

		rig_begin(&rig, NULL);
		if (before)
			recv_(&rig, "? a -\n");
		late(&rig, SENT, before ? "! 200 -\n" : "? a -\n");
		build_announced(&rig, &rig.wire);
		recv_(&rig, before ? "? b -\n" : "! 200 -\n");
		CHECK(rig.count == 0);
		build_late(&rig, &rig.wire, false);
		CHECK(!strcmp(rig.story, "a=200"));
		CHECK(rig_end(&rig));
	}
}

TEST(an_announcement_may_come_behind_what_it_announces)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	late(&rig, SENT, "? b -\n");
	build_late(&rig, &rig.wire, false);
	build_announced(&rig, &rig.wire);
	recv_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(what_was_announced_and_never_came_is_a_lost_request)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	late(&rig, RECEIVED, "? b -\n");
	build_announced(&rig, &rig.wire);
	send_(&rig, "! 201 -\n");
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(exchanges_counters(rig.x)->unreported_bytes == 6);
	CHECK(rig_end(&rig));
}

/* As where the kernel skips a program that was preempted: the bytes are never reported. */
TEST(an_announced_answer_that_never_came_loses_its_question_alone)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	late(&rig, SENT, "! 200 -\n");
	build_announced(&rig, &rig.wire);
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "b=201 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

/* Two skipped hooks make one turn of two questions and one of their two answers. */
TEST(an_exchange_that_hides_in_the_turns_of_another_is_a_lost_request)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	late(&rig, RECEIVED, "? b -\n");
	send_(&rig, "! 200 -\n");
	late(&rig, SENT, "! 201 -\n");
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	recv_(&rig, "? d -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

/* The next question's hook finds all of it, and says that its own bytes came first. */
TEST(an_exchange_all_of_whose_hooks_were_skipped_is_a_lost_request)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	late(&rig, SENT, "! 201 -\n");
	rig.wire.hidden = 6;
	recv_(&rig, "? c -\n? b -\n");
	send_(&rig, "! 202 -\n");
	recv_(&rig, "? d -\n");
	send_(&rig, "! 203 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 c=202 d=203"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

/* As above, but that the hook of the answer before was skipped too. */
TEST(a_question_that_hides_behind_another_whose_answer_was_skipped_is_lost_too)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	late(&rig, SENT, "! 200 -\n! 201 -\n");
	rig.wire.hidden = 6;
	recv_(&rig, "? c -\n? b -\n");
	send_(&rig, "! 202 -\n");
	recv_(&rig, "? d -\n");
	send_(&rig, "! 203 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "c=202 d=203"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 2);
	CHECK(rig_end(&rig));
}

TEST(an_announcement_behind_a_gap_is_passed_over)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	lost(&rig, SENT, "? b -\n");
	lost(&rig, RECEIVED, "! 201 -\n");
	late(&rig, SENT, "? c -\n");
	build_announced(&rig, &rig.wire);
	recv_(&rig, "! 202 -\n");
	send_(&rig, "? d -\n");
	recv_(&rig, "! 203 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 d=203"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 2);
	CHECK(rig_end(&rig));
}

TEST(a_late_answer_is_waited_for_too)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	late(&rig, SENT, "! 200 -\n");
	recv_(&rig, "? b -\n");
	CHECK(rig.count == 0);
	build_late(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200") && exchanges_open(rig.x) == 1);
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(the_late_rest_of_a_head_is_waited_for)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a");
	late(&rig, SENT, " -\n");
	recv_(&rig, "! 200 -\n");
	CHECK(rig.count == 0);
	build_late(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200") && exchanges_counters(rig.x)->heads_cut == 0);
	CHECK(rig_end(&rig));
}

TEST(the_late_rest_of_a_question_with_a_late_beginning_is_waited_for)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	late(&rig, SENT, "? a");
	build_announced(&rig, &rig.wire);
	build_late(&rig, &rig.wire, false);
	late(&rig, SENT, " -\n");
	recv_(&rig, "! 200 -\n");
	CHECK(rig.count == 0);
	build_late(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig_end(&rig));
}

TEST(the_late_beginning_of_a_head_is_waited_for)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	late(&rig, RECEIVED, "? a");
	recv_(&rig, " -\n");
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 0);
	build_late(&rig, &rig.wire, true);
	CHECK(exchanges_open(rig.x) == 1);
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig_end(&rig));
}

TEST(what_is_held_is_let_go_after_a_while)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	late(&rig, SENT, "? b -\n");
	recv_(&rig, "! 201 -\n");
	send_(&rig, "? c -\n");
	recv_(&rig, "! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(exchanges_counters(rig.x)->unreported_bytes == 6);
	CHECK(rig_end(&rig));
}

TEST(what_is_held_is_bounded)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	late(&rig, SENT, "! 200 +10\n");
	recv_(&rig, "? b");
	for (int i = 0; i < 10; i++)
		recv_(&rig, "b");
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 1);
	CHECK(rig_end(&rig));
}

TEST(records_of_two_turns_may_change_places)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	lost(&rig, SENT, "! 200 -\n");
	rig.wire.kept = rig.wire.record;
	recv_(&rig, "? b -\n");
	rig_feed(&rig, &rig.wire.kept);
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(a_question_whose_answer_was_lost_is_counted_as_a_gap)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	lost(&rig, SENT, "! 200 -\n");
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 0);
	wait_(&rig);
	CHECK(!strcmp(rig.story, "b=201"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(an_answer_whose_question_was_lost_counts_as_a_lost_request)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	lost(&rig, RECEIVED, "? b -\n");
	send_(&rig, "! 201 -\n");
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(questions_inside_a_long_gap_are_counted_by_turns)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	for (int i = 0; i < 5; i++) {
		lost(&rig, RECEIVED, "? b -\n");
		lost(&rig, SENT, "! 201 -\n");
	}
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 5);
	CHECK(rig_end(&rig));
}

TEST(a_turn_that_does_not_begin_where_the_last_one_ended_is_a_gap)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +3\n");
	rig.wire.at[RECEIVED] += 5;
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	CHECK(rig_end(&rig));
}

TEST(a_lost_opening_makes_the_rest_of_its_turn_unreadable)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	lost(&rig, SENT, "! 20");
	send_(&rig, "0 -\n");
	wait_(&rig);
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201"));
	CHECK(rig_end(&rig));
}

TEST(totals_and_close_of_a_turn_that_was_not_seen)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	lost(&rig, SENT, "! 200 -\n");
	build_totals(&rig, &rig.wire);
	CHECK(exchanges_open(rig.x) == 1);
	build_close(&rig, &rig.wire, false);
	wait_(&rig);
	CHECK(rig.count == 0 && rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	CHECK(rig_end(&rig));
}

TEST(totals_and_close_of_an_unknown_connection_make_none)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	build_totals(&rig, &rig.wire);
	build_close(&rig, &rig.wire, false);
	CHECK(exchanges_connections(rig.x) == 0);
	CHECK(rig_end(&rig));
}

TEST(a_joined_connection_is_read_from_the_first_message_that_begins_a_turn)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.flags = RECORD_JOINED;
	recv_(&rig, "the middle of something");
	send_(&rig, "! 200 -\n");
	CHECK(rig.count == 0 && exchanges_counters(rig.x)->joined_late == 1);
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201") && rig.seen[0].x.role == ROLE_SERVER);
	CHECK(exchanges_counters(rig.x)->joined_late == 1);
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(rig_end(&rig));
}

TEST(a_joined_connection_that_begins_with_an_answer_tells_the_role)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	build_connection(&rig, &rig.wire, CONNECTION_JOINED);
	recv_(&rig, "! 100 -\n! 200 +5\nabcde");
	CHECK(exchanges_counters(rig.x)->joined_late == 1);
	send_(&rig, "? b -\n");
	recv_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201") && rig.seen[0].x.role == ROLE_CLIENT);
	CHECK(rig_end(&rig));
}

TEST(the_rest_of_an_answer_on_a_joined_connection_is_no_lost_request)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.flags = RECORD_JOINED;
	send_(&rig, "! 20");
	pass(&rig, SENT, 2000);
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(rig_end(&rig));
}

TEST(an_answer_without_question_does_not_eat_the_next_one)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.flags = RECORD_JOINED;
	send_(&rig, "! 200 +5000\n");
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "b=201"));
	CHECK(rig_end(&rig));
}

TEST(a_first_record_with_a_high_number_is_read_from_there)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.number = 40;
	rig.wire.direction = SENT;
	rig.wire.at[RECEIVED] = 700;
	rig.wire.at[SENT] = 900;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig_end(&rig));
}

TEST(a_repeated_record_changes_nothing)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	rig_feed(&rig, &rig.wire.record);
	send_(&rig, "! 200 +4\nab");
	rig_feed(&rig, &rig.wire.record);
	send_(&rig, "cd");
	rig_feed(&rig, &rig.wire.record);
	CHECK(!strcmp(rig.story, "a=200") && rig.ledger.in[STAGE_EXCHANGE] == 1);
	CHECK(rig_end(&rig));
}

TEST(a_turn_of_the_wrong_direction_is_a_gap)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	rig.wire.direction = SENT;
	recv_(&rig, "? b -\n");
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "b=200"));
	turn_of(&rig.wire.record)->direction = RECEIVED;
	recv_(&rig, "? c -\n");
	turn_of(&rig.wire.record)->direction = SENT;
	rig_feed(&rig, turn_of(&rig.wire.record));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_GAP] == 2);
	CHECK(rig_end(&rig));
}

TEST(a_late_question_is_found_behind_bytes_that_were_not_shipped)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 8;
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	pass(&rig, RECEIVED, 5);
	late(&rig, SENT, "? b -\n");
	recv_(&rig, "! 201 -\n");
	build_late(&rig, &rig.wire, false);
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(a_verdict_whose_cell_went_to_another_connection_is_given_again_with_the_next_turn)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n? b -\n");
	CHECK(rig.wire.verdict == VERDICT_ALL);
	rig.wire.verdict = VERDICT_HEADS;
	send_(&rig, "! 200 -\n");
	CHECK(rig.wire.verdict == VERDICT_ALL);
	CHECK(rig_end(&rig));

	rig_begin(&rig, NULL);
	rig.wire.limit = 8;
	recv_(&rig, "? a-long-name -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.head_bytes == rig_options.max_head_bytes);
	rig.head_bytes = 0;
	recv_(&rig, "? b -\n");
	CHECK(rig.head_bytes == rig_options.max_head_bytes);
	rig.head_bytes = 0;
	send_(&rig, "! 200 -\n");
	CHECK(rig.head_bytes == rig_options.max_head_bytes);
	CHECK(rig_end(&rig));
}
