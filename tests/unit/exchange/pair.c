/* SPDX-License-Identifier: Apache-2.0 */
/* pair.c - mirrors user/exchange/pair.c: pipelining, pairs, limits. */
#include "tests/test.h"
#include "tests/unit/exchange/lineproto.h"
#include "tests/unit/exchange/script.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/exchange/connection.h"

extern const struct proto proto_http1;

TEST(pipelined_questions_are_answered_in_order)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n? b -\n? c -\n");
	CHECK(exchanges_open(rig.x) == 3);
	send_(&rig, "! 200 -\n! 201 +3\nabc! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201 c=202"));
	CHECK(rig_end(&rig));
}

TEST(pipelining_asks_for_all_bytes_once)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	CHECK(rig.verdicts == 0);
	recv_(&rig, "? b -\n? c -\n");
	CHECK(rig.verdicts == 1 && rig.wire.verdict == VERDICT_ALL);
	CHECK(rig.head_bytes == OP_BYTES);
	CHECK(rig_end(&rig));
}

TEST(a_pipelined_question_starts_when_the_answer_before_it_ended)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.arrived_ns = 900;
	recv_(&rig, "? a -\n? b -\n? c -\n"); /* 1010 */
	send_(&rig, "! 200 -\n");	      /* 1020 */
	send_(&rig, "! 200 +3\nab");	      /* 1030 */
	send_(&rig, "c! 200 -\n");	      /* 1040 */
	CHECK(rig.seen[0].x.started_ns == 900 && rig.seen[0].x.ended_ns == 1020);
	CHECK(rig.seen[1].x.started_ns == 1020 && rig.seen[1].x.ended_ns == 1040);
	CHECK(rig.seen[2].x.started_ns == 1040 && rig.seen[2].x.ended_ns == 1040);
	CHECK(rig_end(&rig));
}

TEST(a_pipelined_question_that_arrives_after_the_answer_before_it_starts_at_its_arrival)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n? b -\n");
	send_(&rig, "! 200 -\n! 200 -\n"); /* 1020 */
	rig.wire.arrived_ns = 1025;
	recv_(&rig, "? c -\n");
	send_(&rig, "! 200 -\n");
	rig.wire.arrived_ns = 1035; /* before the answer's end at 1040 */
	recv_(&rig, "? d -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.seen[2].x.started_ns == 1025 && rig.seen[3].x.started_ns == 1040);
	CHECK(rig_end(&rig));
}

TEST(a_pipelined_client_starts_at_its_own_first_byte)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	send_(&rig, "? a -\n"); /* 1010 */
	send_(&rig, "? b -\n"); /* 1020 */
	recv_(&rig, "! 200 -\n! 200 -\n");
	CHECK(rig.seen[0].x.started_ns == 1010 && rig.seen[1].x.started_ns == 1020);
	CHECK(rig_end(&rig));
}

TEST(a_question_may_be_cut_in_two_by_the_answer_before_it)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n? b");
	send_(&rig, "! 200 -\n");
	recv_(&rig, " -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(exchanges_counters(rig.x)->heads_cut == 0);
	CHECK(rig_end(&rig));
}

TEST(a_line_end_too_many_does_not_start_the_next_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n\n");
	send_(&rig, "! 200 -\n");
	rig.now_ns += 5000;
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig.seen[1].x.started_ns == rig.now_ns - 10);
	CHECK(rig_end(&rig));
}

TEST(a_question_may_come_while_the_answer_before_it_goes_on)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 +6\nabc");
	recv_(&rig, "? b -\n");
	send_(&rig, "def! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig_end(&rig));
}

TEST(answers_that_name_their_question_may_come_in_any_order)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a - =1\n? b - =2\n? c - =3\n");
	send_(&rig, "! 203 - =3\n! 201 +2 =1\nab! 202 - =2\n");
	CHECK(!strcmp(rig.story, "c=203 a=201 b=202"));
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_names_no_open_question_is_passed_over)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a - =1\n");
	send_(&rig, "! 209 +3 =9\nabc! 201 - =1\n");
	CHECK(!strcmp(rig.story, "a=201"));
	CHECK(rig_end(&rig));
}

TEST(more_waiting_questions_than_the_limit_are_lost_and_do_not_shift_the_answers)
{
	static struct rig rig;

	rig_begin(&rig, NULL);
	for (int i = 0; i < LIMIT_PIPELINE; i++)
		recv_(&rig, "? a -\n");
	recv_(&rig, "? lost -\n? lost -\n");
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_LIMIT] == 2);
	for (int i = 0; i < LIMIT_PIPELINE; i++)
		send_(&rig, "! 200 -\n");
	recv_(&rig, "? lost -\n");
	CHECK(rig.count == LIMIT_PIPELINE && rig.ledger.lost[LOSS_EXCHANGE_LIMIT] == 3);
	send_(&rig, "! 500 -\n! 500 -\n! 500 -\n");
	recv_(&rig, "? z -\n");
	send_(&rig, "! 201 -\n");
	CHECK(rig.count == LIMIT_PIPELINE + 1);
	CHECK(!strcmp(rig.seen[LIMIT_PIPELINE].name, "z"));
	CHECK(!strcmp(rig.seen[LIMIT_PIPELINE].status, "201"));
	CHECK(rig_end(&rig));
}

TEST(more_open_exchanges_than_the_limit_are_lost)
{
	struct exchanges_options options = rig_options;
	struct wire other = wire_new(8);
	struct rig rig;

	options.max_exchanges = 1;
	rig_begin(&rig, &options);
	recv_(&rig, "? a -\n");
	build_op(&rig, &other, RECEIVED, "? b -\n", 6);
	CHECK(exchanges_open(rig.x) == 1 && rig.ledger.lost[LOSS_EXCHANGE_LIMIT] == 1);
	build_op(&rig, &other, SENT, "! 500 -\n", 8);
	send_(&rig, "! 200 -\n");
	build_op(&rig, &other, RECEIVED, "? c -\n", 6);
	build_op(&rig, &other, SENT, "! 201 -\n", 8);
	CHECK(!strcmp(rig.story, "a=200 c=201"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(answers_that_are_hidden_among_others_are_lost_and_the_next_turn_is_read)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 18;
	recv_(&rig, "? a -\n? b -\n? c -\n");
	rig.wire.verdict = VERDICT_HEADS;
	send_(&rig, "! 200 -\n! 201 -\n  ! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 1);
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	recv_(&rig, "? d -\n");
	send_(&rig, "! 203 -\n");
	CHECK(!strcmp(rig.story, "a=200 b=201 d=203"));
	CHECK(rig_end(&rig));
}

TEST(questions_that_are_hidden_among_others_are_counted_when_they_are_answered)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 6;
	recv_(&rig, "? a -\n? b -\n");
	rig.wire.limit = 100;
	send_(&rig, "! 200 -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200"));
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(half_a_head_whose_rest_is_hidden_does_not_spoil_the_next)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 8;
	recv_(&rig, "? a -\n? lost -\n");
	send_(&rig, "! 200 -\n");
	recv_(&rig, "? c -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "a=200 c=201"));
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_cannot_be_read_loses_its_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "nonsense");
	CHECK(rig.count == 0 && rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 1);
	recv_(&rig, "? b -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "b=200"));
	CHECK(rig_end(&rig));
}

TEST(an_answer_that_was_not_in_a_user_buffer_loses_its_question)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	rig.wire.unreadable = true;
	pass(&rig, SENT, 100);
	CHECK(rig.count == 0 && rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 1);
	CHECK(rig_end(&rig));
}

TEST(answers_that_may_lie_in_what_was_not_seen_are_lost_and_not_guessed)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n? b -\n? c -\n");
	rig.wire.verdict = VERDICT_HEADS;
	rig.wire.limit = 5;
	send_(&rig, "! 200 -\n! 201 -\n! 202 -\n");
	build_close(&rig, &rig.wire, false);
	CHECK(!strcmp(rig.story, "a=200~"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_UNREAD] == 2);
	CHECK(rig_end(&rig));
}

enum { NAME_MAX_BYTES = 1500 };

static void see_name(void *context, const struct exchange *open)
{
	struct str *name = context;

	CHECK(str_eq(message_text(open->question, LINE_NAME), *name));
	name->at = NULL;
}

TEST(an_open_question_of_any_length_keeps_its_texts)
{
	char line[NAME_MAX_BYTES + 16];

	for (int len = 1; len <= NAME_MAX_BYTES; len += len < 600 ? 1 : 50) {
		struct str name = { line + 2, (size_t)len };
		struct rig rig;

		rig_begin(&rig, NULL);
		rig.wire.limit = 2048;
		snprintf(line, sizeof(line), "? %0*d -\n", len, 7);
		recv_(&rig, "? first -\n");
		send_(&rig, "! 200 -\n");
		if (len % 2) { /* gathered */
			build_op(&rig, &rig.wire, RECEIVED, line, 1);
			recv_(&rig, line + 1);
		} else {
			recv_(&rig, line);
		}
		exchanges_each_open(rig.x, see_name, &name);
		CHECK(!name.at);
		send_(&rig, "! 201 -\n");
		CHECK(rig.count == 2 && !rig.x->blocks.kept && rig_end(&rig));
	}
}

TEST(an_open_request_takes_a_block_of_the_least_size)
{
	static const struct proto *const http_only[] = { &proto_http1, NULL };
	struct exchanges_options options = rig_options;
	struct rig rig;

	options.protos = http_only;
	rig_begin(&rig, &options);
	recv_(&rig, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	recv_(&rig,
	      "GET /waits HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: curl/7.88.1\r\n"
	      "Accept: */*\r\nCookie: all that stands behind the last header that is read\r\n\r\n");
	CHECK(exchanges_open(rig.x) == 1 && rig.x->blocks.kept == BLOCK_LEAST);
	send_(&rig, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	CHECK(!strcmp(rig.story, "GET= GET="));
	CHECK(rig_end(&rig));
}

TEST(a_question_for_which_no_memory_is_left_is_lost)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	rig.x->blocks.kept = KEPT_BYTES_MAX;
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	rig.x->blocks.kept = 0;
	recv_(&rig, "? c -\n");
	send_(&rig, "! 202 -\n");
	CHECK(!strcmp(rig.story, "a=200 c=202"));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_LIMIT] == 1);
	CHECK(rig_end(&rig));
}

TEST(an_answer_for_whose_texts_no_memory_is_left_says_that_it_is_cut)
{
	struct rig rig;
	size_t kept;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	kept = rig.x->blocks.kept;
	rig.x->blocks.kept = KEPT_BYTES_MAX;
	send_(&rig, "! 200 +5\nabc");
	rig.x->blocks.kept = kept;
	send_(&rig, "de");
	CHECK(!strcmp(rig.story, "a=~") && rig.seen[0].x.answering_body_bytes == 5);
	CHECK(rig_end(&rig));
}
