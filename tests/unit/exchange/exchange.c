/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - mirrors user/exchange/: roles, times, bodies, ends, who asks what. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

TEST(a_question_and_its_answer_are_observed_once)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	CHECK(exchanges_open(rig.x) == 1 && rig.count == 0);
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_open(rig.x) == 0);
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 1 && rig.ledger.out[STAGE_EXCHANGE] == 1);
	CHECK(rig_end(&rig));
}

static bool measured_alike(const struct exchange *a, const struct exchange *b, uint64_t later)
{
	return a->started_ns + later == b->started_ns && a->ended_ns + later == b->ended_ns &&
	       a->first_answer_ns + later == b->first_answer_ns && a->start == b->start &&
	       a->outcome == b->outcome && a->answered == b->answered && a->role == b->role &&
	       a->asking_body_bytes == b->asking_body_bytes &&
	       a->answering_body_bytes == b->answering_body_bytes &&
	       a->process.tgid == b->process.tgid;
}

/* The first is taken step by step, the others in one go where they are plain. */
TEST(every_exchange_of_a_connection_is_measured_like_the_first)
{
	static const char *const answers[] = { "! 200 -\n", "! 200 +5\nabcde", "! 200 *\nabc." };

	EACH(i, answers)
		for (int arrived = 0; arrived < 2; arrived++) {
			struct rig rig;

			rig_begin(&rig, NULL);
			rig.wire.limit = 10; /* of the second, some of the body is hidden */
			for (uint64_t n = 0; n < 3; n++) {
				rig.wire.arrived_ns = arrived ? rig.now_ns + 5 : 0;
				recv_(&rig, "? a -\n");
				send_(&rig, answers[i]);
			}
			build_close(&rig, &rig.wire, false);
			CHECK(rig.count == 3);
			CHECK(measured_alike(&rig.seen[0].x, &rig.seen[1].x, 20));
			CHECK(measured_alike(&rig.seen[0].x, &rig.seen[2].x, 40));
			CHECK(rig_end(&rig));
		}
}

TEST(who_reads_the_first_question_is_the_server)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.seen[0].x.role == ROLE_SERVER);
	CHECK(rig_end(&rig));
}

TEST(who_writes_the_first_question_is_the_client)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.role == ROLE_CLIENT);
	CHECK(rig_end(&rig));
}

TEST(a_server_starts_at_the_arrival_where_it_is_known)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.arrived_ns = 400;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	recv_(&rig, "? b -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.seen[0].x.started_ns == 400 && rig.seen[0].x.start == START_ARRIVAL);
	CHECK(rig.seen[0].x.ended_ns == 1020);
	CHECK(rig.seen[1].x.started_ns == 1030 && rig.seen[1].x.start == START_READ);
	CHECK(exchanges_counters(rig.x)->start[START_ARRIVAL] == 1);
	CHECK(exchanges_counters(rig.x)->start[START_READ] == 1);
	CHECK(rig_end(&rig));
}

TEST(a_client_goes_from_first_byte_written_to_last_byte_read)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a");	   /* 1010 */
	send_(&rig, " -\n");	   /* 1020 */
	recv_(&rig, "! 200 +4\n"); /* 1030 */
	recv_(&rig, "ab");	   /* 1040 */
	recv_(&rig, "cd");	   /* 1050 */
	CHECK(rig.seen[0].x.started_ns == 1010 && rig.seen[0].x.ended_ns == 1050);
	CHECK(rig.seen[0].x.first_answer_ns == 1030);
	CHECK(rig_end(&rig));
}

TEST(an_exchange_belongs_to_the_process_that_first_read_it)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a");
	rig.wire.process.tgid = 2;
	recv_(&rig, " -\n");
	rig.wire.process.tgid = 3;
	send_(&rig, "! 200 -\n");
	CHECK(rig.seen[0].x.process.tgid == 1);
	CHECK(rig_end(&rig));
}

TEST(addresses_are_given_when_the_connection_was_told)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	build_connection(&rig, &rig.wire, CONNECTION_ACCEPTED);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.seen[0].had_peer && rig.seen[0].remote_port == 1007);
	CHECK(rig_end(&rig));

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!rig.seen[0].had_peer);
	CHECK(rig_end(&rig));
}

TEST(a_head_may_come_a_byte_at_a_time)
{
	struct rig rig;
	static const char question[] = "? slow -\n", answer[] = "! 200 -\n";

	rig_begin(&rig, NULL);
	for (size_t i = 0; i < sizeof(question) - 1; i++)
		build_op(&rig, &rig.wire, RECEIVED, question + i, 1);
	for (size_t i = 0; i < sizeof(answer) - 1; i++)
		build_op(&rig, &rig.wire, SENT, answer + i, 1);
	CHECK(!strcmp(rig.story, "slow=200"));
	CHECK(rig.seen[0].x.started_ns == 1010);
	CHECK(rig.seen[0].x.first_answer_ns == 1100 && rig.seen[0].x.ended_ns == 1170);
	CHECK(rig_end(&rig));
}

TEST(an_answer_of_counted_bytes_ends_with_the_last_of_them)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +10\n01234");
	CHECK(rig.count == 0);
	send_(&rig, "56789");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig.seen[0].x.answering_body_bytes == 10);
	CHECK(rig_end(&rig));
}

TEST(counted_bytes_that_are_not_shipped_are_told_by_the_next_turn)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 16;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +5000\n");
	pass(&rig, SENT, 2000);
	pass(&rig, SENT, 3000);
	CHECK(rig.count == 0 && exchanges_want_sweep(rig.x));
	recv_(&rig, "? b -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1040);
	CHECK(rig.seen[0].x.answering_body_bytes == 5000);
	CHECK(!exchanges_want_sweep(rig.x));
	CHECK(rig_end(&rig));
}

TEST(counted_bytes_that_are_not_shipped_are_told_by_a_sweep)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 16;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +5000\n");
	pass(&rig, SENT, 2000);
	build_totals(&rig, &rig.wire);
	CHECK(rig.count == 0 && exchanges_want_sweep(rig.x));
	pass(&rig, SENT, 3000);
	rig.now_ns += 100;
	build_totals(&rig, &rig.wire);
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1040);
	CHECK(!exchanges_want_sweep(rig.x));
	CHECK(rig_end(&rig));
}

TEST(counted_bytes_in_the_same_operation_need_no_further_record)
{
	struct rig rig;
	char answer[5000] = "! 200 +4988\n";

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	build_op(&rig, &rig.wire, SENT, answer, sizeof(answer));
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig_end(&rig));
}

TEST(a_marked_answer_ends_where_its_mark_is_seen)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 *\nabc");
	CHECK(rig.count == 0 && exchanges_want_sweep(rig.x));
	send_(&rig, "def.");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig.seen[0].x.answering_body_bytes == 7);
	CHECK(rig_end(&rig));
}

TEST(a_marked_answer_that_is_hidden_ends_by_the_tail_of_the_totals)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 10;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 *\nabcdefgh");
	send_(&rig, "ijk");
	build_totals(&rig, &rig.wire);
	CHECK(rig.count == 0);
	send_(&rig, "lm.");
	build_totals(&rig, &rig.wire);
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1040);
	CHECK(rig.seen[0].x.answering_body_bytes == 14);
	CHECK(rig_end(&rig));
}

TEST(a_marked_answer_whose_tail_was_not_seen_ends_before_the_next_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 10;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 *\nabcdefgh");
	rig.wire.unreadable = true;
	pass(&rig, SENT, 100);
	recv_(&rig, "? b -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	send_(&rig, "! 404 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=404"));
	CHECK(rig_end(&rig));
}

TEST(a_marked_answer_that_cannot_be_stepped_over_ends_by_its_tail)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 *\nab\1c");
	CHECK(rig.count == 0);
	send_(&rig, "xyz.");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig_end(&rig));
}

TEST(an_answer_to_the_close_ends_with_its_last_byte)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 $\nabc");
	send_(&rig, "def");
	CHECK(rig.count == 0 && !exchanges_want_sweep(rig.x));
	build_close(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig.seen[0].x.outcome == OUTCOME_ANSWERED);
	CHECK(rig.seen[0].x.answering_body_bytes == 6);
	CHECK(rig_end(&rig));
}

TEST(an_answer_to_the_close_that_is_reset_is_not_whole)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 $\nabc");
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200!reset"));
	CHECK(rig_end(&rig));
}

TEST(an_answer_of_unknown_length_ends_with_its_turn)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 ~\nabc");
	send_(&rig, "def");
	CHECK(rig.count == 0);
	recv_(&rig, "? b -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig.seen[0].x.answering_body_bytes == -1);
	send_(&rig, "! 500 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=500"));
	CHECK(rig_end(&rig));
}

TEST(the_answer_is_parsed_knowing_its_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? quiet -\n");
	send_(&rig, "! 200 +5000\n");
	CHECK(!strcmp(rig.story, "quiet=200"));
	CHECK(rig_end(&rig));
}

TEST(a_question_with_a_body_is_answered_after_it)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 12;
	recv_(&rig, "? a +3000\n");
	pass(&rig, RECEIVED, 1000);
	pass(&rig, RECEIVED, 2000);
	send_(&rig, "! 200 -\n");
	recv_(&rig, "? b *\nfoo.");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig.seen[0].x.asking_body_bytes == 3000 && rig.seen[1].x.asking_body_bytes == 4);
	CHECK(rig_end(&rig));
}

TEST(an_interim_answer_stays_within_the_exchange)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a +9\n");  /* 1010 */
	send_(&rig, "! 100 -\n"); /* 1020 */
	CHECK(rig.count == 0);
	recv_(&rig, "? no -\n??");
	send_(&rig, "! 200 -\n"); /* 1040 */
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig.seen[0].x.started_ns == 1010 && rig.seen[0].x.ended_ns == 1040);
	CHECK(rig.seen[0].x.first_answer_ns == 1020 && rig.seen[0].x.asking_body_bytes == 9);
	CHECK(rig_end(&rig));
}

TEST(interim_and_final_answer_may_share_an_operation)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 100 -\n! 100 -\n! 204 -\n");
	CHECK(!strcmp(rig.story, "a=204"));
	CHECK(rig_end(&rig));
}

TEST(body_bytes_after_an_early_answer_are_no_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a +20\n0123456789");
	send_(&rig, "! 413 -\n");
	CHECK(!strcmp(rig.story, "a=413") && rig.seen[0].x.asking_body_bytes == -1);
	recv_(&rig, "? body -\nx? c");
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 1);
	recv_(&rig, " -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=413 c=200"));
	CHECK(rig_end(&rig));
}

TEST(after_an_early_answer_all_bytes_are_wanted)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a +9\n123");
	send_(&rig, "! 413 -\n");
	CHECK(rig.wire.verdict == VERDICT_ALL);
	recv_(&rig, "456789? b -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=413 b=200"));
	CHECK(rig_end(&rig));
}

TEST(after_a_marked_question_that_is_hidden_a_turn_that_asks_is_a_new_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 10;
	recv_(&rig, "? a *\nabcdefghijkl");
	send_(&rig, "! 413 -\n");
	recv_(&rig, "more of it");
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 1);
	send_(&rig, "! 100 -\n");
	recv_(&rig, "? b -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=413 b=200"));
	CHECK(rig_end(&rig));
}

TEST(a_connection_that_is_closed_before_the_answer_is_observed_so)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	build_close(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=closed") && !rig.seen[0].x.answered);
	CHECK(rig.seen[0].x.ended_ns == 1020 && rig.seen[0].x.first_answer_ns == 0);
	CHECK(exchanges_connections(rig.x) == 0);
	CHECK(rig_end(&rig));
}

TEST(a_connection_that_is_reset_inside_the_answer_is_observed_so)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +100\nabc");
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200!reset") && rig.seen[0].x.answered);
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_is_closed_before_its_first_line_is_whole_has_no_status)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! ");
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=reset") && !rig.seen[0].x.answered);
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 0);
	CHECK(rig_end(&rig));
}

TEST(the_totals_of_a_close_may_complete_the_answer)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 16;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +5000\n");
	pass(&rig, SENT, 5000);
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig_end(&rig));
}

TEST(a_connection_that_closes_idle_says_nothing)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(rig_end(&rig));
}

TEST(a_process_that_ends_closes_its_own_connections_only)
{
	struct rig rig;
	struct wire other = wire_new(8);

	rig_begin(&rig, NULL);
	other.process.tgid = 2;
	recv_(&rig, "? a -\n");
	build_op(&rig, &other, RECEIVED, "? b -\n", 6);
	exchanges_process_ended(rig.x, (struct process_id){ .tgid = 3 }, 5000);
	CHECK(exchanges_connections(rig.x) == 2);
	exchanges_process_ended(rig.x, (struct process_id){ .tgid = 1 }, 5000);
	CHECK(!strcmp(rig.story, "a=closed") && rig.seen[0].x.ended_ns == 5000);
	CHECK(exchanges_connections(rig.x) == 1);
	CHECK(rig_end(&rig));
}

TEST(an_unsolicited_answer_is_no_exchange)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	send_(&rig, "! 408 -\n");
	build_close(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(exchanges_counters(rig.x)->joined_late == 0);
	CHECK(rig_end(&rig));
}

static void count_open(void *context, const struct exchange *open)
{
	int *count = context;

	*count += open->role == ROLE_SERVER && open->peer && open->peer->remote_port == 1007 &&
		  !open->answered && !open->answer && !open->ended_ns;
}

TEST(each_open_exchange_is_visited_with_its_addresses)
{
	struct rig rig;
	int count = 0;

	rig_begin(&rig, NULL);
	build_connection(&rig, &rig.wire, 0);
	recv_(&rig, "? a -\n? b -\n");
	send_(&rig, "! 100 -\n");
	exchanges_each_open(rig.x, count_open, &count);
	CHECK(count == 2);
	CHECK(rig_end(&rig));
}

TEST(what_is_open_at_the_end_is_lost_and_said_so)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	CHECK(exchanges_open(rig.x) == 1);
	exchanges_lose_open(rig.x);
	CHECK(exchanges_open(rig.x) == 0 && rig.count == 0);
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_SHUTDOWN] == 1);
	CHECK(!ledger_residual(&rig.ledger, STAGE_EXCHANGE));
	CHECK(rig_end(&rig));
}

TEST(an_idle_connection_that_makes_room_is_counted)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	for (uint64_t i = 0; i < rig_options.max_connections + 3; i++) {
		rig.wire = wire_new(i + 1);
		recv_(&rig, "? a -\n");
		send_(&rig, "! 200 -\n");
	}
	CHECK(exchanges_counters(rig.x)->evicted == 3);
	CHECK(rig_end(&rig));
}

TEST(a_connection_that_carries_nothing_is_forgotten_at_its_end)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	build_connection(&rig, &rig.wire, 0);
	CHECK(exchanges_connections(rig.x) == 1);
	build_close(&rig, &rig.wire, false);
	CHECK(exchanges_connections(rig.x) == 0 && rig.count == 0);
	CHECK(exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(rig_end(&rig));
}
