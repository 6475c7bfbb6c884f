/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/retry.h"

#include <curl/curl.h>

#include "user/base/clock.h"

/* No receiver keeps sonde silent for longer than a year; also keeps the sums in range. */
#define MOST_SECONDS INT64_C(31536000)

/* However long a receiver asks for: an outage is often over before. */
#define REST_NS (300 * NS_PER_S)

/* The longest date that RFC 9110 knows has 33 characters. */
enum { DATE_BYTES = 64 };

static uint64_t min_ns(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct retry_policy retry_policy_of(uint64_t give_up_ns)
{
	return (struct retry_policy){ .first_ns = min_ns(NS_PER_S, give_up_ns / 10),
				      .most_ns = 5 * NS_PER_S,
				      .give_up_ns = give_up_ns };
}

uint64_t retry_next(struct retry *retry, const struct retry_policy *policy, uint64_t now_ns,
		    int64_t asked_ns, uint32_t random)
{
	uint64_t interval, wait, end_ns = retry->began_ns + policy->give_up_ns;

	if (!retry->interval_ns)
		retry->interval_ns = policy->first_ns;
	interval = min_ns(retry->interval_ns, policy->most_ns);
	retry->interval_ns = interval + interval / 2;
	wait = asked_ns >= 0
		       ? (uint64_t)asked_ns
		       : interval / 2 + (uint64_t)((unsigned __int128)interval * random >> 32);
	if (now_ns >= end_ns || wait >= end_ns - now_ns)
		return RETRY_GIVE_UP;
	return wait + 1;
}

uint64_t retry_rest(const struct retry_policy *policy, int64_t asked_ns)
{
	return min_ns(asked_ns >= 0 ? (uint64_t)asked_ns : policy->first_ns, REST_NS) + 1;
}

static bool seconds_parse(struct str digits, int64_t *ret)
{
	int64_t seconds = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
		if (seconds < MOST_SECONDS)
			seconds = seconds * 10 + (digits.at[i] - '0');
	}
	*ret = seconds;
	return digits.len > 0;
}

bool retry_after_parse(struct str value, int64_t unix_s, int64_t *ret)
{
	char text[DATE_BYTES];
	int64_t seconds;

	value = str_trim(value);
	if (!seconds_parse(value, &seconds)) {
		if (!value.len || value.len >= sizeof(text) || memchr(value.at, '\0', value.len))
			return false;
		memcpy(text, value.at, value.len);
		text[value.len] = '\0';
		seconds = curl_getdate(text, NULL);
		if (seconds == -1)
			return false;
		seconds -= unix_s;
	}
	if (seconds < 0)
		seconds = 0;
	if (seconds > MOST_SECONDS)
		seconds = MOST_SECONDS;
	*ret = seconds * (int64_t)NS_PER_S;
	return true;
}
