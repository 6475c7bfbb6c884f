/* SPDX-License-Identifier: Apache-2.0 */
/* fastcgi.c - mirrors user/proto/fastcgi/: heads of questions and answers, whole, cut and wrong. */
#include "tests/test.h"
#include "tests/unit/proto/fastcgi/build.h"

#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

#define GET_A "REQUEST_METHOD=GET,REQUEST_URI=/a"

/* `optional` bytes at the end belong to it only when they are there. */
static const struct {
	const char *words;
	struct str method, target;
	int version;
	enum body body;
	uint64_t input;
	size_t optional;
} questions[] = {
	{ "begin|params:" GET_A "|params", STR("GET"), STR("/a") },
	{ "begin|params:" GET_A "|params|stdin", STR("GET"), STR("/a"), .optional = 8 },
	{ "begin|params:" GET_A ",CONTENT_LENGTH=,SERVER_PROTOCOL=HTTP/1.1|params", STR("GET"),
	  STR("/a"), 11 },
	{ "begin|params:" GET_A ",SERVER_PROTOCOL=HTTP/1.0|params", STR("GET"), STR("/a"), 10 },
	{ "begin|params:" GET_A ",SERVER_PROTOCOL=HTTP/2.0|params", STR("GET"), STR("/a"), 20 },
	{ "begin|params:" GET_A ",SERVER_PROTOCOL=HTTP/3.0|params", STR("GET"), STR("/a"), 30 },
	{ "begin|params:" GET_A ",SERVER_PROTOCOL=INCLUDED|params", STR("GET"), STR("/a"), 0 },
	{ "begin|params:REQUEST_METHOD=POST,CONTENT_LENGTH=7,REQUEST_URI=/a?b|params", STR("POST"),
	  STR("/a?b"), 0, BODY_MARKED, 7 },
	/* lengths that are none: nothing is waited for */
	{ "begin|params:" GET_A ",CONTENT_LENGTH=-1|params", STR("GET"), STR("/a") },
	{ "begin|params:" GET_A ",CONTENT_LENGTH=99999999999999999999|params", STR("GET"),
	  STR("/a") },
	/* the path where the whole target is not said */
	{ "begin|params:DOCUMENT_URI=/d,SCRIPT_NAME=/s,REQUEST_METHOD=GET|params", STR("GET"),
	  STR("/s") },
	{ "begin|params:DOCUMENT_URI=/d,REQUEST_METHOD=GET|params", STR("GET"), STR("/d") },
	{ "begin|params", STR(""), STR("") },
	/* of two the first, of none that is empty */
	{ "begin|params:REQUEST_URI=,REQUEST_URI=/a,REQUEST_URI=/b|params", STR(""), STR("/a") },
	/* in several records */
	{ "begin|params+5:REQUEST_METHOD=GET|params:REQUEST_URI=/a|params", STR("GET"), STR("/a") },
	/* lengths of four bytes */
	{ "begin|params:REQUEST_URI=/" X256 ",HTTP_COOKIE=" X256 ",REQUEST_METHOD=PUT|params",
	  STR("PUT"), STR("/" X256) },
	{ "begin|params:" X64 X64 X64 "=a,REQUEST_URI=/a|params", STR(""), STR("/a") },
	/* padding, another id, what is asked of the connection in between */
	{ "begin@7+4|params@7+3:" GET_A "|params@7+1|stdin@7+2", STR("GET"), STR("/a"),
	  .optional = 10 },
	{ "begin|values:\x0e\1FCGI_MAX_CONNS|params:" GET_A "|strange:x|params", STR("GET"),
	  STR("/a") },
	/* given up before all was said */
	{ "begin|params:" GET_A "|abort", STR("GET"), STR("/a") },
	/* the other roles: one has no input, one has two */
	{ "begin:2|params:" GET_A ",CONTENT_LENGTH=7|params", STR("GET"), STR("/a") },
	{ "begin:3|params:" GET_A ",CONTENT_LENGTH=7|params", STR("GET"), STR("/a"), 0, BODY_MARKED,
	  UINT64_C(1) << 44 | 7 },
	{ "begin:9|params:" GET_A "|params", STR("GET"), STR("/a") },
};

/* `rest` bytes at the end are its body. */
static const struct {
	const char *words;
	int status;
	enum body body;
	uint64_t left;
	size_t rest;
} answers[] = {
	{ "stdout:Content-type: text/html\r\n\r\n|end", 200, BODY_MARKED, 0, 16 },
	{ "stdout+4:Content-type: a\r\n\r\nabc|end", 200, BODY_MARKED, 7, 23 },
	{ "stdout:Status: 404 Not Found\r\nA: b\r\n\r\n|end", 404, BODY_MARKED, 0, 16 },
	{ "stdout:A: b\nstatus:500\n\n|end", 500, BODY_MARKED, 0, 16 },
	{ "stdout:\r\nabc", 200, BODY_MARKED, 3, 3 },
	/* of two the first; of nonsense none */
	{ "stdout:Status: 404\nStatus: 500\n\n|end", 404, BODY_MARKED, 0, 16 },
	{ "stdout:Status: 40\n\n|end", 200, BODY_MARKED, 0, 16 },
	{ "stdout:Status: 4040\n\n|end", 200, BODY_MARKED, 0, 16 },
	{ "stdout:Status: 099\n\n|end", 200, BODY_MARKED, 0, 16 },
	{ "stdout:XStatus: 500\n\n|end", 200, BODY_MARKED, 0, 16 },
	/* elsewhere, by itself and with a status */
	{ "stdout:Location: /b\n\n|end", 302, BODY_MARKED, 0, 16 },
	{ "stdout:Location: /b\nStatus: 201 Created\n\n|end", 201, BODY_MARKED, 0, 16 },
	/* the first line of HTTP */
	{ "stdout:HTTP/1.1 503 Later\r\n\r\n|end", 503, BODY_MARKED, 0, 16 },
	/* split wherever, with errors before and between */
	{ "stdout:Stat|stdout+2:us: 4|stderr:oh\n\nno|stdout:10\r|stdout:\n\r\n|end", 410,
	  BODY_MARKED, 0, 16 },
	{ "stderr+7:PHP message: no\n\n|stdout:A: b\n\nab", 200, BODY_MARKED, 2, 2 },
	{ "stdout:A: " X256 "\nStatus: 404\n\n", 404, BODY_MARKED, 0, 0 },
	/* the end before the lines', and nothing but an end */
	{ "stdout:Status: 500\n|stdout|end", 500, BODY_NONE },
	{ "stdout|end", 0, BODY_NONE },
	{ "end:2", 0, BODY_NONE },
	{ "stderr:no|end+3", 0, BODY_NONE },
};

/* What stands between messages. */
static const struct {
	enum side side;
	const char *words;
	uint64_t content;
} asides[] = {
	{ ASKING, "stdin", 0 },
	{ ASKING, "stdin+1:abc", 4 },
	{ ASKING, "data", 0 },
	{ ASKING, "abort", 0 },
	{ ASKING, "values:\x0e\1FCGI_MAX_CONNS", 16 },
	{ ASKING, "strange:x", 1 },
	{ ANSWERING, "result:\x0e\1FCGI_MAX_CONNS1", 17 },
	{ ANSWERING, "unknown:\x63", 1 },
};

static const struct {
	enum side side;
	const char *words;
} bad[] = {
	{ ASKING, "raw:GET / HTTP/1.1" },
	{ ASKING, "raw:\2" },
	{ ASKING, "params:" GET_A },
	{ ASKING, "stdout:a" },
	{ ASKING, "end" },
	{ ASKING, "result:a" },
	{ ASKING, "begin@0" },
	{ ASKING, "stdin@0" },
	{ ASKING, "begin|begin" },
	{ ASKING, "begin|stdin" },
	{ ASKING, "begin|stdout:a" },
	{ ASKING, "begin|params@2:" GET_A },
	{ ASKING, "begin|raw:\2" },
	{ ASKING, "begin|result:a" },
	{ ANSWERING, "raw:HTTP/1.1 200 OK" },
	{ ANSWERING, "begin" },
	{ ANSWERING, "params" },
	{ ANSWERING, "stdin" },
	{ ANSWERING, "values:a" },
	{ ANSWERING, "stdout@0:a" },
	{ ANSWERING, "stdout:A: b\n|stdout@2:\n" },
	{ ANSWERING, "stdout:A: b\n|raw:\2" },
	{ ANSWERING, "stdout:A: b\n|begin" },
};

static ssize_t parse(struct str in, enum side side, struct message *ret)
{
	return proto_fastcgi.parse(in, false, side, NULL, ret);
}

static void drop(struct str built)
{
	free((void *)(uintptr_t)built.at);
}

static bool question_is_read(size_t i, struct str in)
{
	struct message m;
	uint64_t input = questions[i].input << 18;

	return parse(in, ASKING, &m) == (ssize_t)in.len && m.head_bytes == in.len &&
	       str_eq(message_text(&m, HTTP_METHOD), questions[i].method) &&
	       str_eq(message_text(&m, HTTP_TARGET), questions[i].target) &&
	       m.numbers[HTTP_VERSION] == questions[i].version && m.body == questions[i].body &&
	       m.body_bytes == input && !m.cut && !m.interim && !m.pair;
}

TEST(fastcgi_reads_whole_questions)
{
	EACH(i, questions) {
		struct str in = fastcgi_build(questions[i].words);
		bool read = question_is_read(i, in);

		drop(in);
		if (!read)
			puts(questions[i].words);
		CHECK(read);
	}
}

TEST(fastcgi_reads_whole_answers)
{
	EACH(i, answers) {
		struct str in = fastcgi_build(answers[i].words);
		struct message m = {};
		ssize_t used = parse(in, ANSWERING, &m);

		drop(in);
		if (used != (ssize_t)(in.len - answers[i].rest))
			puts(answers[i].words);
		CHECK(used == (ssize_t)(in.len - answers[i].rest) && m.head_bytes == used);
		CHECK(m.numbers[HTTP_STATUS] == answers[i].status);
		CHECK(m.body == answers[i].body && m.body_bytes == answers[i].left);
		CHECK(!m.cut && !m.interim && !m.pair && !m.present);
	}
}

TEST(fastcgi_steps_aside_for_what_no_exchange_is_made_of)
{
	EACH(i, asides) {
		struct str in = fastcgi_build(asides[i].words);
		struct message m;
		ssize_t used = parse(in, asides[i].side, &m);

		drop(in);
		CHECK(used == 8 && m.interim && m.head_bytes == 8);
		CHECK(m.body == (asides[i].content ? BODY_COUNTED : BODY_NONE));
		CHECK(m.body_bytes == asides[i].content);
	}
}

/* The start of a message of each length below, with nothing after it that could be read by mistake. */
static bool shorter_says_more(struct str in, size_t below, enum side side)
{
	static const struct message untouched = { .pair = 42 };

	for (size_t len = 0; len < below; len++) {
		struct message m = untouched;
		char *copy = test_tight(in.at, len);
		ssize_t used = parse((struct str){ copy, len }, side, &m);

		free(copy);
		if (used != PARSE_MORE || memcmp(&m, &untouched, sizeof(m)))
			return false;
	}
	return true;
}

TEST(fastcgi_shorter_starts_say_more_and_write_nothing)
{
	EACH(i, questions) {
		struct str in = fastcgi_build(questions[i].words);
		bool more = shorter_says_more(in, in.len - questions[i].optional, ASKING);

		drop(in);
		CHECK(more);
	}
	EACH(i, answers) {
		struct str in = fastcgi_build(answers[i].words);
		bool more = shorter_says_more(in, in.len - answers[i].rest, ANSWERING);

		drop(in);
		CHECK(more);
	}
	EACH(i, asides) {
		struct str in = fastcgi_build(asides[i].words);
		bool more = shorter_says_more(in, 8, asides[i].side);

		drop(in);
		CHECK(more);
	}
}

TEST(fastcgi_refuses_nonsense_and_writes_nothing)
{
	EACH(i, bad) {
		struct str in = fastcgi_build(bad[i].words);
		struct message m = { .pair = 42 };
		ssize_t whole = parse(in, bad[i].side, &m);
		ssize_t cut = proto_fastcgi.parse(in, true, bad[i].side, NULL, &m);

		drop(in);
		if (whole != PARSE_BAD)
			puts(bad[i].words);
		CHECK(whole == PARSE_BAD && cut == PARSE_BAD && m.pair == 42);
	}
}

/* With one byte changed. */
static ssize_t parse_changed(const char *words, size_t at, char byte, enum side side)
{
	struct str in = fastcgi_build(words);
	struct message m;
	ssize_t used;

	((char *)(uintptr_t)in.at)[at] = byte;
	used = parse(in, side, &m);
	drop(in);
	return used;
}

TEST(fastcgi_does_not_believe_lengths_that_lie)
{
	/* BEGIN_REQUEST and END_REQUEST that are not of 8 bytes */
	CHECK(parse_changed("begin|params|params", 5, 9, ASKING) == PARSE_BAD);
	CHECK(parse_changed("end", 5, 7, ANSWERING) == PARSE_BAD);
	/* a value longer than all that comes, of one byte's length and of four */
	CHECK(parse_changed("begin|params:A=b|params", 25, 2, ASKING) == PARSE_BAD);
	CHECK(parse_changed("begin|params:A=b,CD=e|params", 25, (char)0xff, ASKING) == PARSE_BAD);
	/* a name, and only half of the lengths */
	CHECK(parse_changed("begin|params:A=b|params", 24, 100, ASKING) == PARSE_BAD);
	CHECK(parse_changed("begin|params:=|params|params", 24, (char)0x80, ASKING) == PARSE_BAD);
	/* a record longer than all that is there */
	CHECK(parse_changed("begin|params:A=b|params", 20, 9, ASKING) == PARSE_MORE);
	CHECK(parse_changed("stdout:A: b", 4, 9, ANSWERING) == PARSE_MORE);
}

/* BEGIN_REQUEST and a stream of PARAMS in two records, split there. */
static void split_build(struct str stream, size_t split, struct buf *ret)
{
	const size_t lens[] = { split, stream.len - split, 0 };
	struct str begin = fastcgi_build("begin");

	buf_add(ret, begin);
	drop(begin);
	EACH(i, lens) {
		buf_add(ret, (struct str){ (char[8]){ 1, 4, 0, 1, 0, (char)lens[i] }, 8 });
		buf_add(ret, str_first(stream, lens[i]));
		stream = str_after(stream, lens[i]);
	}
}

/* A, 4 bytes; the host's value at 15, the target's at 32. */
TEST(fastcgi_steps_over_split_texts_and_reads_the_others)
{
	struct str built = fastcgi_build("params:A=b,HTTP_HOST=shop,REQUEST_URI=/a");
	struct str stream = str_after(built, 8);

	CHECK(stream.len == 34);
	for (size_t split = 1; split < stream.len; split++) {
		bool no_host = split > 6 && split < 19 && split != 15;
		bool no_target = split > 21 && split != 32;
		struct buf in = buf_new(1024);
		struct message m;
		ssize_t used;

		split_build(stream, split, &in);
		used = parse(buf_str(&in), ASKING, &m);
		CHECK(used == (ssize_t)in.len);
		CHECK(str_eq(message_text(&m, HTTP_HOST), no_host ? STR("") : STR("shop")));
		CHECK(str_eq(message_text(&m, HTTP_TARGET), no_target ? STR("") : STR("/a")));
		buf_free(&in);
	}
	drop(built);
}

static bool inside(struct str text, struct str in)
{
	return !text.len || (text.at >= in.at && text.at + text.len <= in.at + in.len);
}

/* Cut there, is it refused, or taken with its texts, its count and its mark right? */
static bool cut_is_sound(struct str whole, size_t len, enum side side)
{
	char *copy = test_tight(whole.at, len);
	struct str in = { copy, len };
	struct message m;
	ssize_t used = proto_fastcgi.parse(in, true, side, NULL, &m);
	bool good = used == PARSE_BAD || (used > 0 && (size_t)used <= len);

	if (used > 0) {
		for (unsigned int i = 0; i < MESSAGE_TEXTS; i++)
			good = good && inside(message_text(&m, i), in);
		good = good && m.head_bytes == (size_t)used;
		good = good && (!m.cut || m.body == BODY_UNKNOWN);
	}
	free(copy);
	return good;
}

TEST(fastcgi_cut_anywhere_is_refused_or_sound)
{
	EACH(i, questions) {
		struct str in = fastcgi_build(questions[i].words);
		bool sound = true;

		for (size_t len = 0; len <= in.len; len++)
			sound = sound && cut_is_sound(in, len, ASKING);
		drop(in);
		CHECK(sound);
	}
	EACH(i, answers) {
		struct str in = fastcgi_build(answers[i].words);
		bool sound = true;

		for (size_t len = 0; len <= in.len; len++)
			sound = sound && cut_is_sound(in, len, ANSWERING);
		drop(in);
		CHECK(sound);
	}
}

/* `less` bytes are missing at the end. */
static const struct {
	enum side side;
	const char *words;
	size_t less;
	struct str method, target;
	int status;
	bool partial, refused;
} cut[] = {
	{ ASKING, "begin|params:" GET_A ",A=" X64, 60, STR("GET"), STR("/a") },
	/* a path that may go on is none; one whose query has begun is whole */
	{ ASKING, "begin|params:REQUEST_METHOD=GET,REQUEST_URI=/abcdef", 2, STR("GET"), STR("") },
	{ ASKING, "begin|params:REQUEST_METHOD=GET,SCRIPT_NAME=/s,REQUEST_URI=/abcdef", 2,
	  STR("GET"), STR("/s") },
	{ ASKING, "begin|params:REQUEST_METHOD=GET,REQUEST_URI=/abc?def", 2, STR("GET"),
	  STR("/abc?d") },
	{ ASKING, "begin|params:QUERY_STRING=" X64 ",REQUEST_METHOD=GET", 20, STR(""), STR(""),
	  .partial = true },
	{ ASKING, "begin", 0, STR(""), STR(""), .partial = true },
	{ ASKING, "begin", 1, .refused = true },
	{ ASKING, "stdin", 1, .refused = true },
	{ ANSWERING, "stdout:Status: 404 Not Found\nCookie", 0, .status = 404 },
	{ ANSWERING, "stdout:Cookie: a\nCookie", 0, .status = 200 },
	/* not even a line: nothing is known */
	{ ANSWERING, "stdout:Status: 404", 0, .status = 0 },
	{ ANSWERING, "stderr:oh no", 3, .status = 0 },
	{ ANSWERING, "end", 1, .status = 0 },
	{ ANSWERING, "result:a", 2, .refused = true },
};

TEST(fastcgi_cut_heads_give_what_they_showed)
{
	EACH(i, cut) {
		struct str in = fastcgi_build(cut[i].words);
		struct message m = {};
		ssize_t used = proto_fastcgi.parse(str_first(in, in.len - cut[i].less), true,
						   cut[i].side, NULL, &m);

		CHECK(used == (cut[i].refused ? PARSE_BAD : (ssize_t)(in.len - cut[i].less)));
		CHECK(str_eq(message_text(&m, HTTP_METHOD), cut[i].method));
		CHECK(str_eq(message_text(&m, HTTP_TARGET), cut[i].target));
		CHECK(m.numbers[HTTP_STATUS] == cut[i].status && m.partial == cut[i].partial);
		CHECK(used < 0 || (m.cut && m.body == BODY_UNKNOWN));
		drop(in);
	}
}

/* Variables as nginx sends them, and which text of HTTP each becomes. */
static const char *const everything =
	"begin|params:SCRIPT_NAME=/s,REQUEST_URI=/a?b,REQUEST_METHOD=GET,SERVER_NAME=name,"
	"REQUEST_SCHEME=https,HTTPS=on,REMOTE_ADDR=10.0.0.9,HTTP_HOST=shop:81,HTTP_HOST=second,"
	"HTTP_USER_AGENT=curl,HTTP_TRACEPARENT=00-a,HTTP_TRACESTATE=a=1,HTTP_TRACESTATE=b=2,"
	"HTTP_B3=0,HTTP_X_B3_TRACEID=1f,HTTP_BAGGAGE=a=b,HTTP_FORWARDED=for=1.1.1.1,HTTP_X_FORWARDED_FOR=2.2.2.2,"
	"HTTP_X_FORWARDED_PROTO=http,HTTP_X_FORWARDED_HOST=far,HTTP_X_TENANT=t1,HTTP_X_TENANT=t2,"
	"HTTP_AUTHORIZATION=secret,CONTENT_TYPE=text/plain|params";

static const struct str wanted[HTTP_TEXTS] = {
	[HTTP_METHOD] = STR("GET"),
	[HTTP_TARGET] = STR("/a?b"),
	[HTTP_HOST] = STR("shop:81"),
	[HTTP_USER_AGENT] = STR("curl"),
	[HTTP_TRACEPARENT] = STR("00-a"),
	[HTTP_TRACESTATE] = STR("a=1"),
	[HTTP_B3] = STR("0"),
	[HTTP_B3_TRACE_ID] = STR("1f"),
	[HTTP_FORWARDED] = STR("for=1.1.1.1"),
	[HTTP_X_FORWARDED_FOR] = STR("2.2.2.2"),
	[HTTP_X_FORWARDED_PROTO] = STR("http"),
	[HTTP_X_FORWARDED_HOST] = STR("far"),
	[HTTP_CAPTURE] = STR("t1"),
	[HTTP_CAPTURE + 1] = STR("text/plain"),
};

TEST(fastcgi_keeps_the_variables_that_say_something)
{
	static const struct str headers[] = { STR("x-tenant"), STR("authorization"),
					      STR("Content-Type") };
	static const struct http_options options = { .headers = headers, .header_count = 3 };
	struct str in = fastcgi_build(everything);
	struct message m;
	ssize_t used;

	http_configure(&options);
	used = parse(in, ASKING, &m);
	http_configure(NULL);
	CHECK(used == (ssize_t)in.len);
	EACH(i, wanted)
		CHECK(str_eq(message_text(&m, (unsigned int)i), wanted[i]));
	CHECK(m.numbers[HTTP_FLAGS] == HTTP_GATEWAY);
	drop(in);
}

static const struct {
	const char *words;
	unsigned int which;
	struct str want;
} fallbacks[] = {
	{ "begin|params:SERVER_NAME=name|params", HTTP_HOST, STR("name") },
	{ "begin|params:REMOTE_ADDR=10.0.0.9|params", HTTP_X_FORWARDED_FOR, STR("10.0.0.9") },
	{ "begin|params:HTTPS=,REQUEST_SCHEME=http|params", HTTP_X_FORWARDED_PROTO, STR("http") },
	{ "begin|params:HTTPS=on|params", HTTP_X_FORWARDED_PROTO, STR("HTTPS") },
	{ "begin|params:HTTPS=off|params", HTTP_X_FORWARDED_PROTO, STR("") },
};

TEST(fastcgi_says_what_the_web_server_knows_where_headers_do_not)
{
	EACH(i, fallbacks) {
		struct str in = fastcgi_build(fallbacks[i].words);
		struct message m;
		bool same = parse(in, ASKING, &m) > 0 &&
			    str_eq(message_text(&m, fallbacks[i].which), fallbacks[i].want);

		drop(in);
		CHECK(same);
	}
}

TEST(fastcgi_marks_a_second_traceparent)
{
	struct str in = fastcgi_build("begin|params:HTTP_TRACEPARENT=a,HTTP_TRACEPARENT=a|params");
	struct message m;
	ssize_t used = parse(in, ASKING, &m);

	drop(in);
	CHECK(used > 0 && m.numbers[HTTP_FLAGS] & HTTP_TRACEPARENT_TWICE);
}

TEST(fastcgi_looks_at_no_more_of_a_head_than_places_reach)
{
	static const char begin[] = "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0";
	enum { RECORD = 60000, VALUE = RECORD - 6 };
	static char room[sizeof(begin) + 3 * (8 + RECORD)];
	char *at = room + sizeof(begin);
	struct message m = {};

	memcpy(room, begin, sizeof(begin));
	for (int i = 0; i < 3; i++, at += 8 + RECORD) {
		static const char head[] = {
			1, 4, 0, 1, (char)(RECORD >> 8), (char)(RECORD & 255)
		};
		/* The name "X", and a value whose length takes four bytes. */
		char lengths[] = { 1, (char)0x80, 0, (char)(VALUE >> 8), (char)(VALUE & 255), 'X' };

		memcpy(at, head, sizeof(head));
		memcpy(at + 8, lengths, sizeof(lengths));
	}
	at = room + sizeof(begin) + 8 + RECORD + 8;
	memcpy(at, "\x9\1HTTP_HOSTa\xb\1REQUEST_URI/", 26);
	CHECK(proto_fastcgi.parse((struct str){ room, sizeof(room) }, false, ASKING, NULL, &m) ==
	      PARSE_MORE);
	CHECK(proto_fastcgi.parse((struct str){ room, sizeof(room) }, true, ASKING, NULL, &m) ==
	      MESSAGE_HEAD_MAX);
	CHECK(m.cut && m.head_bytes == MESSAGE_HEAD_MAX);
	CHECK(str_eq(message_text(&m, HTTP_TARGET), STR("/")));
}
