/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traces.c - mirrors user/export/otlp/{traces,sender,http}.c: spans on their way to
 * a receiver that behaves, fails, lies, or says nothing.
 */
#include <unistd.h>
#include <zlib.h>

#include "tests/test.h"
#include "tests/unit/export/otlp/receiver.h"
#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/config/config.h"
#include "user/export/otlp/trace.pb-c.h"
#include "user/export/otlp/traces.h"
#include "user/model/ledger.h"
#include "user/model/span.h"

#define OK	     "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n"
#define ACCEPTED     OK "Content-Length: 2\r\n\r\n\x0a"
#define STATUS(line) "HTTP/1.1 " line "\r\nContent-Length: 0\r\n\r\n"

/* An empty, present partial_success: 0a 00. */
static const struct step accepted = { DEED_ANSWER, ACCEPTED, { "\0", 1 } };

/* Waits short enough for a test; what they are in earnest is tested in retry.c. */
static const struct retry_policy quick = { NS_PER_MS, 4 * NS_PER_MS, 10 * NS_PER_S };

struct rig {
	struct receiver receiver;
	struct otlp_target target;
	struct loop *loop;
	struct http_client *client;
	struct ledger ledger;
	struct traces traces;
};

static void rig_begin(struct rig *rig, const struct step *steps, size_t count)
{
	const char *error = NULL;

	*rig = (struct rig){ .loop = loop_new() };
	receiver_start(&rig->receiver, steps, count);
	rig->target = (struct otlp_target){ .endpoint = rig->receiver.url, .timeout_ms = 10000 };
	rig->client = http_client_new(rig->loop);
	rig->traces = (struct traces){
		.sender = { .target = &rig->target, .loop = rig->loop, .policy = quick },
		.queue = { .limit_spans = 100, .batch_spans = 3, .ledger = &rig->ledger },
		.delay_ns = NS_PER_MS,
	};
	if (traces_init(&rig->traces, rig->client, &error))
		abort();
}

static void rig_end(struct rig *rig)
{
	traces_free(&rig->traces);
	http_client_free(rig->client);
	loop_free(rig->loop);
	receiver_stop(&rig->receiver);
}

static void rig_spans(struct rig *rig, int count)
{
	struct span span = { .kind = SPAN_SERVER, .name = STR("GET /x"), .sampled = true };

	for (int i = 0; i < count; i++)
		traces_span(&rig->traces, &span);
}

static uint64_t lost(const struct rig *rig)
{
	uint64_t sum = 0;

	for (int i = 0; i < LOSSES; i++)
		sum += rig->ledger.lost[i];
	return sum;
}

/* Run until nothing is inside; false if that takes suspiciously long. */
static bool rig_settle(struct rig *rig)
{
	uint64_t late_ns = monotonic_ns() + 20 * NS_PER_S;

	while (traces_inside(&rig->traces) && monotonic_ns() < late_ns)
		loop_once(rig->loop, 1);
	return !traces_inside(&rig->traces) &&
	       rig->ledger.in[STAGE_EXPORT] == rig->ledger.out[STAGE_EXPORT] + lost(rig);
}

/* Send `spans`, settle, end. */
static bool rig_run(struct rig *rig, const struct step *steps, size_t count, int spans)
{
	bool settled;

	rig_begin(rig, steps, count);
	rig_spans(rig, spans);
	settled = rig_settle(rig);
	rig_end(rig);
	return settled;
}

#define RUN(rig, steps, spans) rig_run(rig, steps, sizeof(steps) / sizeof((steps)[0]), spans)

TEST(spans_are_accepted_in_batches_and_one_by_one_in_time)
{
	static const struct step steps[] = { accepted };
	struct rig rig;

	CHECK(RUN(&rig, steps, 7));
	CHECK(rig.ledger.in[STAGE_EXPORT] == 7 && rig.ledger.out[STAGE_EXPORT] == 7);
	CHECK(rig.receiver.requests == 3);
	CHECK(rig.traces.sender.answers[FATE_ACCEPTED] == 3);
}

TEST(a_request_says_what_it_is)
{
	static const struct step steps[] = { accepted };
	struct rig rig;
	struct str head, body;
	Sonde__Otlp__TraceRequest *request;

	CHECK(RUN(&rig, steps, 1));
	head = (struct str){ rig.receiver.request, rig.receiver.head_len };
	body = str_after((struct str){ rig.receiver.request, rig.receiver.request_len }, head.len);
	CHECK(str_starts(head, STR("POST /v1/traces HTTP/1.1\r\n")));
	CHECK(memmem(head.at, head.len, "\r\nContent-Type: application/x-protobuf\r\n", 40));
	CHECK(memmem(head.at, head.len, "\r\nUser-Agent: sonde/" SONDE_VERSION " OTel-OTLP-Exp",
		     33));
	CHECK(!memmem(head.at, head.len, "\r\nExpect:", 9));
	CHECK(!memmem(head.at, head.len, "\r\nContent-Encoding:", 19));
	request = sonde__otlp__trace_request__unpack(NULL, body.len, (const uint8_t *)body.at);
	CHECK(request && request->n_resource_spans == 1);
	sonde__otlp__trace_request__free_unpacked(request, NULL);
}

TEST(headers_and_gzip_are_sent_as_configured)
{
	static const struct step steps[] = { accepted };
	struct rig rig;
	char raw[4096];
	struct str head;
	z_stream z = { .next_out = (Bytef *)raw, .avail_out = sizeof(raw) };

	rig_begin(&rig, steps, 1);
	http_post_free(rig.traces.sender.post);
	rig.target.gzip = true;
	rig.target.headers.count = 2;
	rig.target.headers.at = calloc(2, sizeof(*rig.target.headers.at));
	rig.target.headers.at[0].key = (char *)"X-Key";
	rig.target.headers.at[0].value = (char *)"secret";
	rig.target.headers.at[1].key = (char *)"X-Empty";
	rig.target.headers.at[1].value = (char *)"";
	CHECK(!traces_init(&rig.traces, rig.client, &(const char *){ NULL }));
	rig_spans(&rig, 1);
	CHECK(rig_settle(&rig));
	rig_end(&rig);
	free(rig.target.headers.at);
	head = (struct str){ rig.receiver.request, rig.receiver.head_len };
	CHECK(memmem(head.at, head.len, "\r\nX-Key: secret\r\n", 17));
	CHECK(memmem(head.at, head.len, "\r\nX-Empty:\r\n", 12));
	CHECK(memmem(head.at, head.len, "\r\nContent-Encoding: gzip\r\n", 26));
	z.next_in = (Bytef *)rig.receiver.request + head.len;
	z.avail_in = (uInt)(rig.receiver.request_len - head.len);
	CHECK(inflateInit2(&z, 15 + 16) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END);
	inflateEnd(&z);
	CHECK(raw[0] == 0x0a);
}

TEST(what_may_be_tried_again_is)
{
	static const struct step steps[] = {
		{ DEED_ANSWER, "HTTP/1.1 429 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" },
		{ DEED_ANSWER, STATUS("502 No") },
		{ DEED_ANSWER, STATUS("503 No") },
		{ DEED_ANSWER, STATUS("504 No") },
		{ DEED_RESET },
		{ DEED_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" },
		{ DEED_RESET },
		accepted,
	};
	struct rig rig;

	/*
	 * The sixth says half an answer and stays: only the time-out of a try ends that.
	 * A kept connection that dies before an answer began libcurl replaces itself,
	 * so the first reset is none of ours to count; the second is a fresh one's.
	 */
	rig_begin(&rig, steps, sizeof(steps) / sizeof(steps[0]));
	http_post_free(rig.traces.sender.post);
	rig.target.timeout_ms = 100;
	CHECK(!traces_init(&rig.traces, rig.client, &(const char *){ NULL }));
	rig_spans(&rig, 2);
	CHECK(rig_settle(&rig));
	rig_end(&rig);
	CHECK(rig.receiver.requests == 8);
	CHECK(rig.traces.sender.answers[FATE_RETRY] == 6);
	CHECK(rig.ledger.out[STAGE_EXPORT] == 2);
}

TEST(any_other_status_drops_and_is_never_tried_again)
{
	static const char *const answers[] = {
		STATUS("500 No"),
		STATUS("408 No"),
		STATUS("400 No"),
		STATUS("404 No"),
		STATUS("413 No"),
		STATUS("501 No"),
		"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
	};
	struct rig rig;

	EACH(i, answers) {
		const struct step steps[] = { { DEED_ANSWER, answers[i] }, accepted };

		CHECK(RUN(&rig, steps, 2));
		CHECK(rig.receiver.requests == 1);
		CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 2);
		CHECK(rig.traces.sender.answers[FATE_REFUSED] == 1);
	}
}

TEST(a_refusal_does_not_stop_what_follows)
{
	static const struct step steps[] = { { DEED_ANSWER, STATUS("500 No") }, accepted };
	struct rig rig;

	CHECK(RUN(&rig, steps, 6));
	CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 3 && rig.ledger.out[STAGE_EXPORT] == 3);
}

TEST(rejected_spans_are_counted_and_not_sent_again)
{
	/* partial_success { rejected = 2, error_message = "no" } */
	static const struct step steps[] = { { DEED_ANSWER, OK "Content-Length: 8\r\n\r\n",
					       STR("\x0a\x06\x08\x02\x12\x02no") } };
	struct rig rig;

	CHECK(RUN(&rig, steps, 3));
	CHECK(rig.receiver.requests == 1);
	CHECK(rig.ledger.lost[LOSS_EXPORT_REJECTED] == 2 && rig.ledger.out[STAGE_EXPORT] == 1);
}

TEST(more_rejected_than_sent_is_all_of_them)
{
	static const struct step steps[] = { { DEED_ANSWER, OK "Content-Length: 5\r\n\r\n",
					       STR("\x0a\x03\x08\xff\x7f") } };
	struct rig rig;

	CHECK(RUN(&rig, steps, 3));
	CHECK(rig.ledger.lost[LOSS_EXPORT_REJECTED] == 3 && !rig.ledger.out[STAGE_EXPORT]);
}

TEST(nonsense_is_refused_and_counted)
{
	static const struct step steps[] = {
		{ DEED_ANSWER, OK "Content-Length: 4\r\n\r\n", STR("\xff\xff\xff\xff") },
		{ DEED_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", STR("<html>") },
	};
	struct rig rig;

	CHECK(RUN(&rig, steps, 6));
	CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 6);
	CHECK(rig.traces.sender.answers[FATE_UNREADABLE] == 2);
}

TEST(an_answer_without_end_is_cut)
{
	static const char zeros[4096];
	static const struct step steps[] = { { DEED_POUR, OK "\r\n", { zeros, sizeof(zeros) } } };
	struct rig rig;

	CHECK(RUN(&rig, steps, 3));
	CHECK(rig.traces.sender.answers[FATE_UNREADABLE] == 1);
	CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 3);
	CHECK(rig.receiver.poured < 4 * LIMIT_OTLP_ANSWER_BYTES);
}

TEST(headers_without_end_are_cut)
{
	static const struct step steps[] = { { DEED_POUR, "HTTP/1.1 200 OK\r\n",
					       STR("X: and another header of some length\r\n") } };
	struct rig rig;

	CHECK(RUN(&rig, steps, 3));
	CHECK(rig.traces.sender.answers[FATE_UNREADABLE] == 1);
	CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 3);
	CHECK(rig.receiver.poured < 4 * LIMIT_OTLP_ANSWER_BYTES);
}

TEST(a_gzip_bomb_is_cut_after_decompression)
{
	enum { BOMB_BYTES = 64 << 20, ROOM = 128 << 10 };
	static char bomb[ROOM];
	char *zeros = calloc(1, BOMB_BYTES);
	struct step step = { DEED_ANSWER,
			     OK "Content-Encoding: gzip\r\nConnection: close\r\n\r\n" };
	z_stream z = { .next_in = (Bytef *)zeros,
		       .avail_in = BOMB_BYTES,
		       .next_out = (Bytef *)bomb,
		       .avail_out = ROOM };
	struct rig rig;

	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	free(zeros);
	step.body = (struct str){ bomb, z.total_out };
	CHECK(rig_run(&rig, &step, 1, 3));
	CHECK(rig.traces.sender.answers[FATE_UNREADABLE] == 1);
	CHECK(rig.ledger.lost[LOSS_EXPORT_REFUSED] == 3);
}

TEST(what_is_tried_for_too_long_is_given_up)
{
	static const struct retry_policy hasty = { NS_PER_MS, 4 * NS_PER_MS, 40 * NS_PER_MS };
	static const struct step steps[] = { { DEED_ANSWER, STATUS("503 No") } };
	struct rig rig;

	rig_begin(&rig, steps, 1);
	rig.traces.sender.policy = hasty;
	rig_spans(&rig, 5);
	CHECK(rig_settle(&rig));
	rig_end(&rig);
	CHECK(rig.ledger.lost[LOSS_EXPORT_TIMEOUT] == 5);
	CHECK(rig.receiver.requests > 4);
}

/* With all retries: the target's timeout, not one for each try. */
TEST(the_timeout_is_for_all_tries_together)
{
	static const struct step rows[][2] = {
		{ { DEED_ANSWER, STATUS("503 No") }, { DEED_ANSWER, STATUS("503 No") } },
		{ { DEED_ANSWER, "HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" },
		  { DEED_ANSWER,
		    "HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" } },
		{ { DEED_ANSWER, STATUS("503 No") }, { DEED_HOLD } },
	};

	EACH(i, rows) {
		uint64_t began_ns = monotonic_ns(), took_ns;
		struct rig rig;

		rig_begin(&rig, rows[i], 2);
		rig.target.timeout_ms = 1400;
		rig.traces.sender.policy = retry_policy_of(1400 * NS_PER_MS);
		rig_spans(&rig, 3);
		CHECK(rig_settle(&rig));
		took_ns = monotonic_ns() - began_ns;
		rig_end(&rig);
		CHECK(rig.ledger.lost[LOSS_EXPORT_TIMEOUT] == 3);
		CHECK(rig.receiver.requests >= 2 && took_ns < 1900 * NS_PER_MS);
	}
}

TEST(a_silent_receiver_holds_up_nothing_but_its_own_queue)
{
	static const struct step steps[] = { { DEED_HOLD } };
	struct rig rig;

	rig_begin(&rig, steps, 1);
	rig_spans(&rig, 1000);
	for (int i = 0; i < 20; i++)
		loop_once(rig.loop, 1);
	/* Three under way, and no more than the limit behind them. */
	CHECK(traces_inside(&rig.traces) <= 103 && traces_inside(&rig.traces) > 97);
	CHECK(1000 == traces_inside(&rig.traces) + rig.ledger.lost[LOSS_EXPORT_QUEUE]);
	rig_end(&rig);
	CHECK(lost(&rig) == 1000 && rig.ledger.lost[LOSS_EXPORT_SHUTDOWN] > 97);
}

TEST(at_the_end_everything_is_sent_at_once)
{
	static const struct step steps[] = { accepted };
	struct rig rig;

	rig_begin(&rig, steps, 1);
	rig.traces.delay_ns = 3600 * NS_PER_S;
	rig_spans(&rig, 8);
	traces_drain(&rig.traces);
	CHECK(rig_settle(&rig) && traces_drained(&rig.traces));
	rig_end(&rig);
	CHECK(rig.ledger.out[STAGE_EXPORT] == 8);
}

TEST(at_the_end_a_failure_is_final_and_counted)
{
	static const struct step steps[] = { { DEED_ANSWER, STATUS("503 No") } };
	static const struct retry_policy slow = { 3600 * NS_PER_S, 3600 * NS_PER_S,
						  7200 * NS_PER_S };
	struct rig rig;

	rig_begin(&rig, steps, 1);
	rig.traces.sender.policy = slow;
	rig_spans(&rig, 8);
	while (rig.traces.sender.state != SENDER_WAITING)
		loop_once(rig.loop, 1);
	traces_drain(&rig.traces);
	CHECK(rig_settle(&rig) && traces_drained(&rig.traces));
	rig_end(&rig);
	CHECK(rig.ledger.lost[LOSS_EXPORT_SHUTDOWN] == 8 && rig.receiver.requests == 2);
}

TEST(a_connection_is_kept_until_a_certificate_changes)
{
	static const struct step steps[] = { accepted };
	char path[] = "/tmp/sonde-test-XXXXXX";
	int file = mkstemp(path);
	unsigned kept, renewed;
	struct rig rig;

	rig_begin(&rig, steps, 1);
	http_post_free(rig.traces.sender.post);
	rig.target.certificate = path;
	CHECK(!traces_init(&rig.traces, rig.client, &(const char *){ NULL }));
	rig_spans(&rig, 9);
	CHECK(rig_settle(&rig));
	kept = rig.receiver.connections;
	CHECK(write(file, "new", 3) == 3);
	rig_spans(&rig, 9);
	CHECK(rig_settle(&rig));
	renewed = rig.receiver.connections;
	rig_end(&rig);
	close(file);
	unlink(path);
	CHECK(rig.receiver.requests == 6 && kept == 1 && renewed == 2);
}

TEST(an_endpoint_that_is_not_http_is_said)
{
	static const char *const urls[] = { "ftp://127.0.0.1/x", "127.0.0.1:4318", "http://", "" };

	EACH(i, urls) {
		struct otlp_target target = { .endpoint = (char *)urls[i] };
		const char *error = NULL;

		CHECK(!http_post_new(NULL, &target, NULL, NULL, &error) && error);
	}
}
