/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline_pauses.c - which pauses user/worker/pipeline.c puts on which spans. */
#include "tests/test.h"
#include "tests/unit/worker/piped.h"
#include "user/base/clock.h"

#define REQUEST "GET / HTTP/1.1\r\n\r\n"
#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

enum { READER = 21, WRITER, OTHER };

/* An exporter that counts what the last span says. */
static struct {
	int spans;
	size_t events;
	uint64_t first_unix_ns, start_unix_ns;
} told;

static void keep_events(void *self, const struct span *span)
{
	(void)self;
	told.spans++;
	told.events = span->event_count;
	told.first_unix_ns = span->event_count ? span->events[0].unix_ns : 0;
	told.start_unix_ns = span->start_unix_ns;
}

static void free_nothing(void *self)
{
	(void)self;
}

static void begin(struct piped *t, const char *flag)
{
	static const struct exporter keeper = { .span = keep_events, .free = free_nothing };

	piped_begin(t, FLAGS(flag));
	t->pipeline->exporters[t->pipeline->exporter_count++] = &keeper;
	t->pipeline->exports_spans = true;
	memset(&told, 0, sizeof(told));
}

static void pause_now(struct piped *t, uint32_t thread, uint32_t tgid)
{
	struct record_pause record = {
		.head = { .type = RECORD_PAUSE, .size = sizeof(record), .process.tgid = tgid },
		.began_ns = t->rig.now_ns + 1,
		.thread = thread,
		.kind = 1,
		.detail = 1,
	};

	t->rig.now_ns += 5;
	record.head.at_ns = t->rig.now_ns;
	rig_feed(&t->rig, &record);
}

static void ask(struct piped *t)
{
	t->rig.wire.thread = READER;
	recv_(&t->rig, REQUEST);
}

static void answer(struct piped *t)
{
	t->rig.wire.thread = WRITER;
	send_(&t->rig, OK);
}

TEST(a_span_tells_of_the_pauses_of_its_process_and_of_the_threads_that_carried_it)
{
	static const struct {
		uint32_t thread, tgid;
		size_t events;
	} rows[] = {
		{ 0, 1, 1 }, { READER, 1, 1 }, { WRITER, 1, 1 }, { OTHER, 1, 0 }, { 0, 2, 0 }
	};

	EACH(i, rows) {
		struct piped t;

		begin(&t, "--watch.all");
		t.rig.wire.process.tgid = 1;
		ask(&t);
		pause_now(&t, rows[i].thread, rows[i].tgid);
		answer(&t);
		pipeline_finish(t.pipeline);
		CHECK(told.spans == 1 && told.events == rows[i].events);
		CHECK(!told.events || told.first_unix_ns >= told.start_unix_ns);
		CHECK(piped_end(&t));
	}
}

TEST(a_span_that_goes_out_at_once_tells_of_pauses_as_well)
{
	enum { REQUESTS = 100 }; /* more than are looked at for calls that they made */
	struct piped t;

	begin(&t, "--watch.all");
	for (int i = 0; i < REQUESTS; i++) {
		ask(&t);
		answer(&t);
	}
	CHECK(told.spans && !told.events);
	t.rig.now_ns += NS_PER_S;
	ask(&t);
	pause_now(&t, 0, t.rig.wire.process.tgid);
	told.spans = 0;
	answer(&t);
	CHECK(told.spans == 1 && told.events == 1);
	CHECK(piped_end(&t));
}

TEST(pauses_before_and_after_a_request_are_not_its_own)
{
	struct piped t;

	begin(&t, "--watch.all");
	pause_now(&t, 0, t.rig.wire.process.tgid);
	t.rig.now_ns += 100;
	ask(&t);
	answer(&t);
	t.rig.now_ns += 100;
	pause_now(&t, 0, t.rig.wire.process.tgid);
	pipeline_finish(t.pipeline);
	CHECK(told.spans == 1 && !told.events);
	CHECK(VALUE(&t, "sonde_pause_seconds_count") == 2);
	CHECK(piped_end(&t));
}

#define DELAY "sonde_http_server_request_delay_seconds_sum"

/* The question lay in its socket for so long, and the clocks of who read it are known since. */
static void ask_after(struct piped *t, uint64_t ns)
{
	struct record_turn *r = turn_of(&t->rig.wire.record);
	uint64_t arrived_ns = t->rig.now_ns;

	t->rig.now_ns += ns;
	t->rig.wire.arrived_ns = arrived_ns;
	t->rig.wire.lose = true;
	ask(t);
	r->flags |= RECORD_CLOCKED;
	r->arrived_from_ns = arrived_ns;
	rig_feed(&t->rig, r);
}

TEST(a_question_that_lay_in_its_socket_was_delayed_by_the_pauses_of_that_time)
{
	static const struct {
		bool exports_spans;
		uint32_t thread;
		double seconds;
	} rows[] = {
		{ false, 0, 0.003 }, { true, 0, 0.003 }, { true, READER, 0.003 }, { true, OTHER, 0 }
	};

	EACH(i, rows) {
		struct record_pause record;
		struct piped t;

		begin(&t, "--watch.all");
		t.pipeline->exports_spans = rows[i].exports_spans;
		record = (struct record_pause){
			.head = { .type = RECORD_PAUSE,
				  .size = sizeof(record),
				  .at_ns = t.rig.now_ns + 4 * NS_PER_MS,
				  .process = t.rig.wire.process },
			.began_ns = t.rig.now_ns + NS_PER_MS,
			.thread = rows[i].thread,
			.kind = 1,
			.detail = 1,
		};
		rig_feed(&t.rig, &record);
		ask_after(&t, 10 * NS_PER_MS);
		answer(&t);
		pipeline_finish(t.pipeline);
		CHECK(VALUE(&t, DELAY, "cause=\"gc\"") == rows[i].seconds);
		CHECK(piped_end(&t));
	}
}

TEST(what_delayed_a_span_that_waits_is_told_of_though_rows_of_others_are_dropped)
{
	struct piped t;

	begin(&t, "--watch.all");
	learn(&t, 1, "event=seen|name=gone|exe=/gone|");
	learn(&t, 2, "event=seen|name=shop|exe=/shop|");
	t.rig.wire.process.tgid = 1;
	ask(&t);
	answer(&t);
	learn(&t, 1, "event=exit|");
	t.rig.wire = wire_new(8);
	t.rig.wire.process.tgid = 2;
	ask(&t);
	answer(&t);
	t.rig.now_ns += t.config->limit.ended_series_s * NS_PER_S;
	CHECK(VALUE(&t, "http_server_request_duration_seconds_count", "job=\"shop\"") == 1);
	CHECK(VALUE(&t, "http_server_request_duration_seconds_count", "job=\"gone\"") == -1);
	pipeline_finish(t.pipeline);
	CHECK(told.spans == 2);
	CHECK(VALUE(&t, "http_server_request_delay_seconds_count", "job=\"shop\"",
		    "cause=\"gc\"") == 1);
	CHECK(VALUE(&t, "http_server_request_delay_seconds_count", "job=\"gone\"",
		    "cause=\"gc\"") == -1);
	CHECK(piped_end(&t));
}
