/* SPDX-License-Identifier: Apache-2.0 */
/* b3.c - mirrors user/model/b3.c: what https://github.com/openzipkin/b3-propagation has. */
#include "user/model/b3.h"
#include "tests/test.h"

#define TRACE  "80f198ee56343ba864fe8b2a57d3eff7"
#define SHORT  "64fe8b2a57d3eff7"
#define SPAN   "e457b5a2e4d86bd1"
#define PARENT "05e3ac9a4f6e3b90"

static const uint8_t trace_id[] = { 0x80, 0xf1, 0x98, 0xee, 0x56, 0x34, 0x3b, 0xa8,
				    0x64, 0xfe, 0x8b, 0x2a, 0x57, 0xd3, 0xef, 0xf7 };
static const uint8_t span_id[] = { 0xe4, 0x57, 0xb5, 0xa2, 0xe4, 0xd8, 0x6b, 0xd1 };
static const uint8_t parent_id[] = { 0x05, 0xe3, 0xac, 0x9a, 0x4f, 0x6e, 0x3b, 0x90 };
static const uint8_t zero[TRACE_ID_BYTES];

/* Ids of how many digits; what of the rest was said. */
struct want {
	int trace_digits;
	bool has_parent, has_decision, sampled;
};

static bool is(const struct b3 *b3, const struct want *want)
{
	const uint8_t *high = want->trace_digits == 32 ? trace_id : zero;
	const uint8_t *low = want->trace_digits ? trace_id + 8 : zero;

	return b3->has_ids == (want->trace_digits > 0) && b3->has_parent == want->has_parent &&
	       b3->has_decision == want->has_decision && b3->context.flags == want->sampled &&
	       !memcmp(b3->context.trace_id, high, 8) &&
	       !memcmp(b3->context.trace_id + 8, low, 8) &&
	       !memcmp(b3->context.span_id, want->trace_digits ? span_id : zero, 8) &&
	       !memcmp(b3->parent_id, want->has_parent ? parent_id : zero, 8) &&
	       !b3->context.state.len;
}

static const struct {
	struct str in;
	struct want want;
} good[] = {
	{ STR(TRACE "-" SPAN "-1-" PARENT), { 32, true, true, true } },
	{ STR(TRACE "-" SPAN "-d-" PARENT), { 32, true, true, true } },
	{ STR(TRACE "-" SPAN "-0-" PARENT), { 32, true, true, false } },
	{ STR(TRACE "-" SPAN "-1"), { 32, false, true, true } },
	{ STR(TRACE "-" SPAN "-0"), { 32, false, true, false } },
	{ STR(TRACE "-" SPAN "-d"), { 32, false, true, true } },
	{ STR(TRACE "-" SPAN), { 32, false, false, false } },
	{ STR(SHORT "-" SPAN "-1-" PARENT), { 16, true, true, true } },
	{ STR(SHORT "-" SPAN), { 16, false, false, false } },
	{ STR("0"), { 0, false, true, false } },
	{ STR("1"), { 0, false, true, true } },
	{ STR("d"), { 0, false, true, true } },
};

static const struct str bad[] = {
	STR(""),
	STR("2"),
	STR("D"),
	STR("true"),
	STR("-"),
	STR("---"),
	STR(TRACE),
	STR(TRACE "-"),
	STR("-" SPAN),
	STR(TRACE "-" SPAN "-"),
	STR(TRACE "-" SPAN "-1-"),
	STR(TRACE "-" SPAN "--" PARENT),
	STR(TRACE "-" SPAN "-1-" PARENT "-"),
	STR(TRACE "-" SPAN "-1-" PARENT "-1"),
	STR(TRACE "-" SPAN "-" PARENT), /* no place says that it is the parent */
	STR(TRACE "-" SPAN "-2"),
	STR(TRACE "-" SPAN "-11"),
	STR(TRACE "0-" SPAN "-1"),
	STR("0" SHORT "-" SPAN "-1"),
	STR(TRACE "-0" SPAN "-1"),
	STR(TRACE "-" SPAN "-1-0" PARENT),
	STR("80F198EE56343BA864FE8B2A57D3EFF7-" SPAN "-1"),
	STR(TRACE "-E457B5A2E4D86BD1-1"),
	STR(TRACE "-" SPAN "-1-g5e3ac9a4f6e3b90"),
	STR("00000000000000000000000000000000-" SPAN "-1"),
	STR("0000000000000000-" SPAN "-1"),
	STR(TRACE "-0000000000000000-1"),
	STR(TRACE "-" SPAN "-1-0000000000000000"),
	STR(" " TRACE "-" SPAN "-1"),
	STR(TRACE "-" SPAN "-1 "),
	STR(TRACE "\0" SPAN "-1"),
};

TEST(a_b3_header_gives_ids_and_decision_as_far_as_it_has_them)
{
	EACH(i, good) {
		struct b3 b3 = {};
		char *copy = test_tight(good[i].in.at, good[i].in.len);
		bool parsed = b3_parse((struct str){ copy, good[i].in.len }, &b3);

		free(copy);
		CHECK(parsed && is(&b3, &good[i].want));
	}
}

TEST(a_b3_header_that_is_malformed_says_nothing)
{
	EACH(i, bad) {
		struct b3 b3 = { .context.flags = 42 };

		if (b3_parse(bad[i], &b3))
			printf("row %zu\n", i);
		CHECK(!b3_parse(bad[i], &b3) && b3.context.flags == 42);
	}
}

/* Where a field ends, what is there so far is a header too. */
TEST(every_shorter_start_of_a_b3_header_is_refused_or_means_what_is_there)
{
	static const struct str whole = STR(TRACE "-" SPAN "-1-" PARENT);

	for (size_t len = 0; len < whole.len; len++) {
		struct b3 b3 = { .context.flags = 42 };
		char *copy = test_tight(whole.at, len);
		bool parsed = b3_parse((struct str){ copy, len }, &b3);
		bool ends = len == 32 + 1 + 16 || len == 32 + 1 + 16 + 2;

		free(copy);
		CHECK(parsed == ends && (parsed ? !b3.has_parent : b3.context.flags == 42));
	}
}

static const struct {
	struct b3_headers in;
	struct want want;
} good_headers[] = {
	{ { STR(TRACE), STR(SPAN), STR(PARENT), STR("1"), false }, { 32, true, true, true } },
	{ { STR(TRACE), STR(SPAN), {}, STR("0"), false }, { 32, false, true, false } },
	{ { STR(TRACE), STR(SPAN), {}, STR("true"), false }, { 32, false, true, true } },
	{ { STR(TRACE), STR(SPAN), {}, STR("False"), false }, { 32, false, true, false } },
	{ { STR(SHORT), STR(SPAN), STR(PARENT), {}, false }, { 16, true, false, false } },
	{ { STR(TRACE), STR(SPAN), {}, {}, true }, { 32, false, true, true } },
	{ { STR(TRACE), STR(SPAN), {}, STR("0"), true }, { 32, false, true, true } },
	{ { .sampled = STR("0") }, { 0, false, true, false } },
	{ { .sampled = STR("1") }, { 0, false, true, true } },
	{ { .debug = true }, { 0, false, true, true } },
	{ { {}, STR(SPAN), STR(PARENT), STR("1"), false }, { 0, false, true, true } },
};

static const struct b3_headers bad_headers[] = {
	{},
	{ {}, STR(SPAN), STR(PARENT), {}, false },
	{ .trace_id = STR(TRACE) },
	{ STR(TRACE), {}, {}, STR("1"), false },
	{ STR(TRACE), STR("0000000000000000"), {}, STR("1"), false },
	{ STR("0000000000000000"), STR(SPAN), {}, STR("1"), false },
	{ STR(TRACE "0"), STR(SPAN), {}, STR("1"), false },
	{ STR(TRACE), STR(SPAN "0"), {}, STR("1"), false },
	{ STR(TRACE), STR(SPAN), STR("0"), STR("1"), false },
	{ STR(TRACE), STR(SPAN), {}, STR("d"), false },
	{ STR(TRACE), STR(SPAN), {}, STR("2"), true },
	{ .sampled = STR("yes") },
};

TEST(b3_headers_give_ids_and_decision_as_far_as_they_have_them)
{
	EACH(i, good_headers) {
		struct b3 b3 = {};

		CHECK(b3_parse_headers(&good_headers[i].in, &b3) && is(&b3, &good_headers[i].want));
	}
}

TEST(b3_headers_of_which_one_is_malformed_say_nothing)
{
	EACH(i, bad_headers) {
		struct b3 b3 = { .context.flags = 42 };

		CHECK(!b3_parse_headers(&bad_headers[i], &b3) && b3.context.flags == 42);
	}
}
