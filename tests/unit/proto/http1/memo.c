/* SPDX-License-Identifier: Apache-2.0 */
/* memo.c - heads that came before say the same again, and others do not. */
#include "tests/test.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;

enum { TIMES = 4, ROOM = 1024 };

static const struct {
	enum side side;
	struct str head;
} heads[] = {
	{ ASKING,
	  STR("GET /a HTTP/1.1\r\nHost: shop:80\r\nUser-Agent: curl/7\r\nX-Id: 7\r\n\r\n") },
	{ ASKING, STR("POST /b HTTP/1.0\nTransfer-Encoding: chunked\nHost: a\n\n") },
	{ ASKING,
	  STR("GET / HTTP/1.1\r\nTraceparent: 1\r\nTraceparent: 2\r\nHost: a\r\n b\r\n\r\n") },
	{ ASKING,
	  STR("GET /c HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nX-Id: 7\r\nTracestate: a=b"
	      "\r\nX-Forwarded-For: ::1\r\nTracestate: c=d\r\n\r\n") },
	{ ASKING, STR("GET /d HTTP/1.1\r\nb3: 1-2-d\r\nX-B3-TraceId: 3\r\nX-B3-Sampled: 1\r\n"
		      "X-B3-Flags: 1\r\nBaggage: a=1\r\n\r\n") },
	{ ANSWERING, STR("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 17\r\n\r\n") },
	{ ANSWERING, STR("HTTP/1.1 200 OK\r\nContent-Length x: 9\r\nContent-Length: 17\r\n\r\n") },
	{ ANSWERING, STR("HTTP/1.0 404 No\r\nTransfer-Encoding: chunked\r\nDate: x\r\n\r\n") },
};

static ssize_t parse(struct str in, enum side side, struct message *ret)
{
	*ret = (struct message){};
	return proto_http1.parse(in, false, side, NULL, ret);
}

/* The same texts at the same places of the bytes they borrow from, and the same numbers. */
static bool same(const struct message *a, struct str in_a, const struct message *b, struct str in_b)
{
	for (unsigned int i = 0; i < MESSAGE_TEXTS; i++) {
		struct str of_a = message_text(a, i), of_b = message_text(b, i);

		if (of_a.len != of_b.len || (of_a.len && of_a.at - in_a.at != of_b.at - in_b.at))
			return false;
	}
	return a->body == b->body && a->body_bytes == b->body_bytes && a->interim == b->interim &&
	       a->cut == b->cut && a->head_bytes == b->head_bytes &&
	       a->text_bytes == b->text_bytes &&
	       a->numbers[HTTP_STATUS] == b->numbers[HTTP_STATUS] &&
	       a->numbers[HTTP_VERSION] == b->numbers[HTTP_VERSION] &&
	       a->numbers[HTTP_FLAGS] == b->numbers[HTTP_FLAGS];
}

/* What was remembered before says the same of `in` as what is read anew. */
static bool is_as_if_new(struct str in, enum side side)
{
	struct message remembered, anew;
	ssize_t used = parse(in, side, &remembered);

	http_configure(NULL); /* what was remembered belonged to the configuration before */
	return parse(in, side, &anew) == used && same(&remembered, in, &anew, in);
}

TEST(heads_that_come_again_say_the_same_of_their_own_bytes)
{
	EACH(i, heads) {
		char bytes[TIMES][ROOM];
		struct message first, again;
		struct str in = heads[i].head;

		CHECK(parse(in, heads[i].side, &first) == (ssize_t)in.len);
		for (int round = 0; round < TIMES; round++) {
			struct str copy = { bytes[round], in.len };

			memcpy(bytes[round], in.at, in.len);
			CHECK(parse(copy, heads[i].side, &again) == (ssize_t)in.len);
			CHECK(same(&first, in, &again, copy));
		}
	}
}

static void remember(size_t i)
{
	struct message m;

	for (int round = 0; round < TIMES; round++)
		parse(heads[i].head, heads[i].side, &m);
}

TEST(heads_that_differ_in_one_byte_say_what_reading_them_says)
{
	EACH(i, heads)
		for (size_t at = 0; at < heads[i].head.len; at++)
			for (int other = 0; other < 256; other++) {
				char bytes[ROOM];
				struct str in = heads[i].head, changed = { bytes, in.len };

				memcpy(bytes, in.at, in.len);
				bytes[at] = (char)other;
				remember(i);
				CHECK(is_as_if_new(changed, heads[i].side));
			}
}

TEST(heads_with_bytes_more_or_less_say_what_reading_them_says)
{
	static const struct str more[] = {
		STR(""),
		STR("x"),
		STR(" "),
		STR("\n"),
		STR("\r\n"),
		STR(": "),
		STR("\r\nHost: b"),
		STR(" HTTP/1.1\r\n"),
		STR("\r\nContent-Length: 3"),
		STR("0123456789abcdef0123456789"),
	};

	EACH(i, heads)
		for (size_t at = 0; at < heads[i].head.len; at++)
			for (size_t less = 0; less < 4 && at + less <= heads[i].head.len; less++)
				EACH(which, more) {
					char bytes[ROOM], *to = bytes;
					struct str in = heads[i].head;

					to = mempcpy(to, in.at, at);
					to = mempcpy(to, more[which].at, more[which].len);
					to = mempcpy(to, in.at + at + less, in.len - at - less);
					remember(i);
					CHECK(is_as_if_new(
						(struct str){ bytes, (size_t)(to - bytes) },
						heads[i].side));
				}
}

/* Heads with other ids in them are of one kind; those with baggage in several headers are read. */
TEST(ids_of_a_trace_are_values)
{
	static const struct {
		const char *headers;
		bool alike;
	} rows[] = {
		{ "b3: 1-2\r\nX-B3-TraceId: 3\r\nX-B3-Flags: 0\r\nbaggage: a=1", true },
		{ "b3: 111-d\r\nX-B3-TraceId: 45\r\nX-B3-Flags: 0\r\nbaggage: b=22,c=3", true },
		{ "b3: 111-d\r\nX-B3-TraceId: 45\r\nX-B3-Flags: 1\r\nbaggage: b=22,c=3", false },
		{ "b3: 1-2\r\nX-B3-TraceId: 3\r\nX-B3-Flags: 0\r\nbaggage: a=1\r\nbaggage: b=2",
		  false },
	};
	static const struct str keys[] = { STR("a") };
	uint64_t likeness = 0;

	http_configure(&(struct http_options){ .baggage = keys, .baggage_count = 1 });
	EACH(i, rows) {
		char head[ROOM];
		struct message m;
		int len = snprintf(head, sizeof(head),
				   "GET /users/8 HTTP/1.1\r\nHost: shop\r\nUser-Agent: "
				   "not where heads are told apart by their bytes\r\n%s\r\n\r\n",
				   rows[i].headers);

		CHECK(parse((struct str){ head, (size_t)len }, ASKING, &m) == len);
		likeness = i ? likeness : m.likeness;
		CHECK(likeness && (m.likeness == likeness) == rows[i].alike);
	}
	http_configure(NULL);
}

#define LIKE(target, host, id, parent)                                                             \
	STR("GET " target " HTTP/1.1\r\nHost: " host "\r\nX-Request-Id: " id                       \
	    "\r\nTraceparent: " parent "\r\n\r\n")

static const struct {
	struct str head;
	bool alike, same;
} like[] = {
	{ LIKE("/users/7", "shop", "1", "p"), true, true },
	{ LIKE("/users/7", "shop", "2", "p"), true, true },
	{ LIKE("/users/7", "shop", "a longer one", "parent"), true, true },
	{ LIKE("/users/71234", "shop", "1", "p"), true, false },
	{ LIKE("/", "shop", "", "x"), true, false },
	{ LIKE("/users/7", "shed", "1", "p"), false, false },
	{ LIKE("http://shed/users/7", "shop", "1", "p"), false, false },
};

TEST(questions_of_another_path_are_not_the_same_and_of_another_host_not_alike)
{
	struct message first, m;

	http_configure(NULL);
	for (int round = 0; round < TIMES; round++)
		parse(like[0].head, ASKING, &first);
	CHECK(first.likeness && first.sameness);
	EACH(i, like) {
		struct str target;

		CHECK(parse(like[i].head, ASKING, &m) == (ssize_t)like[i].head.len);
		CHECK(like[i].alike || m.likeness != first.likeness);
		CHECK(like[i].same || m.sameness != first.sameness);
		target = message_text(&m, HTTP_TARGET);
		CHECK(target.at == like[i].head.at + 4 && target.at[target.len] == ' ');
		CHECK(is_as_if_new(like[i].head, ASKING));
		for (int round = 0; round < TIMES; round++)
			parse(like[0].head, ASKING, &first);
		CHECK(parse(like[0].head, ASKING, &m) > 0 && m.sameness == first.sameness);
	}
}

TEST(the_length_of_a_body_is_that_of_its_own_head)
{
	static const struct str answers[] = {
		STR("HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: 17\r\n\r\n"),
		STR("HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: 4096\r\n\r\n"),
		STR("HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: 0\r\n\r\n"),
		STR("HTTP/1.1 200 OK\r\nServer: nginx/1.22\r\nContent-Length: x\r\n\r\n"),
	};
	static const uint64_t bytes[] = { 17, 4096, 0 };
	struct message m;

	for (int round = 0; round < TIMES; round++)
		for (size_t i = 0; i < 3; i++) {
			CHECK(parse(answers[i], ANSWERING, &m) == (ssize_t)answers[i].len);
			CHECK(m.body_bytes == bytes[i]);
		}
	CHECK(parse(answers[3], ANSWERING, &m) == PARSE_BAD);
}

TEST(heads_cut_shorter_than_one_remembered_are_not_taken_for_it)
{
	EACH(i, heads)
		for (size_t len = 0; len < heads[i].head.len; len++) {
			struct message m;

			for (int round = 0; round < TIMES; round++)
				parse(heads[i].head, heads[i].side, &m);
			CHECK(parse(str_first(heads[i].head, len), heads[i].side, &m) ==
			      PARSE_MORE);
		}
}

TEST(heads_remembered_before_a_header_was_captured_are_read_anew)
{
	static const struct str names[] = { STR("x-id") };
	struct message m;

	for (int round = 0; round < TIMES; round++)
		parse(heads[0].head, ASKING, &m);
	CHECK(!message_text(&m, HTTP_CAPTURE).len);
	http_configure(&(struct http_options){ .headers = names, .header_count = 1 });
	parse(heads[0].head, ASKING, &m);
	http_configure(NULL);
	CHECK(str_eq(message_text(&m, HTTP_CAPTURE), STR("7")));
}
