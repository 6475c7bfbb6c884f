/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - mirrors user/proto/fastcgi/body.c */
#include "tests/test.h"
#include "tests/unit/proto/fastcgi/build.h"

/* What step() begins with where a question has so much input. */
#define INPUT(bytes) (UINT64_C(bytes) << 18)
#define FILTER	     (UINT64_C(1) << 62)

static const struct {
	const char *words;
	uint64_t left;
	size_t after; /* bytes at the end are no part of it */
} bodies[] = {
	{ "end", 0 },
	{ "end+7", 0 },
	{ "raw:abcdefgh|end", 8 },
	{ "raw:abc|stdout:|stdout+5:abc|stderr:\1\3|stdout|end", 3 },
	{ "result:a|unknown:b|end:2", 0 },
	{ "end|stdout:A: b\n\n", 0, 14 },
	{ "stdin:abcdefg", INPUT(7) },
	{ "stdin+3:abc|stdin:defg", INPUT(7) },
	{ "stdin:abcdefg|stdin|begin", INPUT(7), 24 },
	/* more and less than was said */
	{ "stdin:abcdefghi", INPUT(7) },
	{ "stdin:abc|stdin", INPUT(7) },
	{ "stdin:abc|values:a|abort", INPUT(7) },
	{ "stdin:abcdefg|stdin|data:abc|data", INPUT(7) | FILTER },
	{ "stdin|data", FILTER },
};

static const struct {
	const char *words;
	uint64_t left;
} bad[] = {
	{ "raw:\2", 0 },
	{ "raw:abc\2", 3 },
	{ "begin", 0 },
	{ "params", 0 },
	{ "stdin:a", 0 },
	{ "abort", 0 },
	{ "data", 0 },
	{ "values", 0 },
	{ "strange", 0 },
	{ "begin", INPUT(7) },
	{ "params:A=b", INPUT(7) },
	{ "stdout:a", INPUT(7) },
	{ "end", INPUT(7) },
	{ "data", INPUT(7) },
	{ "result:a", INPUT(7) },
	{ "stdout:a|stdin", 0 },
	{ "stdin:a|end", INPUT(7) },
};

static void drop(struct str built)
{
	free((void *)(uintptr_t)built.at);
}

/* The body in three pieces; true when only the last one ends it, where it should. */
static bool ends_in_pieces(struct str body, uint64_t left, size_t first, size_t second)
{
	size_t ends[] = { first, second, body.len }, from = 0;
	struct body_state state = { .left = left };
	bool good = true;

	EACH(i, ends) {
		size_t len = ends[i] - from;
		char *copy = test_tight(body.at + from, len);

		good = good && !state.done;
		good = good &&
		       proto_fastcgi.step(&state, (struct str){ copy, len }) == (ssize_t)len;
		free(copy);
		from = ends[i];
		if (from == body.len)
			break;
	}
	return good && state.done;
}

TEST(fastcgi_bodies_may_come_in_any_pieces)
{
	EACH(i, bodies) {
		struct str in = fastcgi_build(bodies[i].words);
		struct str body = str_first(in, in.len - bodies[i].after);
		bool good = true;

		for (size_t first = 0; first <= body.len; first++)
			for (size_t second = first; second <= body.len; second++)
				good = good && ends_in_pieces(body, bodies[i].left, first, second);
		drop(in);
		if (!good)
			puts(bodies[i].words);
		CHECK(good);
	}
}

TEST(fastcgi_bodies_leave_what_comes_after)
{
	EACH(i, bodies) {
		struct str in = fastcgi_build(bodies[i].words);
		struct body_state state = { .left = bodies[i].left };
		ssize_t used = proto_fastcgi.step(&state, in);

		drop(in);
		CHECK(used == (ssize_t)(in.len - bodies[i].after) && state.done);
	}
}

TEST(fastcgi_bodies_that_are_none_are_refused_in_any_pieces)
{
	EACH(i, bad) {
		struct str in = fastcgi_build(bad[i].words);
		bool refused = true;

		for (size_t split = 0; split < in.len; split++) {
			struct body_state state = { .left = bad[i].left };
			ssize_t used = proto_fastcgi.step(&state, str_first(in, split));

			if (used >= 0)
				used = proto_fastcgi.step(&state, str_after(in, split));
			refused = refused && used == PARSE_BAD && !state.done;
		}
		drop(in);
		if (!refused)
			puts(bad[i].words);
		CHECK(refused);
	}
}

TEST(fastcgi_bytes_of_a_record_need_not_be_seen)
{
	struct body_state state = { .left = 5 };

	CHECK(proto_fastcgi.skip(&state, 3) && state.left == 2 && !state.done);
	CHECK(proto_fastcgi.skip(&state, 2) && !state.left && !state.done);
	/* but a record's head, or a part of it */
	CHECK(!proto_fastcgi.skip(&state, 1));
	state = (struct body_state){ .left = 5 };
	CHECK(!proto_fastcgi.skip(&state, 6));
	state = (struct body_state){};
	CHECK(proto_fastcgi.step(&state, STR("\1\6\0\1\0\x08\0")) == 7);
	CHECK(!proto_fastcgi.skip(&state, 1));
}

TEST(fastcgi_bodies_end_with_the_last_records_bytes)
{
	struct body_state state = {};

	CHECK(proto_fastcgi.step(&state, STR("\1\3\0\1\0\x08\2\0")) == 8 && !state.done);
	CHECK(proto_fastcgi.skip(&state, 9) && !state.done);
	CHECK(proto_fastcgi.skip(&state, 1) && state.done);
	state = (struct body_state){ .left = INPUT(7) };
	CHECK(proto_fastcgi.step(&state, STR("\1\5\0\1\0\7\0\0")) == 8);
	CHECK(proto_fastcgi.skip(&state, 7) && state.done);
}

static const struct {
	enum side side;
	struct str tail;
	bool ended;
} tails[] = {
	{ ANSWERING, STR("\0\0\0\0\0\0\0\0"), true },
	{ ANSWERING, STR("\0\0\0\0\0\r\n\r"), true }, /* php-fpm leaves what was there */
	{ ANSWERING, STR("\0\0\0\1\0\0\0\0"), true },
	{ ANSWERING, STR("\0\0\0\0\1\0\0\0"), false },
	{ ANSWERING, STR("x\0\0\0\0\0\0\0"), false }, /* text before padding */
	{ ANSWERING, STR("\0\0\0\0\0\0\0"), false },
	{ ANSWERING, STR("\1\3\0\1\0\x08\0\0"), false },
	{ ANSWERING, STR("\1\5\0\1\0\0\0\0"), false },
	{ ASKING, STR("\1\5\0\1\0\0\0\0"), true },
	{ ASKING, STR("\1\x08\1\0\0\0\0\0"), true },
	{ ASKING, STR("\1\5\0\0\0\0\0\0"), false },
	{ ASKING, STR("\1\5\0\1\0\0\1\0"), false },
	{ ASKING, STR("\1\5\0\1\0\1\0\0"), false },
	{ ASKING, STR("\0\0\0\0\0\0\0\0"), false },
	{ ASKING, STR("\5\0\1\0\0\0\0"), false },
};

TEST(fastcgi_end_is_known_by_its_last_bytes)
{
	EACH(i, tails)
		CHECK(proto_fastcgi.ended(tails[i].side, tails[i].tail) == tails[i].ended);
}
