/* SPDX-License-Identifier: Apache-2.0 */
/* lost.c - mirrors user/exchange/turn.c: what is counted as lost, once each. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

TEST(questions_that_only_a_close_tells_of_are_lost_requests)
{
	for (int turns = 0; turns <= 4; turns++) {
		for (enum direction asking = RECEIVED; asking <= SENT; asking++) {
			struct rig rig;

			rig_begin(&rig, NULL);
			build_op(&rig, &rig.wire, asking, "? a -\n", 6);
			build_op(&rig, &rig.wire, !asking, "! 200 -\n", 8);
			for (int i = 0; i < turns; i++)
				lost(&rig, i % 2 ? !asking : asking,
				     i % 2 ? "! 201 -\n" : "? b -\n");
			build_close(&rig, &rig.wire, false);
			wait_(&rig);
			CHECK(!strcmp(rig.story, "a=200") && !exchanges_connections(rig.x));
			CHECK(exchanges_counters(rig.x)->requests_lost == (turns + 1U) / 2);
			CHECK(rig_end(&rig));
		}
	}
}

/* One question and its answer on `w`, then an answer whose question is missed. */
static void miss_a_question(struct rig *rig, struct wire *w)
{
	build_op(rig, w, RECEIVED, "? a -\n", 6);
	build_op(rig, w, SENT, "! 200 -\n", 8);
	w->lose = true;
	build_op(rig, w, RECEIVED, "? b -\n", 6);
	build_op(rig, w, SENT, "! 201 -\n", 8);
}

TEST(a_connection_that_always_holds_something_delays_no_other)
{
	static struct wire other;
	struct rig rig;

	rig_begin(&rig, NULL);
	wire_begin(&other, 9);
	miss_a_question(&rig, &rig.wire);
	miss_a_question(&rig, &other);
	rig.now_ns += 40000000;
	lost(&rig, RECEIVED, "? c -\n");
	send_(&rig, "! 202 -\n");
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	rig.now_ns += 11000000;
	exchanges_expire(rig.x, rig.now_ns);
	CHECK(exchanges_counters(rig.x)->requests_lost == 2);
	wait_(&rig);
	CHECK(exchanges_counters(rig.x)->requests_lost == 3);
	CHECK(rig_end(&rig));
}

/* The one that was seen is lost by itself; the answer it waits for asks nothing. */
TEST(an_open_question_and_those_behind_it_are_lost_once_each_at_a_close)
{
	for (int turns = 1; turns <= 3; turns++) {
		struct rig rig;

		rig_begin(&rig, NULL);
		recv_(&rig, "? a -\n");
		for (int i = 0; i < turns; i++)
			lost(&rig, i % 2 ? RECEIVED : SENT, i % 2 ? "? b -\n" : "! 200 -\n");
		build_close(&rig, &rig.wire, false);
		wait_(&rig);
		CHECK(rig.count == 0 && rig.ledger.lost[LOSS_EXCHANGE_GAP] == 1);
		CHECK(exchanges_counters(rig.x)->requests_lost == 1 + turns / 2U);
		CHECK(rig_end(&rig));
	}
}

/* As after a worker died: the kernel half counts what it lost before it announces. */
TEST(turns_lost_before_a_connection_is_announced_again_are_not_counted_twice)
{
	for (int answers = 0; answers < 2; answers++) {
		struct rig rig;

		rig_begin(&rig, NULL);
		recv_(&rig, "? a -\n");
		send_(&rig, "! 200 -\n");
		for (int i = 0; i < 3; i++) {
			lost(&rig, RECEIVED, "? b -\n");
			if (i < 2 || !answers)
				lost(&rig, SENT, "! 201 -\n");
		}
		build_connection(&rig, &rig.wire, CONNECTION_JOINED);
		if (answers)
			send_(&rig, "! 202 -\n");
		recv_(&rig, "? c -\n");
		send_(&rig, "! 203 -\n");
		wait_(&rig);
		CHECK(!strcmp(rig.story, "a=200 c=203"));
		CHECK(exchanges_counters(rig.x)->requests_lost == 0);
		lost(&rig, RECEIVED, "? d -\n");
		lost(&rig, SENT, "! 204 -\n");
		recv_(&rig, "? e -\n");
		wait_(&rig);
		CHECK(exchanges_counters(rig.x)->requests_lost == 1);
		CHECK(rig_end(&rig));
	}
}

TEST(an_announcement_again_without_a_loss_changes_nothing)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	build_connection(&rig, &rig.wire, CONNECTION_JOINED);
	send_(&rig, "! 200 -\n");
	lost(&rig, RECEIVED, "? b -\n");
	lost(&rig, SENT, "! 201 -\n");
	recv_(&rig, "? c -\n");
	wait_(&rig);
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(counts_go_on_from_those_of_a_worker_before)
{
	const struct exchange_counters before = { .requests_lost = 7,
						  .heads_cut = 2,
						  .joined_late = 3 };
	struct rig rig;

	rig_begin(&rig, NULL);
	exchanges_inherit(rig.x, &before);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	lost(&rig, RECEIVED, "? b -\n");
	build_close(&rig, &rig.wire, false);
	wait_(&rig);
	CHECK(exchanges_counters(rig.x)->requests_lost == 8);
	CHECK(exchanges_counters(rig.x)->heads_cut == 2);
	CHECK(exchanges_counters(rig.x)->joined_late == 3);
	CHECK(rig_end(&rig));
}
