/* SPDX-License-Identifier: Apache-2.0 */
/* sniff.c - mirrors user/exchange/sniff.c and what stands around heads: cut ones, evicted ones. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"
#include "user/exchange/connection.h"

static uint64_t unread(const struct rig *rig, enum unread reason)
{
	return exchanges_counters(rig->x)->unread[reason];
}

TEST(tls_is_given_up_at_once)
{
	static const struct {
		const char *bytes;
		size_t len;
	} records[] = { { "\x16\x03\x01\x02\x00", 5 }, { "\x17\x03\x03\x01", 4 } };

	EACH(i, records) {
		struct rig rig;

		rig_begin(&rig, NULL);
		build_op(&rig, &rig.wire, RECEIVED, records[i].bytes, records[i].len);
		CHECK(unread(&rig, UNREAD_TLS) == 1 && rig.wire.verdict == VERDICT_STOP);
		CHECK(rig_end(&rig));
	}
}

TEST(tls_is_known_by_its_bytes_however_they_come)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	build_op(&rig, &rig.wire, SENT, "\x16", 1);
	build_op(&rig, &rig.wire, SENT, "\x03", 1);
	CHECK(rig.verdicts == 0);
	build_op(&rig, &rig.wire, SENT, "\x01", 1);
	CHECK(unread(&rig, UNREAD_TLS) == 1);
	CHECK(rig_end(&rig));
}

TEST(the_http2_preface_is_given_up_at_once)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "PRI * HT");
	CHECK(rig.verdicts == 0);
	recv_(&rig, "TP/2.0\r\n\r\nSM\r\n\r\n");
	CHECK(unread(&rig, UNREAD_HTTP2) == 1 && rig.wire.verdict == VERDICT_STOP);
	CHECK(rig_end(&rig));
}

TEST(what_is_like_nothing_known_is_given_up_after_three_turns)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "220 smtp");
	recv_(&rig, "ready");
	send_(&rig, "HELO");
	CHECK(rig.verdicts == 0);
	recv_(&rig, "250");
	CHECK(unread(&rig, UNREAD_OTHER) == 1 && rig.wire.verdict == VERDICT_STOP);
	CHECK(rig_end(&rig));
}

TEST(a_turn_too_short_to_tell_is_like_nothing_known)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "?");
	send_(&rig, "!");
	recv_(&rig, "?");
	send_(&rig, "!");
	CHECK(unread(&rig, UNREAD_OTHER) == 1);
	CHECK(rig_end(&rig));
}

TEST(a_message_that_is_read_forgives_the_turns_before_it)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.flags = RECORD_JOINED;
	for (int i = 0; i < 5; i++) {
		recv_(&rig, "middle");
		send_(&rig, "! 200 -\n");
	}
	CHECK(rig.verdicts == 0 && exchanges_counters(rig.x)->joined_late == 5);
	CHECK(rig_end(&rig));
}

TEST(what_is_given_up_stays_so_and_stop_is_said_again_when_it_was_forgotten)
{
	struct rig rig;
	uint64_t counts[UNREADS];

	rig_begin(&rig, NULL);
	build_op(&rig, &rig.wire, RECEIVED, "\x16\x03\x01", 3);
	rig.wire.verdict = VERDICT_HEADS;
	send_(&rig, "? a -\n");
	recv_(&rig, "! 200 -\n");
	CHECK(rig.verdicts == 2 && rig.wire.verdict == VERDICT_STOP && rig.count == 0);
	exchanges_unread_of(rig.x, rig.wire.process, counts);
	CHECK(counts[UNREAD_TLS] == 1 && counts[UNREAD_OTHER] == 0);
	build_close(&rig, &rig.wire, false);
	CHECK(exchanges_connections(rig.x) == 0);
	CHECK(rig_end(&rig));
}

TEST(a_connection_that_is_handed_over_is_read_no_longer)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	send_(&rig, "! 101 -\n? b -\n");
	CHECK(!strcmp(rig.story, "a=101") && unread(&rig, UNREAD_UPGRADED) == 1);
	CHECK(rig.wire.verdict == VERDICT_STOP);
	rig.wire.verdict = VERDICT_HEADS;
	recv_(&rig, "? c -\n");
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 1);
	CHECK(rig_end(&rig));
}

TEST(a_head_longer_than_what_is_shipped_is_parsed_cut_and_more_is_asked_for)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 7;
	recv_(&rig, "? abcdefgh -\n");
	CHECK(exchanges_open(rig.x) == 1 && exchanges_counters(rig.x)->heads_cut == 1);
	CHECK(rig.verdicts == 1 && rig.wire.verdict == VERDICT_HEADS && rig.head_bytes == 4096);
	rig.wire.limit = 1024;
	send_(&rig, "! 200 -\n");
	recv_(&rig, "? b -\n");
	send_(&rig, "! 201 -\n");
	CHECK(!strcmp(rig.story, "abcde~=200 b=201"));
	CHECK(rig.verdicts == 4); /* and said again with each turn */
	CHECK(rig_end(&rig));
}

TEST(an_answers_head_that_is_cut_ends_with_its_turn)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a -\n");
	rig.wire.limit = 5;
	send_(&rig, "! 200 +90\n");
	pass(&rig, SENT, 90);
	CHECK(rig.count == 0);
	build_close(&rig, &rig.wire, true);
	CHECK(!strcmp(rig.story, "a=200~") && rig.seen[0].x.ended_ns == 1030);
	CHECK(rig.seen[0].x.answering_body_bytes == -1);
	CHECK(rig_end(&rig));
}

TEST(a_head_that_ends_with_its_turn_is_cut)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? a");
	CHECK(rig.ledger.in[STAGE_EXCHANGE] == 0);
	send_(&rig, "! 408 -\n");
	CHECK(!strcmp(rig.story, "a~=408"));
	CHECK(rig_end(&rig));
}

TEST(a_head_longer_than_the_protocol_or_the_user_allows_is_cut)
{
	for (size_t most = 1000; most <= 4096; most += 3096) {
		static const char begin[] = "? name ";
		static struct rig rig;
		struct exchanges_options options = rig_options;

		options.max_head_bytes = most;
		rig_begin(&rig, &options);
		rig.wire.limit = 16384;
		recv_(&rig, begin);
		for (int i = 0; i < 150; i++)
			recv_(&rig, "0123456789");
		CHECK(exchanges_open(rig.x) == (most == 1000));
		for (int i = 0; i < 150; i++)
			recv_(&rig, "0123456789");
		CHECK(exchanges_open(rig.x) == 1 && exchanges_counters(rig.x)->heads_cut == 1);
		CHECK(rig.x->blocks.kept <= 2 * 4096);
		send_(&rig, "! 431 -\n");
		CHECK(!strcmp(rig.story, "name~=431"));
		CHECK(rig_end(&rig));
	}
}

TEST(a_first_line_that_never_came_is_no_exchange)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? ");
	build_close(&rig, &rig.wire, true);
	CHECK(rig.count == 0 && rig.ledger.in[STAGE_EXCHANGE] == 0);
	CHECK(rig_end(&rig));
}

TEST(a_long_question_is_kept_whole)
{
	static char question[3000];
	struct exchanges_options options = rig_options;
	struct rig rig;

	memset(question, ' ', sizeof(question));
	memcpy(question, "? long -", 8);
	question[sizeof(question) - 1] = '\n';
	rig_begin(&rig, &options);
	rig.wire.limit = 4096;
	build_op(&rig, &rig.wire, RECEIVED, question, sizeof(question));
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "long=200") && exchanges_counters(rig.x)->heads_cut == 0);
	CHECK(rig_end(&rig));
}

TEST(when_there_are_too_many_connections_the_one_idle_longest_goes)
{
	struct wire wires[10];
	struct rig rig;

	rig_begin(&rig, NULL);
	for (uint64_t i = 0; i < 8; i++) {
		wires[i] = wire_new(100 + i);
		build_op(&rig, &wires[i], RECEIVED, "? a -\n", 6);
		if (i)
			build_op(&rig, &wires[i], SENT, "! 200 -\n", 8);
	}
	build_op(&rig, &rig.wire, RECEIVED, "? new -\n", 8);
	CHECK(exchanges_connections(rig.x) == 8);
	CHECK(connection_find(rig.x, 100) && !connection_find(rig.x, 101));
	CHECK(connection_find(rig.x, 102) && connection_find(rig.x, 7));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_DROPPED] == 0);
	CHECK(rig_end(&rig));
}

TEST(when_all_connections_have_open_exchanges_the_one_open_longest_is_dropped)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	for (uint64_t i = 0; i < 9; i++) {
		struct wire w = wire_new(100 + i);

		build_op(&rig, &w, RECEIVED, "? a -\n", 6);
	}
	CHECK(exchanges_connections(rig.x) == 8 && !connection_find(rig.x, 100));
	CHECK(rig.ledger.lost[LOSS_EXCHANGE_DROPPED] == 1);
	CHECK(exchanges_counters(rig.x)->requests_lost == 1);
	CHECK(rig_end(&rig));
}

TEST(connections_come_and_go_by_the_thousand)
{
	struct exchanges_options options = rig_options;
	struct rig rig;

	options.max_connections = 5000;
	rig_begin(&rig, &options);
	for (uint64_t i = 1; i <= 20000; i++) {
		struct wire w = wire_new(i * 4096);

		build_op(&rig, &w, RECEIVED, "? a -\n", 6);
		if (i % 3)
			build_close(&rig, &w, false);
	}
	CHECK(exchanges_connections(rig.x) == 4999);
	for (uint64_t i = 20000; i > 19990; i--)
		CHECK(!connection_find(rig.x, i * 4096) == (i % 3 != 0));
	CHECK(rig_end(&rig));
}
