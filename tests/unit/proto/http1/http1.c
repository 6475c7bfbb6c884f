/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http1/http1.c - heads of HTTP/1 messages, whole, cut and wrong. */
#include "tests/test.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;

/* What a question said that its answer is read by. */
#define METHOD(name)                                                                               \
	.base = (name), .present = 1u << HTTP_METHOD, .texts[HTTP_METHOD] = { 0, sizeof(name) - 1 }

static const struct message asked_get = { METHOD("GET") };
static const struct message asked_head = { METHOD("HEAD") };
static const struct message asked_connect = { METHOD("CONNECT") };
static const struct message asked_upgrade = {
	.base = "GET websocket",
	.present = 1u << HTTP_METHOD | 1u << HTTP_UPGRADE,
	.texts[HTTP_METHOD] = { 0, 3 },
	.texts[HTTP_UPGRADE] = { 4, 9 },
};
static const struct message asked_cut = { METHOD("GET"), .cut = true };

static const struct {
	struct str in, method, target;
	int version;
	enum body body;
	uint64_t bytes;
} questions[] = {
	{ STR("GET / HTTP/1.1\r\n\r\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	{ STR("GET / HTTP/1.0\r\n\r\n"), STR("GET"), STR("/"), 10, BODY_NONE, 0 },
	/* a minor version that is not known is read as the highest that is */
	{ STR("GET / HTTP/1.7\r\n\r\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	/* bare LF, empty lines first, spaces where one belongs */
	{ STR("GET / HTTP/1.1\n\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	{ STR("GET / HTTP/1.1\nHost: a\r\n\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	{ STR("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	{ STR("\n\nGET / HTTP/1.1\n\n"), STR("GET"), STR("/"), 11, BODY_NONE, 0 },
	{ STR("GET  /a \t HTTP/1.1 \r\n\r\n"), STR("GET"), STR("/a"), 11, BODY_NONE, 0 },
	{ STR("GET /a b HTTP/1.1\r\n\r\n"), STR("GET"), STR("/a b"), 11, BODY_NONE, 0 },
	/* forms of the target */
	{ STR("GET http://a/b?c HTTP/1.1\r\n\r\n"), STR("GET"), STR("http://a/b?c"), 11 },
	{ STR("CONNECT a:443 HTTP/1.1\r\n\r\n"), STR("CONNECT"), STR("a:443"), 11 },
	{ STR("OPTIONS * HTTP/1.1\r\n\r\n"), STR("OPTIONS"), STR("*"), 11 },
	/* any token is a method */
	{ STR("M-SEARCH * HTTP/1.1\r\n\r\n"), STR("M-SEARCH"), STR("*"), 11 },
	{ STR("x!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n\r\n"), STR("x!#$%&'*+-.^_`|~9"), STR("/"), 11 },
	/* bodies */
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), STR("PUT"), STR("/"), 11,
	  BODY_COUNTED, 5 },
	{ STR("PUT / HTTP/1.1\r\ncOnTeNt-lEnGtH:5\r\n\r\n"), STR("PUT"), STR("/"), 11, BODY_COUNTED,
	  5 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length \t: \t 5 \t\r\n\r\n"), STR("PUT"), STR("/"), 11,
	  BODY_COUNTED, 5 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), STR("PUT"), STR("/"), 11 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 007\r\nContent-Length: 7\r\n\r\n"), STR("PUT"),
	  STR("/"), 11, BODY_COUNTED, 7 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 7, 7\r\n\r\n"), STR("PUT"), STR("/"), 11,
	  BODY_COUNTED, 7 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n"), STR("PUT"),
	  STR("/"), 11, BODY_COUNTED, UINT64_C(9999999999999999999) },
	{ STR("PUT / HTTP/1.1\r\nContent-Length:\r\n 5\r\n\r\n"), STR("PUT"), STR("/"), 11,
	  BODY_COUNTED, 5 },
	{ STR("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), STR("PUT"), STR("/"), 11,
	  BODY_MARKED, 0 },
	{ STR("PUT / HTTP/1.1\r\nTransfer-Encoding: gzip,\r\n\t Chunked\r\n\r\n"), STR("PUT"),
	  STR("/"), 11, BODY_MARKED, 0 },
	{ STR("PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"),
	  STR("PUT"), STR("/"), 11, BODY_MARKED, 0 },
	{ STR("PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
	  STR("PUT"), STR("/"), 11, BODY_MARKED, 0 },
	{ STR("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"), STR("PUT"), STR("/"),
	  11, BODY_UNKNOWN, 0 },
	{ STR("PUT / HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n"),
	  STR("PUT"), STR("/"), 11, BODY_COUNTED, 5 },
	/* not headers of ours, however near */
	{ STR("GET / HTTP/1.1\r\nContent-Lengths: 5\r\nXContent-Length: 5\r\n\r\n"), STR("GET"),
	  STR("/"), 11 },
	{ STR("GET / HTTP/1.1\r\nContent\rLength: 5\r\n\r\n"), STR("GET"), STR("/"), 11 },
	{ STR("GET / HTTP/1.1\r\nno colon here\r\n\rx\r\nContent-Length\r\n\r\n"), STR("GET"),
	  STR("/"), 11 },
	{ STR("GET / HTTP/1.1\r\nX: a\r\n Content-Length: 5\r\n\r\n"), STR("GET"), STR("/"), 11 },
};

static const struct {
	struct str in;
	const struct message *question;
	int status;
	enum body body;
	uint64_t bytes;
	bool interim, hands_over;
} answers[] = {
	{ STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), &asked_get, 200, BODY_COUNTED, 5 },
	{ STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), NULL, 200, BODY_COUNTED, 5 },
	{ STR("HTTP/1.0 200\r\n\r\n"), &asked_get, 200, BODY_TO_CLOSE },
	{ STR("HTTP/1.1 200 \n\n"), &asked_get, 200, BODY_TO_CLOSE },
	{ STR("\r\nHTTP/1.1  404  Not Found\r\n\r\n"), &asked_get, 404, BODY_TO_CLOSE },
	{ STR("HTTP/1.1 999 ?\r\n\r\n"), &asked_get, 999, BODY_TO_CLOSE },
	{ STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
	  &asked_get, 200, BODY_MARKED },
	{ STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"),
	  &asked_get, 200, BODY_TO_CLOSE },
	/* no body whatever the headers say */
	{ STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), &asked_head, 200, BODY_NONE },
	{ STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), &asked_head, 200,
	  BODY_NONE },
	{ STR("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), &asked_get, 204, BODY_NONE },
	{ STR("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), &asked_get, 304,
	  BODY_NONE },
	{ STR("HTTP/1.1 100 Continue\r\n\r\n"), &asked_get, 100, BODY_NONE, .interim = true },
	{ STR("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), &asked_get, 103, BODY_NONE,
	  .interim = true },
	/* what comes next is no HTTP */
	{ STR("HTTP/1.1 101 Switching Protocols\r\n\r\n"), &asked_upgrade, 101, BODY_NONE,
	  .hands_over = true },
	{ STR("HTTP/1.1 101 Switching Protocols\r\n\r\n"), NULL, 101, .hands_over = true },
	{ STR("HTTP/1.1 101 Switching Protocols\r\n\r\n"), &asked_cut, 101, .hands_over = true },
	{ STR("HTTP/1.1 101 Switching Protocols\r\n\r\n"), &asked_get, 101, BODY_NONE },
	{ STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), &asked_connect, 200, BODY_NONE,
	  .hands_over = true },
	{ STR("HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n"), &asked_connect, 407, BODY_COUNTED,
	  5 },
};

static const struct {
	enum side side;
	struct str in;
} bad[] = {
	{ ASKING, STR("\x16\x03\x01\x02") },
	{ ASKING, STR("GET /\r\n\r\n") }, /* HTTP/0.9 */
	{ ASKING, STR("GET / http/1.1\r\n\r\n") },
	{ ASKING, STR("GET / HTTP/2.0\r\n\r\n") },
	{ ASKING, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
	{ ASKING, STR("GET / HTTP/1.x\r\n") },
	{ ASKING, STR("GET / HTTP/11\r\n") },
	{ ASKING, STR("GET /HTTP/1.1\r\n") },
	{ ASKING, STR("GET  HTTP/1.1\r\n") },
	{ ASKING, STR(" GET / HTTP/1.1\r\n") },
	{ ASKING, STR("G@T / HTTP/1.1\r\n") },
	{ ASKING, STR("(GET / HT") },
	{ ASKING, STR("HTTP/1.1 200 OK\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5,\r\n x\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length:\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: -5\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: +5\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5a\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5\0\r\n\r\n") },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n") },
	{ ANSWERING, STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n") },
	{ ANSWERING, STR("GET / HTTP/1.1\r\n") },
	{ ANSWERING, STR("http/1.1 200 OK\r\n") },
	{ ANSWERING, STR("HTTP/2.0 200 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1 20 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1 2000 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1 099 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1 2x0 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1200 OK\r\n") },
	{ ANSWERING, STR("HTTP/1.1\r\n") },
	{ ANSWERING, STR("HTTX") },
};

static ssize_t parse(struct str in, enum side side, const struct message *question,
		     struct message *ret)
{
	return proto_http1.parse(in, false, side, question, ret);
}

TEST(http1_reads_whole_questions)
{
	EACH(i, questions) {
		struct message m;

		CHECK(parse(questions[i].in, ASKING, NULL, &m) == (ssize_t)questions[i].in.len);
		CHECK(str_eq(message_text(&m, HTTP_METHOD), questions[i].method));
		CHECK(str_eq(message_text(&m, HTTP_TARGET), questions[i].target));
		CHECK(m.numbers[HTTP_VERSION] == questions[i].version);
		CHECK(m.body == questions[i].body && m.body_bytes == questions[i].bytes);
		CHECK(!m.cut && !m.interim && !m.hands_over && !m.pair);
		CHECK(m.head_bytes == questions[i].in.len);
	}
}

TEST(http1_reads_whole_answers)
{
	EACH(i, answers) {
		struct message m;

		CHECK(parse(answers[i].in, ANSWERING, answers[i].question, &m) ==
		      (ssize_t)answers[i].in.len);
		CHECK(m.numbers[HTTP_STATUS] == answers[i].status);
		CHECK(m.body == answers[i].body && m.body_bytes == answers[i].bytes);
		CHECK(m.interim == answers[i].interim && m.hands_over == answers[i].hands_over);
		CHECK(!m.cut && m.head_bytes == answers[i].in.len);
	}
}

TEST(http1_takes_one_message_and_leaves_the_next)
{
	struct str two = STR("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
	struct message m;

	CHECK(parse(two, ASKING, NULL, &m) == 19);
	CHECK(str_eq(message_text(&m, HTTP_TARGET), STR("/a")) && m.body == BODY_NONE);
}

/* The start of a message of each length, with nothing after it that could be read by mistake. */
static bool shorter_says_more(struct str in, enum side side, const struct message *question)
{
	static const struct message untouched = { .pair = 42 };

	for (size_t len = 0; len < in.len; len++) {
		struct message m = untouched;
		char *copy = test_tight(in.at, len);
		ssize_t used = parse((struct str){ copy, len }, side, question, &m);

		free(copy);
		if (used != PARSE_MORE || memcmp(&m, &untouched, sizeof(m)))
			return false;
	}
	return true;
}

TEST(http1_shorter_starts_say_more_and_write_nothing)
{
	EACH(i, questions)
		CHECK(shorter_says_more(questions[i].in, ASKING, NULL));
	EACH(i, answers)
		CHECK(shorter_says_more(answers[i].in, ANSWERING, answers[i].question));
}

TEST(http1_refuses_nonsense_and_writes_nothing)
{
	EACH(i, bad) {
		struct message m = { .pair = 42 };

		CHECK(parse(bad[i].in, bad[i].side, NULL, &m) == PARSE_BAD);
		CHECK(proto_http1.parse(bad[i].in, true, bad[i].side, NULL, &m) == PARSE_BAD);
		CHECK(m.pair == 42);
	}
}

static bool inside(struct str text, struct str in)
{
	return !text.len || (text.at >= in.at && text.at + text.len <= in.at + in.len);
}

/* Cut there, is it refused, or taken with its texts, its count and its mark right? */
static bool cut_is_sound(struct str whole, size_t len, enum side side,
			 const struct message *question)
{
	struct message m;
	char *copy = test_tight(whole.at, len);
	struct str in = { copy, len };
	ssize_t used = proto_http1.parse(in, true, side, question, &m);
	bool good = used == PARSE_BAD || (used > 0 && (size_t)used <= len);

	if (used > 0) {
		for (size_t i = 0; i < MESSAGE_TEXTS; i++)
			good = good && inside(message_text(&m, (unsigned int)i), in);
		good = good && m.head_bytes == (size_t)used;
		good = good && m.cut == (len < whole.len);
		good = good && (side == ANSWERING || message_text(&m, HTTP_TARGET).len);
	}
	free(copy);
	return good;
}

TEST(http1_cut_anywhere_is_refused_or_sound)
{
	EACH(i, questions)
		for (size_t len = 0; len <= questions[i].in.len; len++)
			CHECK(cut_is_sound(questions[i].in, len, ASKING, NULL));
	EACH(i, answers)
		for (size_t len = 0; len <= answers[i].in.len; len++)
			CHECK(cut_is_sound(answers[i].in, len, ANSWERING, answers[i].question));
}

#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

static const struct {
	enum side side;
	struct str in, target;
	ssize_t used;
	enum body body;
	int version;
} cut[] = {
	{ ASKING, STR("GET /" X256), STR("/" X256), 261, BODY_UNKNOWN, 0 },
	{ ASKING, STR("GET /" X256 " b"), STR("/" X256 " b"), 263, BODY_UNKNOWN, 0 },
	{ ASKING, STR("GET /" X256 " "), STR("/" X256), 262, BODY_UNKNOWN, 0 },
	{ ASKING, STR("GET /" X256 " HTT"), STR("/" X256), 265, BODY_UNKNOWN, 0 },
	{ ASKING, STR("GET /" X256 " HTTP/1."), STR("/" X256), 269, BODY_UNKNOWN, 0 },
	{ ASKING, STR("GET /" X256 " HTTP/1.0\r"), STR("/" X256), 271, BODY_UNKNOWN, 10 },
	{ ASKING, STR("GET /"), STR(""), PARSE_BAD }, /* too short to be cut by a limit */
	{ ASKING, STR("GET /abc HTTP/1.0\r"), STR(""), PARSE_BAD },
	{ ASKING, STR("GET / HTTP/1.1\r\n"), STR("/"), 16, BODY_UNKNOWN, 11 },
	{ ASKING, STR("GET / HTTP/1.1\r\nHost: a\r\nCook"), STR("/"), 25, BODY_UNKNOWN, 11 },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5\r\nX"), STR("/"), 35, BODY_COUNTED, 11 },
	{ ASKING, STR("PUT / HTTP/1.1\r\nContent-Length: 5"), STR("/"), 16, BODY_UNKNOWN, 11 },
	{ ASKING, STR("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"), STR("/"), 44,
	  BODY_MARKED, 11 },
	{ ANSWERING, STR("HTTP/1.1 200 OK\r\nServ"), STR(""), 17, BODY_UNKNOWN, 11 },
	{ ANSWERING, STR("HTTP/1.1 204 No\r\nServ"), STR(""), 17, BODY_NONE, 11 },
	{ ASKING, STR("GET"), STR(""), PARSE_BAD },
	{ ASKING, STR("GET "), STR(""), PARSE_BAD },
	{ ASKING, STR("PRI * HTTP/2.0"), STR(""), PARSE_BAD },
	{ ASKING, STR(""), STR(""), PARSE_BAD },
	{ ASKING, STR("\r\n"), STR(""), PARSE_BAD },
	{ ANSWERING, STR("HTTP/1.1 200 OK"), STR(""), PARSE_BAD },
	{ ANSWERING, STR(""), STR(""), PARSE_BAD },
};

TEST(http1_cut_heads_give_what_they_showed)
{
	EACH(i, cut) {
		struct message m = {};

		CHECK(proto_http1.parse(cut[i].in, true, cut[i].side, NULL, &m) == cut[i].used);
		if (cut[i].used < 0)
			continue;
		CHECK(m.cut && m.body == cut[i].body);
		CHECK(str_eq(message_text(&m, HTTP_TARGET), cut[i].target));
		CHECK(m.numbers[HTTP_VERSION] == cut[i].version);
	}
}

/* `len` bytes behind `before`, and `after` behind these, as one question. */
static struct str padded(char *room, struct str before, char filler, size_t len, struct str after)
{
	memcpy(room, before.at, before.len);
	memset(room + before.len, filler, len);
	memcpy(room + before.len + len, after.at, after.len);
	return (struct str){ room, before.len + len + after.len };
}

TEST(http1_looks_at_no_more_of_a_head_than_places_reach)
{
	static const struct {
		struct str before, after;
		char filler;
	} rows[] = {
		{ STR("GET /"), STR(" HTTP/1.1\r\nHost: a\r\n\r\n"), 'x' },
		{ STR("GET / HTTP/1.1\r\nX: "), STR("\r\nHost: a\r\n\r\n"), 'x' },
		{ STR("GET / HTTP/1.1\r\nHost: a"), STR("\r\n\r\n"), 'a' },
		{ STR(""), STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), '\n' },
	};
	static char room[2 * MESSAGE_HEAD_MAX];

	EACH(i, rows) {
		size_t rest = rows[i].before.len + rows[i].after.len, most = MESSAGE_HEAD_MAX;
		struct message m = {};
		struct str in =
			padded(room, rows[i].before, rows[i].filler, most - rest, rows[i].after);
		ssize_t used;

		for (int round = 0; round < 3; round++)
			CHECK(parse(in, ASKING, NULL, &m) == MESSAGE_HEAD_MAX);
		CHECK(m.head_bytes == MESSAGE_HEAD_MAX && message_text(&m, HTTP_HOST).len);
		in = padded(room, rows[i].before, rows[i].filler, most - rest + 1, rows[i].after);
		CHECK(parse(in, ASKING, NULL, &m) == PARSE_MORE);
		used = proto_http1.parse(in, true, ASKING, NULL, &m);
		CHECK(used > 0 && used <= MESSAGE_HEAD_MAX);
		for (unsigned int which = 0; used > 0 && which < MESSAGE_TEXTS; which++)
			CHECK(inside(message_text(&m, which), str_first(in, (size_t)used)));
	}
}

TEST(http1_keeps_the_headers_that_say_something)
{
	static const struct str headers[] = { STR("x-tenant"), STR("authorization"), STR("Host") };
	static const struct str baggage[] = { STR("k") };
	static const struct http_options options = {
		.headers = headers, .header_count = 3, .baggage = baggage, .baggage_count = 1
	};
	static const struct str in =
		STR("GET / HTTP/1.1\r\n"
		    "host:  shop:80 \r\nHost: second\r\n"
		    "User-Agent: one\r\n\ttwo\r\n"
		    "Traceparent: 00-a\r\nTraceState: a=1\r\ntracestate: b=2\r\ntracestate: c=3\r\n"
		    "X-B3-TraceId: 1\r\nx-b3-spanid : 2\r\nX-B3-PARENTSPANID:3\r\n"
		    "X-B3-Sampled: 0\r\nX-B3-Sampled: 1\r\nX-B3-Flags: 1\r\nX-B3-Other: 4\r\n"
		    "B3: 5-6\r\nb3: 7-8\r\nb3x: 9\r\nBaggage: k=v\r\nbaggage: l=w\r\n"
		    "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
		    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: far\r\nUpgrade: h2c\r\n"
		    "X-Tenant: t1\r\nX-Tenant: t2\r\nAuthorization: secret\r\n"
		    "Empty:\r\n\r\n");
	static const struct str wanted[HTTP_TEXTS] = {
		[HTTP_METHOD] = STR("GET"),
		[HTTP_TARGET] = STR("/"),
		[HTTP_HOST] = STR("shop:80"),
		[HTTP_USER_AGENT] = STR("one\r\n\ttwo"),
		[HTTP_TRACEPARENT] = STR("00-a"),
		[HTTP_TRACESTATE] = STR("a=1\r\ntracestate: b=2\r\ntracestate: c=3"),
		[HTTP_BAGGAGE] = STR("k=v\r\nbaggage: l=w"),
		[HTTP_B3] = STR("5-6"),
		[HTTP_B3_TRACE_ID] = STR("1"),
		[HTTP_B3_SPAN_ID] = STR("2"),
		[HTTP_B3_PARENT_ID] = STR("3"),
		[HTTP_B3_SAMPLED] = STR("0"),
		[HTTP_FORWARDED] = STR("for=1.1.1.1"),
		[HTTP_X_FORWARDED_FOR] = STR("2.2.2.2"),
		[HTTP_X_FORWARDED_PROTO] = STR("https"),
		[HTTP_X_FORWARDED_HOST] = STR("far"),
		[HTTP_UPGRADE] = STR("h2c"),
		[HTTP_CAPTURE] = STR("t1"),
		[HTTP_CAPTURE + 1] = STR("shop:80"),
	};
	struct message m;
	ssize_t used;

	http_configure(&options);
	used = parse(in, ASKING, NULL, &m);
	http_configure(NULL);
	CHECK(used == (ssize_t)in.len);
	EACH(i, wanted)
		CHECK(str_eq(message_text(&m, (unsigned int)i), wanted[i]));
	CHECK(m.numbers[HTTP_FLAGS] == HTTP_B3_DEBUG);
}

TEST(http1_keeps_baggage_only_where_it_is_asked_for)
{
	struct message m;

	CHECK(parse(STR("GET / HTTP/1.1\r\nbaggage: a=1\r\nX-B3-Flags: 0\r\nx-3\r\nb3\r\n\r\n"),
		    ASKING, NULL, &m) > 0);
	CHECK(!message_text(&m, HTTP_BAGGAGE).len && !m.numbers[HTTP_FLAGS]);
	CHECK(!message_text(&m, HTTP_B3).len);
}

TEST(http1_marks_a_second_traceparent)
{
	struct message m;

	CHECK(parse(STR("GET / HTTP/1.1\r\ntraceparent: a\r\ntraceparent: a\r\n\r\n"), ASKING, NULL,
		    &m) > 0);
	CHECK(m.numbers[HTTP_FLAGS] & HTTP_TRACEPARENT_TWICE);
}

TEST(http1_keeps_no_texts_of_answers)
{
	struct message m;

	CHECK(parse(STR("HTTP/1.1 200 OK\r\nHost: a\r\nUpgrade: b\r\n\r\n"), ANSWERING, NULL, &m) >
	      0);
	for (size_t i = 0; i < MESSAGE_TEXTS; i++)
		CHECK(!message_text(&m, (unsigned int)i).len);
}

/* A header at each distance from the start: the search for line ends goes by blocks. */
TEST(http1_finds_headers_wherever_they_stand)
{
	char text[256];

	for (int pad = 0; pad < 150; pad++) {
		int len = snprintf(text, sizeof(text),
				   "HTTP/1.1 200 OK\r\nX: %0*d\r\nContent-Length: 77\r\n\r\n", pad,
				   0);
		char *copy = test_tight(text, (size_t)len);
		struct message m = {};
		ssize_t used = parse((struct str){ copy, (size_t)len }, ANSWERING, NULL, &m);

		free(copy);
		CHECK(used == len && m.body == BODY_COUNTED && m.body_bytes == 77);
	}
}

static const struct {
	struct str in;
	enum guess guess;
} guesses[] = {
	{ STR(""), GUESS_MORE },
	{ STR("\r\n"), GUESS_MORE },
	{ STR("G"), GUESS_MORE },
	{ STR("H"), GUESS_MORE },
	{ STR("HTTP/1"), GUESS_MORE },
	{ STR("get /"), GUESS_MORE },
	{ STR("GET /"), GUESS_ASKING },
	{ STR("OPTIONS *"), GUESS_ASKING },
	{ STR("GET http://a"), GUESS_ASKING },
	{ STR("CONNECT a"), GUESS_ASKING },
	{ STR("\r\nGET / HTTP/1.1\r\n"), GUESS_ASKING },
	{ STR("get x HTTP/1.0\nabc"), GUESS_ASKING },
	{ STR("HTTP/1.1 200 OK\r\n"), GUESS_ANSWERING },
	{ STR("HTTP/1.1 20"), GUESS_ANSWERING },
	{ STR("HTTP/2 20"), GUESS_NO },
	{ STR("get key\r\n"), GUESS_NO },
	{ STR("hello world\n"), GUESS_NO },
	{ STR("GET /\r\n"), GUESS_NO },
	{ STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), GUESS_NO },
	{ STR("\x16\x03\x01"), GUESS_NO },
	{ STR("*1\r\n$4\r\nPING\r\n"), GUESS_NO },
	{ STR("\0\0\0\0"), GUESS_NO },
};

TEST(http1_guess_tells_it_from_others)
{
	EACH(i, guesses)
		CHECK(proto_http1.guess(guesses[i].in) == guesses[i].guess);
}

TEST(http1_guess_does_not_wait_for_ever)
{
	static char word[9000];

	memset(word, 'a', sizeof(word));
	CHECK(proto_http1.guess((struct str){ word, 100 }) == GUESS_MORE);
	CHECK(proto_http1.guess((struct str){ word, sizeof(word) }) == GUESS_NO);
}

TEST(protos_begin_with_http1_and_end)
{
	size_t count = 0;

	while (protos[count])
		count++;
	CHECK(count >= 1 && protos[0] == &proto_http1);
}
