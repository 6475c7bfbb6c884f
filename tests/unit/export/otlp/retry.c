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

TEST(waits_grow_by_half_from_five_seconds_to_thirty)
{
	/* The middle of what is random: the wait is the interval itself. */
	static const uint64_t wait_ms[] = { 5000, 7500, 11250, 16875, 25312, 30000, 30000 };
	struct retry retry = {};

	EACH(i, wait_ms)
		CHECK(near_ms(retry_next(&retry, &retry_default, start_ns, NOTHING_ASKED,
					 0x80000000)) == wait_ms[i]);
}

TEST(a_wait_is_spread_by_half_either_way)
{
	struct retry low = {}, high = {};

	CHECK(near_ms(retry_next(&low, &retry_default, start_ns, NOTHING_ASKED, 0)) == 2500);
	CHECK(near_ms(retry_next(&high, &retry_default, start_ns, NOTHING_ASKED, UINT32_MAX)) ==
	      7499);
}

TEST(after_five_minutes_it_is_given_up)
{
	struct retry retry = {};
	uint64_t last_ns = start_ns + 300 * NS_PER_S;

	CHECK(retry_next(&retry, &retry_default, start_ns, NOTHING_ASKED, 0));
	/* A wait never goes past the end. */
	CHECK(near_ms(retry_next(&retry, &retry_default, last_ns - NS_PER_S, NOTHING_ASKED, 0)) ==
	      1000);
	CHECK(retry_next(&retry, &retry_default, last_ns, NOTHING_ASKED, 0) == RETRY_GIVE_UP);
}

TEST(what_the_receiver_asks_for_is_honoured)
{
	struct retry retry = {};

	CHECK(near_ms(retry_next(&retry, &retry_default, start_ns, 120 * (int64_t)NS_PER_S, 0)) ==
	      120000);
	CHECK(near_ms(retry_next(&retry, &retry_default, start_ns, 0, 0)) == 0);
	CHECK(near_ms(retry_next(&retry, &retry_default, start_ns, INT64_MAX, 0)) == 300000);
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
