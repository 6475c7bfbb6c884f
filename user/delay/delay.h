/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delay.h - why a request took as long as it did.
 *
 *	server:  arrives .... is read .... calls ==== is answered .... its last byte
 *	         |   before    |   piece    |  piece  |    piece     |
 *
 * Its time is cut at the moments at which a thread's clocks are known. Between two of the same
 * thread the clocks say what kept it; between others nobody knows, and nothing is spread.
 */
#pragma once

#include "user/exchange/exchange.h"
#include "user/model/delays.h"

struct period {
	uint64_t from_ns, to_ns;
};

/* All that is known of one exchange. */
struct delay_facts {
	enum role role;
	uint64_t started_ns, ended_ns;
	uint64_t
		arrived_ns; /* of what the process read first: a client's is its answer; 0: not known */
	struct arrival arrival;
	uint64_t paused_ns; /* of the time from then until it was read, in pauses */
	/* In the order of time. A server's first is its read, a client's the write of its question. */
	const struct moment *moments;
	size_t moment_count;
	const struct period *calls; /* that it made, in the order of time, none within another */
	size_t call_count;
};

/* Its time by cause; what they add up to is ended_ns - started_ns. */
void delays_find(const struct delay_facts *facts, struct delays *ret);

enum { EXCHANGE_MOMENTS = 3 };

/* What an exchange tells by itself; `moments` gets its own. A client's call is all of its time. */
struct delay_facts delay_facts_of(const struct exchange *x,
				  struct moment moments[EXCHANGE_MOMENTS]);
