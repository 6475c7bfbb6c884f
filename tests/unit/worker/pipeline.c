/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c - mirrors user/worker/pipeline.c, by HTTP on a wire and the metrics that come out. */
#include "user/worker/pipeline.h"
#include "tests/test.h"
#include "tests/unit/worker/piped.h"
#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/loop.h"
#include "user/worker/active.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void get(struct piped *t, uint32_t tgid, const char *path)
{
	char request[8192];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	t->rig.wire.process.tgid = tgid;
	recv_(&t->rig, request);
	send_(&t->rig, OK);
}

#define FIRST_BYTE "sonde_http_server_first_byte_seconds"
#define COUNT_OF   "http_server_request_duration_seconds_count"

TEST(requests_of_processes_without_facts_are_counted_as_one_unknown_service)
{
	struct piped t;

	piped_begin(&t, FLAGS("--limit.processes=1"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	learn(&t, 2, "event=seen|name=past the limit|exe=/b|");
	for (uint32_t tgid = 1; tgid <= 3; tgid++)
		get(&t, tgid, "/");
	CHECK(VALUE(&t, COUNT_OF, "job=\"shop\"") == 1);
	CHECK(VALUE(&t, COUNT_OF, "job=\"unknown_service\"") == 2);
	CHECK(VALUE(&t, "target_info", "service_name=\"unknown_service\"") == -1);
	CHECK(VALUE(&t, "target_info{", "job=\"unknown_service\"") == 1);
	CHECK(piped_end(&t));
}

TEST(answers_that_begin_before_their_question_was_taken_up_have_a_first_byte_after_no_time)
{
	struct piped t;

	piped_begin(&t, FLAGS("--http.route-guess=false"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	recv_(&t.rig, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	t.rig.wire.lose = true;
	send_(&t.rig, OK OK);
	turn_of(&t.rig.wire.record)->turn.first_ns -= 5;
	rig_feed(&t.rig, &t.rig.wire.record);
	CHECK(VALUE(&t, FIRST_BYTE "_count") == 2);
	CHECK(VALUE(&t, FIRST_BYTE "_sum") < 1e-6);
	CHECK(VALUE(&t, COUNT_OF) == 2);
	CHECK(piped_end(&t));
}

TEST(a_parent_whose_trace_id_begins_with_zeros_decides_over_sampling)
{
	static const char *const parents[] = { "00", "01" };

	EACH(i, parents) {
		char request[256];
		struct piped t;

		piped_begin(&t, FLAGS("--trace.sampler=parentbased_always_on"));
		t.pipeline->exports_spans = true;
		snprintf(request, sizeof(request),
			 "GET / HTTP/1.1\r\ntraceparent: "
			 "00-0000000000000000000000000000beef-00000000000000aa-%s\r\n\r\n",
			 parents[i]);
		send_(&t.rig, request);
		recv_(&t.rig, OK);
		pipeline_finish(t.pipeline);
		CHECK(t.pipeline->ledger.out[STAGE_SPAN] == 1);
		CHECK(t.pipeline->unsampled == !i);
		CHECK(piped_end(&t));
	}
}

/* A parent's id that is not decided over, and a decision without a parent. */
TEST(b3_decides_over_sampling_without_a_parent_and_may_leave_it_open_with_one)
{
	enum { REQUESTS = 100 }; /* more than are looked at for calls that they made */
	static const struct {
		const char *header, *sampler;
		bool sampled;
	} rows[] = {
		{ "b3: 0", "parentbased_always_on", false },
		{ "b3: 1", "parentbased_always_off", true },
		{ "b3: d", "parentbased_always_off", true },
		{ "X-B3-Sampled: 0", "parentbased_always_on", false },
		{ "X-B3-Flags: 1", "parentbased_always_off", true },
		{ "b3: 0", "always_on", true },
		{ "b3: 1", "always_off", false },
		{ "b3: 00000000000000ab-00000000000000aa", "parentbased_always_on", true },
		{ "b3: 00000000000000ab-00000000000000aa", "parentbased_always_off", false },
		{ "b3: 00000000000000ab-00000000000000aa-0", "parentbased_always_on", false },
	};

	EACH(i, rows) {
		char request[256], flag[64];
		struct piped t;

		snprintf(flag, sizeof(flag), "--trace.sampler=%s", rows[i].sampler);
		piped_begin(&t, FLAGS(flag));
		t.pipeline->exports_spans = true;
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\n%s\r\n\r\n", rows[i].header);
		for (int n = 0; n < REQUESTS; n++) {
			recv_(&t.rig, request);
			send_(&t.rig, OK);
		}
		pipeline_finish(t.pipeline);
		CHECK(t.pipeline->ledger.out[STAGE_SPAN] == REQUESTS);
		CHECK(t.pipeline->unsampled == (rows[i].sampled ? 0 : REQUESTS));
		CHECK(piped_end(&t));
	}
}

TEST(propagators_and_baggage_are_taken_from_the_configuration)
{
	static const struct {
		const char *flag;
		bool traceparent, b3, baggage;
	} rows[] = {
		{ "--trace.propagators=tracecontext,baggage,b3,b3multi", true, true, true },
		{ "--trace.propagators=tracecontext", true, false, false },
		{ "--trace.propagators=b3multi,baggage", false, true, true },
		{ "--trace.propagators=b3", false, true, false },
		{ "--trace.propagators=none", false, false, false },
	};
	static const struct str head = STR("GET / HTTP/1.1\r\ntraceparent: "
					   "00-0000000000000000000000000000beef-"
					   "00000000000000aa-01\r\nbaggage: a=1\r\n\r\n");
	static const struct str b3 = STR("GET / HTTP/1.1\r\nb3: 1\r\n\r\n");

	EACH(i, rows) {
		struct piped t;
		struct message m = {};
		struct span span = {};

		piped_begin(&t, FLAGS(rows[i].flag, "--trace.baggage=a"));
		span.scratch = &t.pipeline->scratch;
		CHECK(protos[0]->parse(head, false, ASKING, NULL, &m) > 0);
		protos[0]->context(&m, &span);
		CHECK(span.has_context == rows[i].traceparent);
		protos[0]->describe(&m, NULL, &span);
		CHECK(!!span_find(&span, STR("a")) == rows[i].baggage);
		CHECK(protos[0]->parse(b3, false, ASKING, NULL, &m) > 0);
		span.has_decision = false;
		protos[0]->context(&m, &span);
		CHECK(span.has_decision == rows[i].b3);
		CHECK(piped_end(&t));
	}
}

TEST(where_nobody_takes_spans_the_sampler_is_not_asked)
{
	struct piped t;

	piped_begin(&t, FLAGS("--trace.sampler=always_off"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	get(&t, 1, "/");
	CHECK(t.pipeline->unsampled == 0);
	CHECK(t.pipeline->ledger.out[STAGE_SPAN] == 1);
	CHECK(VALUE(&t, COUNT_OF) == 1);
	t.pipeline->exports_spans = true;
	get(&t, 1, "/");
	CHECK(!ledger_residual(&t.pipeline->ledger, STAGE_SPAN));
	pipeline_finish(t.pipeline);
	CHECK(!ledger_residual(&t.pipeline->ledger, STAGE_SPAN));
	CHECK(t.pipeline->unsampled == 1);
	CHECK(VALUE(&t, COUNT_OF) == 2);
	CHECK(piped_end(&t));
}

TEST(guessed_routes_are_of_one_service)
{
	struct piped t;

	piped_begin(&t, FLAGS("--watch.all"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	learn(&t, 2, "event=seen|name=bank|exe=/bank|");
	for (char first = 'a'; first < 'a' + 10; first++)
		for (char second = 'a'; second < 'a' + 4; second++)
			get(&t, 1, (char[]){ '/', first, second, '\0' });
	get(&t, 2, "/accounts");
	CHECK(VALUE(&t, COUNT_OF, "job=\"shop\"", "http_route=\"/{id}\"") > 0);
	CHECK(VALUE(&t, COUNT_OF, "job=\"bank\"", "http_route=\"/accounts\"") == 1);
	CHECK(piped_end(&t));
}

#define ACTIVE "http_client_active_requests"

TEST(open_requests_of_too_many_kinds_are_counted_together)
{
	enum { OPEN = 4200 };
	struct piped t;
	char request[64];
	double all = 0;

	piped_begin(&t, FLAGS("--limit.connections=10000"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	for (unsigned i = 0; i < OPEN; i++) {
		t.rig.wire = wire_new(i + 1);
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: h%u\r\n\r\n", i);
		send_(&t.rig, request);
	}
	CHECK(exchanges_open(t.pipeline->exchanges) == OPEN);
	all = VALUE(&t, ACTIVE, "otel_metric_overflow=\"true\"");
	CHECK(all == OPEN - 4096 && active_overflowed(t.pipeline->active) == OPEN - 4096);
	CHECK(lines_with(&t, &all, (const char *const[]){ ACTIVE "{", NULL }) == 4097);
	CHECK(piped_end(&t));
}

TEST(how_long_the_oldest_request_has_been_served_is_told)
{
	struct piped t;

	piped_begin(&t, FLAGS("--http.route-guess=false"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	get(&t, 1, "/");
	CHECK(VALUE(&t, "sonde_http_server_oldest_active_seconds", "job=\"shop\"") == 0);
	recv_(&t.rig, "GET / HTTP/1.1\r\n\r\n");
	t.rig.now_ns += 3 * NS_PER_S;
	CHECK(VALUE(&t, "sonde_http_server_oldest_active_seconds", "job=\"shop\"") == 3);
	CHECK(piped_end(&t));
}

#define DELAY "sonde_http_server_request_delay_seconds"

/* The rig's records say nothing of clocks. */
TEST(what_the_time_of_requests_went_to_is_told_by_route_and_cause)
{
	struct piped t;

	piped_begin(&t, FLAGS("--http.route=/a/{id}"));
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	get(&t, 1, "/a/1");
	get(&t, 1, "/a/2");
	recv_(&t.rig, "GET /a/3 HTTP/1.1\r\n\r\n");
	send_(&t.rig, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
	CHECK(VALUE(&t, DELAY "_count{", "route=\"/a/{id}\"", "cause=\"gc\"") == 3);
	CHECK(VALUE(&t, DELAY "_sum{", "route=\"/a/{id}\"", "cause=\"gc\"") == 0);
	CHECK(VALUE(&t, DELAY "_sum{", "route=\"/a/{id}\"", "cause=\"unattributed\"") == 30e-9);
	CHECK(VALUE(&t, DELAY "_bucket{", "cause=\"unattributed\"", "le=\"+Inf\"") == 3);
	CHECK(piped_end(&t));
}

/* The connection ends by the errno that its socket has. */
static void close_by(struct piped *t, uint32_t error)
{
	struct record_turn r = *turn_of(&t->rig.wire.record);

	r.head.type = RECORD_CLOSE;
	r.head.size = sizeof(r);
	r.flags = RECORD_RESET;
	r.length = 0;
	r.turn = t->rig.wire.turn;
	r.op_bytes = error;
	rig_feed(&t->rig, &r);
}

TEST(a_connection_that_timed_out_says_so_and_one_that_was_reset_too)
{
	static const struct {
		uint32_t error;
		const char *type;
	} rows[] = { { ETIMEDOUT, "error_type=\"timeout\"" },
		     { ECONNRESET, "error_type=\"connection_reset\"" },
		     { EPIPE, "error_type=\"connection_reset\"" },
		     { EHOSTUNREACH, "error_type=\"connection_reset\"" },
		     { 0, "error_type=\"connection_reset\"" } };

	EACH(i, rows) {
		struct piped t;

		piped_begin(&t, FLAGS("--watch.all"));
		recv_(&t.rig, "GET / HTTP/1.1\r\n\r\n");
		close_by(&t, rows[i].error);
		CHECK(VALUE(&t, COUNT_OF, rows[i].type) == 1);
		CHECK(piped_end(&t));
	}
}

TEST(an_exporter_of_metrics_alone_makes_no_spans)
{
	static const struct {
		const char *environment;
		bool spans;
	} rows[] = {
		{ "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:9/v1/metrics", false },
		{ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:9/v1/traces", true },
		{ "SONDE_CONSOLE_FORMAT=json", true },
		{ "SONDE_LOG_LEVEL=info", false },
	};

	EACH(i, rows) {
		struct loop *loop = loop_new();
		const char *error;
		struct piped t;

		piped_begin(&t, VARIABLES(rows[i].environment));
		CHECK(!pipeline_export(
			t.pipeline,
			&(struct export_context){ .config = t.config,
						  .loop = loop,
						  .collectors = &t.pipeline->collectors,
						  .ledger = &t.pipeline->ledger },
			&error));
		CHECK(t.pipeline->exports_spans == rows[i].spans);
		CHECK(piped_end(&t));
		loop_free(loop);
	}
}

/* An exporter that keeps one attribute of the last span. */
static char kept_text[64];

static void keep_text(void *self, const struct span *span)
{
	const struct attribute *a = span_find(span, STR("url.path"));

	(void)self;
	snprintf(kept_text, sizeof(kept_text), "%.*s", a ? (int)a->text.len : 0,
		 a ? a->text.at : "");
}

static void free_nothing(void *self)
{
	(void)self;
}

TEST(values_of_span_attributes_are_cut_between_characters_and_counted)
{
	static const struct exporter keeper = { .span = keep_text, .free = free_nothing };
	struct piped t;

	piped_begin(&t, FLAGS("--limit.attribute-bytes=32"));
	t.pipeline->exporters[t.pipeline->exporter_count++] = &keeper;
	t.pipeline->exports_spans = true;
	get(&t, 1, "/two/words/and/more/words/behind");
	pipeline_finish(t.pipeline);
	CHECK(!strcmp(kept_text, "/two/words/and/more/words/behind"));
	CHECK(!t.pipeline->attributes_cut);
	get(&t, 1, "/two/words/and/more/words/behin\xc3\xa9tage");
	pipeline_finish(t.pipeline);
	CHECK(!strcmp(kept_text, "/two/words/and/more/words/behin"));
	CHECK(t.pipeline->attributes_cut == 1);
	get(&t, 1, "/two/words/and/more/words/behind/them");
	pipeline_finish(t.pipeline);
	CHECK(!strcmp(kept_text, "/two/words/and/more/words/behind"));
	/* Labels have a limit of their own. */
	CHECK(VALUE(&t, COUNT_OF, "/two/words/and/more/words/behind/them") == 1);
	CHECK(piped_end(&t));
}

TEST(a_service_that_starts_again_with_its_instance_id_begins_anew)
{
	static const uint64_t gaps_ns[] = { 0, 120 * NS_PER_S }; /* ended processes go after 60 s */

	EACH(i, gaps_ns) {
		struct piped t;

		piped_begin(&t, FLAGS("--watch.all"));
		learn(&t, 1, "event=seen|name=shop|exe=/shop|instance=one|version=1|");
		get(&t, 1, "/");
		get(&t, 1, "/");
		learn(&t, 1, "event=exit|");
		t.rig.now_ns += gaps_ns[i];
		processes_expire(t.pipeline->processes, t.rig.now_ns);
		learn(&t, 2, "event=seen|name=shop|exe=/shop|instance=one|version=2|");
		t.rig.wire = wire_new(8);
		get(&t, 2, "/");
		CHECK(VALUE(&t, COUNT_OF, "instance=\"one\"") == 1);
		CHECK(VALUE(&t, "target_info{", "service_version=\"2\"") == 1);
		CHECK(piped_end(&t));
	}
}

/* The facts of a process of which nothing can be read, as a record. */
static void tell(struct pipeline *p, uint32_t pid, const char *event)
{
	struct process_files none = process_files_new(NULL, 0, 0);
	struct process_id id = { .tgid = pid, .started_ns = 1 }, nobody = {};
	struct buf record = buf_new(LIMIT_PROC_FILE_BYTES);

	none.exe = "/bin/shop";
	if (process_facts(p->config, id, nobody, event, "watch.all", &none, 1, &record))
		abort();
	pipeline_take(p, buf_str(&record));
	buf_free(&record);
}

static bool knows(struct pipeline *p, uint32_t pid)
{
	return pipeline_knows(p, (struct process_id){ .tgid = pid, .started_ns = 1 });
}

TEST(records_of_a_process_past_the_limit_wait_for_nothing)
{
	SCOPED *config = FLAGS("--watch.all", "--limit.processes=1");
	struct pipeline *p = pipeline_new(&(struct pipeline_options){ .config = config });

	CHECK(!knows(p, 1)); /* its facts may come */
	tell(p, 1, "seen");
	CHECK(knows(p, 1));
	CHECK(knows(p, 2)); /* they would be refused */
	tell(p, 2, "seen");
	CHECK(processes_refused(p->processes) == 1 && !p->facts_refused);
	tell(p, 1, "exit");
	CHECK(!knows(p, 2)); /* there is room again */
	tell(p, 2, "seen");
	CHECK(knows(p, 2));
	CHECK(processes_refused(p->processes) == 1);
	pipeline_free(p);
}

#define TRACES "POST /v1/traces HTTP/1.1\r\nContent-Length: 0\r\n\r\n"

/* How many of the spans of one that serves, exports its own spans, and serves again are hidden. */
static uint64_t suppressed(const char *flag, const char *export, const char *answer)
{
	struct piped t;
	uint64_t ret;

	piped_begin(&t, FLAGS(flag));
	t.pipeline->exports_spans = true;
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	get(&t, 1, "/");
	t.rig.wire = wire_new(9);
	t.rig.wire.process.tgid = 1;
	send_(&t.rig, export);
	recv_(&t.rig, answer);
	t.rig.wire = wire_new(10);
	get(&t, 1, "/");
	pipeline_finish(t.pipeline);
	ret = t.pipeline->suppressed;
	if (t.pipeline->ledger.out[STAGE_SPAN] != 3 || VALUE(&t, COUNT_OF, "job=\"shop\"") != 2)
		ret = UINT64_MAX;
	return piped_end(&t) ? ret : UINT64_MAX;
}

TEST(who_sends_spans_of_its_own_is_beside_an_sdk_from_then_on)
{
	static const char metrics[] = "POST /v1/metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
	static const char refused[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

	CHECK(suppressed("--trace.beside-sdk=suppress", TRACES, OK) == 2);
	CHECK(suppressed("--trace.beside-sdk=suppress", TRACES, refused) == 0);
	CHECK(suppressed("--trace.beside-sdk=suppress", metrics, OK) == 0);
	CHECK(suppressed("--trace.beside-sdk=join", TRACES, OK) == 0);
}

static enum sdk_sign sign_of(struct piped *t, uint32_t tgid)
{
	return processes_find(t->pipeline->processes, (struct process_id){ .tgid = tgid })->sdk;
}

/* One call of `tgid`, or one to it. */
static void traces(struct piped *t, uint64_t cookie, bool calls)
{
	t->rig.wire = wire_new(cookie);
	t->rig.wire.process.tgid = 1;
	build_op(&t->rig, &t->rig.wire, calls ? SENT : RECEIVED, TRACES, strlen(TRACES));
	build_op(&t->rig, &t->rig.wire, calls ? RECEIVED : SENT, OK, strlen(OK));
}

TEST(who_is_sent_spans_posts_those_of_others)
{
	struct piped t;

	piped_begin(&t, FLAGS("--trace.beside-sdk=suppress"));
	t.pipeline->exports_spans = true;
	learn(&t, 1, "event=seen|name=proxy|exe=/proxy|");
	traces(&t, 9, true); /* its own, or a stranger's whose answer is still to come */
	CHECK(sign_of(&t, 1) == SDK_OTLP_HTTP);
	traces(&t, 10, false);
	CHECK(sign_of(&t, 1) == SDK_NONE);
	traces(&t, 11, true);
	CHECK(sign_of(&t, 1) == SDK_NONE);
	CHECK(piped_end(&t));
}

TEST(a_span_that_is_left_out_by_the_sampler_is_not_held_back_as_well)
{
	static const char *const samplers[] = { "--trace.sampler=always_on",
						"--trace.sampler=always_off" };

	EACH(i, samplers) {
		struct piped t;

		piped_begin(&t, FLAGS("--trace.beside-sdk=suppress", samplers[i]));
		t.pipeline->exports_spans = true;
		learn(&t, 1, "event=seen|name=shop|exe=/shop|sdk=otel_ctx|");
		get(&t, 1, "/");
		pipeline_finish(t.pipeline);
		CHECK(t.pipeline->suppressed == !i && t.pipeline->unsampled == i);
		CHECK(piped_end(&t));
	}
}

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* The connection of process 1 from a port to another, as far as it is of use here. */
static void connection(struct piped *t, uint16_t local, uint16_t remote, uint16_t flags)
{
	struct record_connection r = {
		.head = { .type = RECORD_CONNECTION,
			  .size = sizeof(r),
			  .at_ns = t->rig.now_ns,
			  .process.tgid = 1,
			  .cookie = t->rig.wire.cookie },
		.family = FAMILY_INET,
		.local_port = local,
		.remote_port = remote,
		.flags = flags,
	};

	rig_feed(&t->rig, &r);
}

TEST(a_connection_to_otlps_port_that_is_not_read_is_a_sign_of_an_sdk)
{
	static const struct {
		uint16_t local, remote, flags;
		enum direction first;
		const char *text, *then;
		bool want;
	} rows[] = {
		{ 40000, 4317, 0, SENT, PREFACE, "", true },
		{ 40000, 4318, 0, SENT, "\x16\x03\x01", "", true },
		{ 40000, 4319, 0, SENT, PREFACE, "", false },
		{ 40000, 4317, 0, SENT, "!", PREFACE, false },
		/* A stranger's, from that port. */
		{ 80, 4317, 0, RECEIVED, PREFACE, "", false },
		{ 80, 4317, CONNECTION_ACCEPTED, RECEIVED, "\x16\x03\x01", "", false },
		{ 80, 4317, CONNECTION_ACCEPTED, SENT, "\x16\x03\x01", "", false },
		{ 80, 4317, 0, SENT, "220 hello\r\n", PREFACE, false },
		/* Open before sonde was; 50051 is one that the process listens on. */
		{ 40000, 4317, CONNECTION_JOINED, SENT, "\x17\x03\x03", "", true },
		{ 40000, 4317, CONNECTION_JOINED, RECEIVED, "\x17\x03\x03", "", true },
		{ 50051, 4317, CONNECTION_JOINED, SENT, "\x17\x03\x03", "", false },
		{ 8080, 4317, CONNECTION_JOINED, SENT, "\x17\x03\x03", "", false },
		{ 40000, 4319, CONNECTION_JOINED, SENT, "\x17\x03\x03", "", false },
	};

	EACH(i, rows) {
		struct piped t;

		piped_begin(&t, FLAGS("--trace.beside-sdk=suppress"));
		learn(&t, 1, "event=seen|name=shop|exe=/shop|ports=80 50051|");
		t.rig.wire = wire_new(9);
		connection(&t, rows[i].local, rows[i].remote, rows[i].flags);
		build_op(&t.rig, &t.rig.wire, rows[i].first, rows[i].text, strlen(rows[i].text));
		if (*rows[i].then)
			build_op(&t.rig, &t.rig.wire, !rows[i].first, rows[i].then,
				 strlen(rows[i].then));
		CHECK(sign_of(&t, 1) == (rows[i].want ? SDK_OTLP_PORT : SDK_NONE));
		CHECK(piped_end(&t));
	}
}

TEST(what_a_server_echoes_is_no_sign)
{
	struct piped t;

	piped_begin(&t, FLAGS("--trace.beside-sdk=suppress"));
	learn(&t, 1, "event=seen|name=echo|exe=/echo|");
	t.rig.wire = wire_new(9);
	connection(&t, 80, 4317, 0);
	send_(&t.rig, "220 hello\r\n");
	recv_(&t.rig, "echo this");
	build_op(&t.rig, &t.rig.wire, SENT, "\x16\x03\x01", 3);
	CHECK(exchanges_counters(t.pipeline->exchanges)->unread[UNREAD_TLS] == 1);
	CHECK(sign_of(&t, 1) == SDK_NONE);
	CHECK(piped_end(&t));
}

TEST(http2_that_was_joined_has_no_preface_and_is_a_sign_all_the_same)
{
	static const uint16_t flags[] = { 0, CONNECTION_JOINED };

	EACH(i, flags) {
		struct piped t;

		piped_begin(&t, FLAGS("--trace.beside-sdk=suppress"));
		learn(&t, 1, "event=seen|name=shop|exe=/shop|");
		t.rig.wire = wire_new(9);
		connection(&t, 40000, 4317, flags[i]);
		for (int turn = 0; turn < 3; turn++)
			build_op(&t.rig, &t.rig.wire, turn % 2 ? RECEIVED : SENT,
				 "\x01\x02\x03\x01\x24", 5);
		CHECK(sign_of(&t, 1) == (i ? SDK_OTLP_PORT : SDK_NONE));
		CHECK(piped_end(&t));
	}
}

TEST(an_exec_that_is_told_late_leaves_what_the_new_program_showed)
{
	struct piped t;
	uint64_t exec_ns;

	piped_begin(&t, FLAGS("--trace.beside-sdk=suppress"));
	t.pipeline->exports_spans = true;
	learn(&t, 1, "event=seen|name=shop|exe=/shop|");
	t.rig.now_ns += 100;
	exec_ns = t.rig.now_ns;
	t.rig.now_ns += 100;
	t.rig.wire = wire_new(9);
	connection(&t, 40000, 4317, 0);
	send_(&t.rig, PREFACE);
	t.rig.now_ns = exec_ns;
	learn(&t, 1, "event=exec|name=shop|exe=/shop|");
	CHECK(sign_of(&t, 1) == SDK_OTLP_PORT);
	t.rig.now_ns += 1000;
	learn(&t, 1, "event=exec|name=shop|exe=/shop|");
	CHECK(sign_of(&t, 1) == SDK_NONE);
	CHECK(piped_end(&t));
}

/* The second's clock is told while a worker that is late has older records before it. */
TEST(a_clock_says_nothing_of_how_far_records_were_read)
{
	struct record_clock clock = { .head = { .type = RECORD_CLOCK, .size = sizeof(clock) } };
	struct piped t;

	piped_begin(&t, FLAGS("--trace.ratio=1"));
	t.pipeline->exports_spans = true;
	get(&t, 1, "/");
	clock.head.at_ns = t.rig.now_ns + 10 * NS_PER_S;
	clock.unix_offset_ns = 7;
	pipeline_take_record(t.pipeline, &clock.head);
	CHECK(t.pipeline->unix_offset_ns == 7 && t.pipeline->ledger.out[STAGE_SPAN] == 0);
	CHECK(t.pipeline->read_ns && t.pipeline->read_ns <= t.rig.now_ns);
	pipeline_settle(t.pipeline, clock.head.at_ns);
	CHECK(t.pipeline->ledger.out[STAGE_SPAN] == 1);
	CHECK(piped_end(&t));
}
