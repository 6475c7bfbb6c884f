/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/proto/http/context.c - what headers of a trace say: the cases of W3C Trace Context's
 * own test suite, and those of B3, as HTTP/1 has them.
 */
#include "tests/test.h"
#include "user/base/hex.h"
#include "user/base/mem.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;

enum { SCRATCH = 16384 };

#define TRACE	  "12345678901234567890123456789012"
#define PARENT	  "1234567890123456"
#define GOOD	  "traceparent: 00-" TRACE "-" PARENT "-01\r\n"
#define BAD	  "traceparent: 00-" TRACE "-" PARENT "\r\n"
#define B3_TRACE  "80f198ee56343ba864fe8b2a57d3eff7"
#define B3_SHORT  "64fe8b2a57d3eff7"
#define B3_SPAN	  "e457b5a2e4d86bd1"
#define B3_PARENT "05e3ac9a4f6e3b90"
#define B3_PADDED "0000000000000000" B3_SHORT
#define B3_IDS	  "X-B3-TraceId: " B3_TRACE "\r\nX-B3-SpanId: " B3_SPAN "\r\n"

/* "TRACE SPAN PARENT" of a span as far as they are not zero, then what else was said of it. */
static struct str said(const struct span *span)
{
	static const uint8_t zero[TRACE_ID_BYTES];
	static char text[1024];
	struct buf to = { .at = text, .capacity = sizeof(text), .limit = sizeof(text) };

	if (memcmp(span->context.trace_id, zero, TRACE_ID_BYTES))
		buf_add_hex(&to, span->context.trace_id, TRACE_ID_BYTES);
	buf_add_byte(&to, ' ');
	if (memcmp(span->context.span_id, zero, SPAN_ID_BYTES))
		buf_add_hex(&to, span->context.span_id, SPAN_ID_BYTES);
	buf_add_byte(&to, ' ');
	if (span->has_parent)
		buf_add_hex(&to, span->parent_id, SPAN_ID_BYTES);
	if (span->parent_is_remote)
		buf_add(&to, STR(" remote"));
	if (span->has_decision)
		buf_add(&to, span->context.flags & TRACE_FLAG_SAMPLED ? STR(" sampled")
								      : STR(" unsampled"));
	if (span->context.state.len) {
		buf_add(&to, STR(" state "));
		buf_add(&to, span->context.state);
	}
	return buf_str(&to);
}

static bool says(const char *headers, enum span_kind kind, const char *wanted)
{
	_cleanup_(buf_free) struct buf scratch = buf_new(SCRATCH);
	struct span span = { .kind = kind, .scratch = &scratch };
	char head[16384];
	int len = snprintf(head, sizeof(head), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
	struct message m;
	bool same;

	if (proto_http1.parse((struct str){ head, (size_t)len }, false, ASKING, NULL, &m) != len)
		abort();
	proto_http1.context(&m, &span);
	same = str_eq(said(&span), str_of(wanted)) && span.has_context == (wanted[0] != ' ') &&
	       span.kind == kind;
	if (!same)
		printf("%s  wanted %s\n     got %.*s\n", headers, wanted, STR_ARGS(said(&span)));
	return same;
}

#define NOTHING	   "  "
#define IS_PARENT  TRACE "  " PARENT " remote sampled"
#define WITH_STATE IS_PARENT " state "

/* Of level 2, as far as a header can say it. */
static const struct {
	const char *headers, *wanted;
} of_w3c[] = {
	{ "", NOTHING },
	{ GOOD, IS_PARENT },
	{ "traceparent: 00-" TRACE "-" PARENT "-00\r\n", TRACE "  " PARENT " remote unsampled" },
	{ "traceparent: 00-" TRACE "-" PARENT "-fe\r\n", TRACE "  " PARENT " remote unsampled" },
	/* the header's name */
	{ "TRACEPARENT: 00-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "TrAcEpArEnT: 00-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "trace-parent: 00-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "trace.parent: 00-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "xtraceparent: 00-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparents: 00-" TRACE "-" PARENT "-01\r\n", NOTHING },
	/* more than one */
	{ GOOD GOOD, NOTHING },
	{ GOOD "Traceparent: 00-" TRACE "-" PARENT "-00\r\n", NOTHING },
	{ GOOD "traceparent:\r\n", NOTHING },
	{ "traceparent:\r\n" GOOD, NOTHING },
	{ BAD GOOD, NOTHING },
	{ GOOD "X-Id: 1\r\n" BAD, NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-01,00-" TRACE "-" PARENT "-01\r\n", NOTHING },
	/* blanks around it, and a folded line */
	{ "traceparent:00-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "traceparent:\t 00-" TRACE "-" PARENT "-01 \t\r\n", IS_PARENT },
	{ "traceparent: \r\n 00-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "traceparent: 00-" TRACE "-" PARENT "-01\r\n x\r\n", NOTHING },
	{ "traceparent: 00-" TRACE " -" PARENT "-01\r\n", NOTHING },
	/* version */
	{ "traceparent: 00-" TRACE "-" PARENT "-01.\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-01-\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-01-what-the-future-will-be-like\r\n", NOTHING },
	{ "traceparent: 01-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "traceparent: cc-" TRACE "-" PARENT "-01\r\n", IS_PARENT },
	{ "traceparent: cc-" TRACE "-" PARENT "-01-\r\n", IS_PARENT },
	{ "traceparent: cc-" TRACE "-" PARENT "-01-what-the-future-will-be-like\r\n", IS_PARENT },
	{ "traceparent: cc-" TRACE "-" PARENT "-01.what-the-future-will-be-like\r\n", NOTHING },
	{ "traceparent: cc-" TRACE "-" PARENT "-0\r\n", NOTHING },
	{ "traceparent: ff-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: FF-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: CC-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: .0-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 0.-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 000-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 0000-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 0-" TRACE "-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: -" TRACE "-" PARENT "-01\r\n", NOTHING },
	/* trace id */
	{ "traceparent: 00-00000000000000000000000000000000-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 00-.2345678901234567890123456789012-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 00-1234567890123456789012345678901.-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "3-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 00-1234567890123456789012345678901-" PARENT "-01\r\n", NOTHING },
	{ "traceparent: 00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01\r\n", NOTHING },
	/* parent id */
	{ "traceparent: 00-" TRACE "-0000000000000000-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-.234567890123456-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-123456789012345.-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "7-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-123456789012345-01\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-00F067AA0BA902B7-01\r\n", NOTHING },
	/* flags */
	{ "traceparent: 00-" TRACE "-" PARENT "-.0\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-0.\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-001\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-1\r\n", NOTHING },
	{ "traceparent: 00-" TRACE "-" PARENT "-0A\r\n", NOTHING },
	{ BAD, NOTHING },
	/* tracestate goes with a traceparent, and touches it not */
	{ "tracestate: foo=1\r\n", NOTHING },
	{ BAD "tracestate: foo=1\r\n", NOTHING },
	{ GOOD "tracestate: foo=1,bar=2\r\n", WITH_STATE "foo=1,bar=2" },
	{ "tracestate: foo=1\r\n" GOOD, WITH_STATE "foo=1" },
	{ GOOD "TraceState: foo=1\r\n", WITH_STATE "foo=1" },
	{ GOOD "trace-state: foo=1\r\n", IS_PARENT },
	{ GOOD "trace.state: foo=1\r\n", IS_PARENT },
	{ GOOD "tracestate:\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=1\r\ntracestate:\r\n", WITH_STATE "foo=1," },
	{ GOOD "tracestate:\r\ntracestate: foo=1\r\n", WITH_STATE "foo=1" },
	{ GOOD "tracestate: foo=1,bar=2\r\ntracestate: rojo=1,congo=2\r\ntracestate: baz=3\r\n",
	  WITH_STATE "foo=1,bar=2,rojo=1,congo=2,baz=3" },
	{ "Tracestate: foo=1\r\n" GOOD "tracestate : bar=2\r\nCookie: c=1\r\nTRACESTATE:baz=3\r\n",
	  WITH_STATE "foo=1,bar=2,baz=3" },
	{ GOOD "tracestate: foo=1,foo=1\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=1\r\ntracestate: foo=2\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=1\r\ntracestate: bar=2\r\ntracestate: foo=3\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=1 \t , \t bar=2, \t baz=3\r\n",
	  WITH_STATE "foo=1 \t , \t bar=2, \t baz=3" },
	{ GOOD "tracestate:\t foo=1 \t\r\n", WITH_STATE "foo=1" },
	{ GOOD "tracestate: foo=1,,bar=2\r\n", WITH_STATE "foo=1,,bar=2" },
	{ GOOD "tracestate: foo =1\r\n", IS_PARENT },
	{ GOOD "tracestate: FOO=1\r\n", IS_PARENT },
	{ GOOD "tracestate: foo.bar=1\r\n", IS_PARENT },
	{ GOOD "tracestate: @foo=1,bar=2\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=bar=baz\r\n", IS_PARENT },
	{ GOOD "tracestate: foo=,bar=3\r\n", IS_PARENT },
	{ GOOD "tracestate: foo\r\n", IS_PARENT },
};

TEST(traceparent_and_tracestate_say_what_their_specification_has)
{
	EACH(i, of_w3c)
		CHECK(says(of_w3c[i].headers, SPAN_SERVER, of_w3c[i].wanted));
}

/* A header of these members, which join `state`. */
static void add_members(struct buf *headers, struct buf *state, size_t from, size_t count)
{
	size_t at;

	buf_add(headers, STR("tracestate: "));
	if (from)
		buf_add_byte(state, ',');
	at = state->len;
	for (size_t i = from; i < from + count; i++)
		buf_printf(state, "%sbar%02zu=%02zu", i > from ? "," : "", i, i);
	buf_add(headers, str_after(buf_str(state), at));
	buf_add(headers, STR("\r\n"));
}

TEST(a_tracestate_of_more_than_32_members_is_none_in_however_many_headers)
{
	for (size_t first = 1; first <= 32; first++) {
		_cleanup_(buf_free) struct buf headers = buf_new(4096), state = buf_new(4096);
		size_t len;

		buf_add(&headers, STR(GOOD));
		buf_add(&state, STR(WITH_STATE));
		add_members(&headers, &state, 0, first);
		if (first < 32)
			add_members(&headers, &state, first, 32 - first);
		len = headers.len;
		buf_add_byte(&headers, '\0');
		buf_add_byte(&state, '\0');
		CHECK(says(headers.at, SPAN_SERVER, state.at));
		headers.len = len;
		add_members(&headers, &state, 32, 1);
		buf_add_byte(&headers, '\0');
		CHECK(says(headers.at, SPAN_SERVER, IS_PARENT));
	}
}

TEST(an_oversized_header_is_no_parent_unless_it_is_of_the_future)
{
	char headers[9000];

	for (int version = 0; version <= 1; version++) {
		snprintf(headers, sizeof(headers),
			 "traceparent: 0%d-" TRACE "-" PARENT "-01-%08000d\r\n", version, 0);
		CHECK(says(headers, SPAN_SERVER, version ? IS_PARENT : NOTHING));
		snprintf(headers, sizeof(headers), "b3: " B3_TRACE "-" B3_SPAN "-%08000d\r\n", 0);
		CHECK(says(headers, SPAN_SERVER, NOTHING));
	}
}

/* A server's parent, then what a client's own span is. */
static const struct {
	const char *headers, *server, *client;
} of_both[] = {
	{ GOOD, IS_PARENT, TRACE " " PARENT "  sampled" },
	{ "b3: " B3_TRACE "-" B3_SPAN "-1-" B3_PARENT "\r\n",
	  B3_TRACE "  " B3_SPAN " remote sampled", B3_TRACE " " B3_SPAN " " B3_PARENT " sampled" },
	{ "B3: " B3_SHORT "-" B3_SPAN "-d\r\n", B3_PADDED "  " B3_SPAN " remote sampled",
	  B3_PADDED " " B3_SPAN "  sampled" },
	{ "b3: " B3_TRACE "-" B3_SPAN "-0\r\n", B3_TRACE "  " B3_SPAN " remote unsampled",
	  B3_TRACE " " B3_SPAN "  unsampled" },
	/* whoever is asked decides */
	{ "b3: " B3_TRACE "-" B3_SPAN "\r\n", B3_TRACE "  " B3_SPAN " remote",
	  B3_TRACE " " B3_SPAN " " },
	/* a decision and no parent */
	{ "b3: 0\r\n", NOTHING " unsampled", NOTHING " unsampled" },
	{ "b3: 1\r\n", NOTHING " sampled", NOTHING " sampled" },
	{ "b3: d\r\n", NOTHING " sampled", NOTHING " sampled" },
	{ "X-B3-Sampled: 0\r\n", NOTHING " unsampled", NOTHING " unsampled" },
	{ "X-B3-Flags: 1\r\n", NOTHING " sampled", NOTHING " sampled" },
	{ B3_IDS, B3_TRACE "  " B3_SPAN " remote", B3_TRACE " " B3_SPAN " " },
	{ B3_IDS "X-B3-Sampled: 1\r\nX-B3-ParentSpanId: " B3_PARENT "\r\n",
	  B3_TRACE "  " B3_SPAN " remote sampled", B3_TRACE " " B3_SPAN " " B3_PARENT " sampled" },
	{ B3_IDS "x-b3-flags: 1\r\n", B3_TRACE "  " B3_SPAN " remote sampled",
	  B3_TRACE " " B3_SPAN "  sampled" },
	/* the first that is valid: traceparent, b3, X-B3-* */
	{ "b3: 0\r\n" B3_IDS GOOD, IS_PARENT, TRACE " " PARENT "  sampled" },
	{ BAD "b3: 0\r\n" B3_IDS, NOTHING " unsampled", NOTHING " unsampled" },
	{ GOOD GOOD B3_IDS, B3_TRACE "  " B3_SPAN " remote", B3_TRACE " " B3_SPAN " " },
	{ BAD "tracestate: a=1\r\nb3: x\r\n" B3_IDS, B3_TRACE "  " B3_SPAN " remote",
	  B3_TRACE " " B3_SPAN " " },
	/* of several that are the same the first counts */
	{ "b3: 0\r\nb3: 1\r\n", NOTHING " unsampled", NOTHING " unsampled" },
	{ B3_IDS "X-B3-SpanId: " B3_PARENT "\r\n", B3_TRACE "  " B3_SPAN " remote",
	  B3_TRACE " " B3_SPAN " " },
	/* nothing */
	{ "b3: x\r\n", NOTHING, NOTHING },
	{ "b3:\r\n", NOTHING, NOTHING },
	{ "b33: 0\r\nxb3: 0\r\nb-3: 0\r\n", NOTHING, NOTHING },
	{ "X-B3-SpanId: " B3_SPAN "\r\n", NOTHING, NOTHING },
	{ "X-B3-TraceId: " B3_TRACE "\r\n", NOTHING, NOTHING },
	{ "X-B3-Flags: 2\r\n", NOTHING, NOTHING },
	{ "X-B3-Sampled: maybe\r\n" B3_IDS, NOTHING, NOTHING },
};

TEST(headers_of_a_trace_are_a_servers_parent_and_a_clients_own)
{
	EACH(i, of_both) {
		CHECK(says(of_both[i].headers, SPAN_SERVER, of_both[i].server));
		CHECK(says(of_both[i].headers, SPAN_CLIENT, of_both[i].client));
	}
}

TEST(headers_of_a_trace_that_are_not_configured_are_not_read)
{
	static const char both[] = GOOD "b3: 1\r\n";
	bool good;

	http_configure(&(struct http_options){ .ignore_traceparent = true });
	good = says(both, SPAN_SERVER, NOTHING " sampled");
	http_configure(&(struct http_options){ .ignore_b3 = true });
	good = good && says(both, SPAN_SERVER, IS_PARENT) &&
	       says("b3: 1\r\n", SPAN_SERVER, NOTHING);
	http_configure(&(struct http_options){ .ignore_traceparent = true, .ignore_b3 = true });
	good = good && says(both, SPAN_SERVER, NOTHING);
	http_configure(NULL);
	CHECK(good);
}

TEST(a_tracestate_that_finds_no_room_is_left_out)
{
	static const struct str head =
		STR("GET / HTTP/1.1\r\n" GOOD "tracestate: a=1\r\ntracestate: b=2\r\n\r\n");

	for (size_t limit = 0; limit < 10; limit++) {
		_cleanup_(buf_free) struct buf scratch = buf_new(limit);
		struct span span = { .kind = SPAN_SERVER, .scratch = &scratch };
		struct message m;

		proto_http1.parse(head, false, ASKING, NULL, &m);
		proto_http1.context(&m, &span);
		CHECK(span.has_parent && span.context.state.len == (limit < 7 ? 0 : 7));
	}
}

TEST(who_posts_to_v1_traces_exports_spans)
{
	static const struct {
		struct str head;
		bool want;
	} rows[] = {
		{ STR("POST /v1/traces HTTP/1.1\r\n\r\n"), true },
		{ STR("POST /otel/v1/traces?key=1 HTTP/1.1\r\n\r\n"), true },
		{ STR("POST http://collector:4318/v1/traces HTTP/1.1\r\n\r\n"), true },
		{ STR("GET /v1/traces HTTP/1.1\r\n\r\n"), false },
		{ STR("POST /v1/metrics HTTP/1.1\r\n\r\n"), false },
		{ STR("POST /v1/traces/7 HTTP/1.1\r\n\r\n"), false },
		{ STR("POST /traces HTTP/1.1\r\n\r\n"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message m;

		CHECK(proto_http1.parse(rows[i].head, false, ASKING, NULL, &m) > 0);
		CHECK(proto_http1.exports_spans(&m, NULL) == rows[i].want);
	}
}

TEST(only_an_answer_of_success_has_taken_spans)
{
	static const struct {
		struct str head;
		bool want;
	} rows[] = {
		{ STR("HTTP/1.1 200 OK\r\n\r\n"), true },
		{ STR("HTTP/1.1 202 Accepted\r\n\r\n"), true },
		{ STR("HTTP/1.1 301 Moved\r\n\r\n"), false },
		{ STR("HTTP/1.1 404 Not Found\r\n\r\n"), false },
	};
	struct message question, answer;

	CHECK(proto_http1.parse(STR("POST /v1/traces HTTP/1.1\r\n\r\n"), false, ASKING, NULL,
				&question) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK(proto_http1.parse(rows[i].head, false, ANSWERING, &question, &answer) > 0);
		CHECK(proto_http1.exports_spans(&question, &answer) == rows[i].want);
	}
}
