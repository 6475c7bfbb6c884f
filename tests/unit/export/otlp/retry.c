/* SPDX-License-Identifier: Apache-2.0 */
/* retry.c - mirrors user/export/otlp/retry.c */
#include "user/export/otlp/retry.h"
#include "tests/test.h"
#include "user/base/clock.h"

enum { NOTHING_ASKED = -1 };

static const uint64_t start_ns = 1000 * NS_PER_S;

static uint64_t near_ms(uint64_t ns)
{
	return ns / NS_PER_MS;
}

static const struct retry_policy patient = { NS_PER_S, 5 * NS_PER_S, 300 * NS_PER_S };

TEST(waits_grow_by_half_up_to_the_most)
{
	/* The middle of what is random: the wait is the interval itself. */
	static const uint64_t wait_ms[] = { 1000, 1500, 2250, 3375, 5000, 5000 };
	struct retry retry = { .began_ns = start_ns };

	EACH(i, wait_ms)
		CHECK(near_ms(retry_next(&retry, &patient, start_ns, NOTHING_ASKED, 0x80000000)) ==
		      wait_ms[i]);
}

TEST(a_wait_is_spread_by_half_either_way)
{
	struct retry low = { .began_ns = start_ns }, high = low;

	CHECK(near_ms(retry_next(&low, &patient, start_ns, NOTHING_ASKED, 0)) == 500);
	CHECK(near_ms(retry_next(&high, &patient, start_ns, NOTHING_ASKED, UINT32_MAX)) == 1500);
}

TEST(what_cannot_be_tried_before_its_time_is_up_is_given_up)
{
	struct retry retry = { .began_ns = start_ns };
	uint64_t end_ns = start_ns + 300 * NS_PER_S;

	CHECK(retry_next(&retry, &patient, end_ns - NS_PER_S, NOTHING_ASKED, 0));
	CHECK(retry_next(&retry, &patient, end_ns - NS_PER_MS, NOTHING_ASKED, 0) == RETRY_GIVE_UP);
	CHECK(retry_next(&retry, &patient, end_ns, 0, 0) == RETRY_GIVE_UP);
	CHECK(retry_next(&retry, &patient, end_ns + 1, NOTHING_ASKED, 0) == RETRY_GIVE_UP);
}

TEST(some_tries_fit_into_any_timeout)
{
	static const uint64_t timeouts_ms[] = { 10, 100, 3000, 10000, 60000 };

	EACH(i, timeouts_ms) {
		struct retry_policy policy = retry_policy_of(timeouts_ms[i] * NS_PER_MS);
		struct retry retry = { .began_ns = start_ns };
		uint64_t now_ns = start_ns, wait_ns;
		int tries = 1;

		while ((wait_ns = retry_next(&retry, &policy, now_ns, NOTHING_ASKED, UINT32_MAX))) {
			now_ns += wait_ns;
			tries++;
		}
		CHECK(tries >= 3 && now_ns - start_ns <= timeouts_ms[i] * NS_PER_MS);
	}
}

TEST(what_the_receiver_asks_for_is_honoured_or_it_is_given_up)
{
	struct retry_policy three_s = retry_policy_of(3 * NS_PER_S);
	struct retry retry = { .began_ns = start_ns };
	int64_t two_s = 2 * (int64_t)NS_PER_S;

	CHECK(near_ms(retry_next(&retry, &three_s, start_ns, two_s, 0)) == 2000);
	CHECK(near_ms(retry_next(&retry, &three_s, start_ns, 0, 0)) == 0);
	CHECK(retry_next(&retry, &three_s, start_ns + 2 * NS_PER_S, two_s, 0) == RETRY_GIVE_UP);
	CHECK(retry_next(&retry, &three_s, start_ns, INT64_MAX, 0) == RETRY_GIVE_UP);
	CHECK(near_ms(retry_rest(&three_s, two_s)) == 2000);
	CHECK(near_ms(retry_rest(&three_s, INT64_MAX)) == 300000);
	CHECK(near_ms(retry_rest(&three_s, NOTHING_ASKED)) == 300);
}

TEST(retry_after_is_seconds_or_a_date)
{
	static const struct {
		struct str value;
		int64_t seconds;
	} rows[] = {
		{ STR("0"), 0 },
		{ STR("120"), 120 },
		{ STR(" 7 "), 7 },
		{ STR("99999999999999999999999"), 31536000 },
		{ STR("Sun, 06 Nov 1994 08:49:37 GMT"), 37 },
		{ STR("Sunday, 06-Nov-94 08:49:37 GMT"), 37 },
		{ STR("Sun Nov  6 08:49:37 1994"), 37 },
		{ STR("Sun, 06 Nov 1994 08:48:00 GMT"), 0 }, /* has passed */
	};
	const int64_t now_s = 784111740; /* 08:49:00 on that day */

	EACH(i, rows) {
		int64_t wait = -1;

		CHECK(retry_after_parse(rows[i].value, now_s, &wait));
		CHECK(wait == rows[i].seconds * (int64_t)NS_PER_S);
	}
}

TEST(any_other_retry_after_is_ignored)
{
	static const struct str rows[] = {
		STR(""),
		STR(" "),
		STR("-1"),
		STR("1.5"),
		STR("soon"),
		STR("12\0 34"),
		STR("Sun, 06 Nov 1994 08:49:37 GMT and a lot that does not belong to a date at all"),
	};

	EACH(i, rows) {
		int64_t wait = 42;

		CHECK(!retry_after_parse(rows[i], 0, &wait) && wait == 42);
	}
}
