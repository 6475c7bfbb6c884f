/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - mirrors user/exchange/stream.c: what asks nothing, bodies partly seen, long heads. */
#include "tests/test.h"
#include "tests/unit/exchange/script.h"

TEST(what_asks_nothing_is_stepped_over)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? aside +3\nabc? a -\n? aside -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.ledger.in[STAGE_EXCHANGE] == 1);
	CHECK(rig_end(&rig));
}

/* The rest of what was asked before is read first, and then for long nothing. */
TEST(a_question_begins_behind_what_asks_nothing)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	recv_(&rig, "? aside -\n");
	rig.now_ns = 5000;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 -\n");
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.started_ns == 5010);
	CHECK(rig_end(&rig));
}

/* Nothing is known of who waited: the time until the rest of the head comes makes it no less. */
TEST(an_arrival_of_which_nothing_is_known_stays_so_when_its_head_comes_in_pieces)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.arrived_ns = 400;
	recv_(&rig, "? a");
	rig.now_ns += 5000000;
	recv_(&rig, " -\n");
	send_(&rig, "! 200 -\n");
	CHECK(rig.count == 1 && rig.seen[0].x.start == START_ARRIVAL);
	CHECK(rig.seen[0].x.arrival.unknown == UINT32_MAX);
	CHECK(rig_end(&rig));
}

TEST(a_turn_that_asks_nothing_is_not_plain)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	for (int i = 0; i < 3; i++) {
		recv_(&rig, "? a -\n");
		send_(&rig, "! 200 -\n");
	}
	recv_(&rig, "? aside -\n");
	CHECK(exchanges_open(rig.x) == 0 && rig.ledger.in[STAGE_EXCHANGE] == 3);
	build_close(&rig, &rig.wire, false);
	CHECK(rig.count == 3 && exchanges_counters(rig.x)->requests_lost == 0);
	CHECK(rig_end(&rig));
}

/* By its tail it would have ended; past what need not be seen the tail decides. */
TEST(bytes_that_need_not_be_seen_are_not_taken_for_the_end)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.limit = 11;
	recv_(&rig, "? a -\n");
	send_(&rig, "! 200 *20\nx");
	send_(&rig, "0123456789.");
	build_totals(&rig, &rig.wire);
	CHECK(rig.count == 0 && exchanges_want_sweep(rig.x));
	send_(&rig, "0123456789.");
	build_totals(&rig, &rig.wire);
	CHECK(!strcmp(rig.story, "a=200") && rig.seen[0].x.ended_ns == rig.now_ns);
	CHECK(rig.seen[0].x.answering_body_bytes == 23);
	CHECK(rig_end(&rig));
}

/* Go's server lets one goroutine wait for the first byte, and another one read on and work. */
TEST(a_question_is_read_by_the_goroutine_that_reads_its_end)
{
	struct rig rig;

	rig_begin(&rig, NULL);
	rig.wire.cause.goroutine = 5;
	recv_(&rig, "? ");
	rig.wire.cause.goroutine = 7;
	recv_(&rig, "a -\n");
	send_(&rig, "! 2");
	rig.wire.cause.goroutine = 8;
	send_(&rig, "00 -\n");
	CHECK(rig.count == 1 && rig.seen[0].x.asked.cause.goroutine == 7);
	CHECK(rig.seen[0].x.asked.at_ns == rig.seen[0].x.started_ns + 10);
	CHECK(rig.seen[0].x.answered_by.cause.goroutine == 7);
	CHECK(rig_end(&rig));
}

static int heads_port;

static void heads(void *context, uint16_t port, uint16_t head_bytes)
{
	(void)context;
	heads_port = head_bytes == 4096 ? port : -1;
}

/* A port's, and together those of all unix sockets; not where the address was lost. */
TEST(a_cut_head_makes_the_next_connections_heads_whole)
{
	static const struct {
		uint16_t family;
		int port;
	} rows[] = { { FAMILY_INET, 80 }, { FAMILY_UNIX, 0 }, { 0, -2 } };

	EACH(i, rows) {
		struct exchanges_options options = rig_options;
		struct rig rig;

		options.heads = heads;
		heads_port = -2;
		rig_begin(&rig, &options);
		rig.wire.limit = 7;
		if (rows[i].family)
			rig_feed(&rig, &(struct record_connection){
					       .head = { .type = RECORD_CONNECTION,
							 .size = sizeof(struct record_connection),
							 .cookie = rig.wire.cookie,
							 .process = rig.wire.process },
					       .family = rows[i].family,
					       .local_port = (uint16_t)rows[i].port });
		recv_(&rig, "? abcdefgh -\n");
		CHECK(heads_port == rows[i].port);
		CHECK(rig_end(&rig));
	}
}
