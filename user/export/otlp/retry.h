/* SPDX-License-Identifier: Apache-2.0 */
/*
 * retry.h - when to try again: exponential back-off with jitter, as OTLP asks for.
 *
 * The wait starts at `first_ns`, grows by half each time up to `most_ns`, and
 * each is spread by a random half of itself either way, so that many senders do
 * not come back together. What could be tried only after `give_up_ns` is given up
 * at once.
 */
#pragma once

#include "user/base/str.h"

struct retry_policy {
	uint64_t first_ns, most_ns, give_up_ns;
};

/* A second, or a tenth of a short `give_up_ns`, so that some tries fit; up to 5 s. */
struct retry_policy retry_policy_of(uint64_t give_up_ns);

struct retry {
	uint64_t began_ns;    /* of the first try */
	uint64_t interval_ns; /* the next wait before it is spread; 0: no try has failed */
};

enum { RETRY_GIVE_UP = 0 };

/*
 * After a failure at `now_ns`: how long to wait, at least 1, or RETRY_GIVE_UP.
 * `asked_ns` is what the receiver asked for (-1: nothing). `random` is any number,
 * all its bits used.
 */
uint64_t retry_next(struct retry *retry, const struct retry_policy *policy, uint64_t now_ns,
		    int64_t asked_ns, uint32_t random);
/* After a body was given up: how long the receiver is left alone, 5 min at most. */
uint64_t retry_rest(const struct retry_policy *policy, int64_t asked_ns);

/*
 * Read a Retry-After header's value (RFC 9110 section 10.2.3): seconds, or a
 * date. `ret` is the wait from `unix_s` on, at least 0, in nanoseconds. False
 * if it is neither; `ret` is then untouched.
 */
bool retry_after_parse(struct str value, int64_t unix_s, int64_t *ret);
