/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http1/chunked.c - mirrors user/proto/http1/chunked.c */
#include "tests/test.h"
#include "user/proto/proto.h"

extern const struct proto proto_http1;

static const struct str bodies[] = {
	STR("0\r\n\r\n"),
	STR("0\n\n"),
	STR("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"),
	STR("4\nWiki\n0\n\n"),
	STR("000a;name=\"x;y\" ; z\r\n0123456789\r\n00;last\r\n\r\n"),
	STR("4 \r\n\r\n\r\n\r\n0 \r\n\r\n"),
	STR("A\r\n0\r\n\r\n12345\r\n0\r\nTrailer: a\r\n b\r\nOther: c\r\n\r\n"),
	STR("fF\r\n"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	    "\r\n0\r\n\r\n"),
};

static const struct str bad[] = {
	STR("\r\n"),	 STR("x\r\n"),	    STR(";a\r\n"),	 STR("-1\r\n"),
	STR("4x\r\n"),	 STR("4\r\nWikix"), STR("4\r\nWiki\rx"), STR("10000000000000000\r\n"),
	STR("0\r\n\rx"),
};

TEST(chunked_ends_where_it_ends)
{
	EACH(i, bodies) {
		struct body_state state = {};

		CHECK(proto_http1.step(&state, bodies[i]) == (ssize_t)bodies[i].len);
		CHECK(state.done);
	}
}

TEST(chunked_leaves_what_comes_after)
{
	struct body_state state = {};

	CHECK(proto_http1.step(&state, STR("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n")) == 11);
	CHECK(state.done);
}

/* The body in three pieces, split at `first` and `second`; true when only the last one ends it. */
static bool ends_in_pieces(struct str body, size_t first, size_t second)
{
	size_t ends[] = { first, second, body.len }, from = 0;
	struct body_state state = {};
	bool good = true;

	EACH(i, ends) {
		size_t len = ends[i] - from;
		char *copy = test_tight(body.at + from, len);

		good = good && !state.done;
		good = good && proto_http1.step(&state, (struct str){ copy, len }) == (ssize_t)len;
		free(copy);
		from = ends[i];
		if (from == body.len)
			break;
	}
	return good && state.done;
}

TEST(chunked_may_come_in_any_pieces)
{
	EACH(i, bodies) {
		size_t step = bodies[i].len > 100 ? 7 : 1;

		for (size_t first = 0; first <= bodies[i].len; first += step)
			for (size_t second = first; second <= bodies[i].len; second += step)
				CHECK(ends_in_pieces(bodies[i], first, second));
	}
}

TEST(chunked_nonsense_is_refused_in_any_pieces)
{
	EACH(i, bad) {
		for (size_t split = 0; split < bad[i].len; split++) {
			struct body_state state = {};
			ssize_t used = proto_http1.step(&state, str_first(bad[i], split));

			if (used >= 0)
				used = proto_http1.step(&state, str_after(bad[i], split));
			CHECK(used == PARSE_BAD && !state.done);
		}
	}
}

TEST(chunked_sizes_do_not_wrap)
{
	struct body_state state = {};

	CHECK(proto_http1.step(&state, STR("ffffffffffffffff\r\nabc")) == 21);
	CHECK(state.left == UINT64_MAX - 3 && !state.done);
}

static const struct {
	struct str tail;
	bool ended;
} tails[] = {
	{ STR("0\r\n\r\n"), true },
	{ STR("0\n\n"), true },
	{ STR("a\r\n0\r\n\r\n"), true },
	{ STR("\r\n0\r\n\r\n"), true },
	{ STR("0000\r\n\r\n"), true },
	{ STR("\n00;a\n\n"), true },
	{ STR(""), false },
	{ STR("\r\n\r\n"), false },
	{ STR("0\r\n"), false },
	{ STR("10\r\n\r\n"), false },
	{ STR("a0\r\n\r\n"), false },
	{ STR("x: 0\r\n\r\n"), false }, /* a trailer: cannot be known */
	{ STR("\n0\r\n\r\nx"), false },
	{ STR("0x\r\n\r\n"), false },
};

TEST(chunked_end_is_known_by_its_last_bytes)
{
	EACH(i, tails)
		CHECK(proto_http1.ended(ANSWERING, tails[i].tail) == tails[i].ended);
}
