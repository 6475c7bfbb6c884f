/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recall.h - the row that an exchange like this one was counted in before.
 *
 * Where no exporter takes spans, describing an exchange and looking its row up
 * by its attributes give the same row again for all that is alike: question,
 * answer and outcome (struct message says when messages are), process and
 * route, for clients also the peer. RECALL_PLACES of those are kept.
 */
#pragma once

#include "user/exchange/exchange.h"
#include "user/model/series.h"

enum { RECALL_BITS = 9, RECALL_PLACES = 1 << RECALL_BITS };

/* What exchanges are alike by; two are when all of it is the same. */
struct recall_key {
	const struct proto *proto;
	uint64_t question, answer; /* sameness or likeness; answer 0: there was none */
	const struct routes *routes;
	const char *route; /* with likeness: the same bytes, not the same text */
	uint32_t route_len;
	uint32_t routes_generation; /* with sameness */
	uint64_t series_drops;
	uint32_t resource;
	uint8_t outcome, role;
	uint16_t port; /* of clients, as the rest */
	uint8_t remote[ADDRESS_BYTES];
	uint64_t family;
};

struct recalled {
	struct recall_key key;
	struct row *row; /* NULL: nothing is kept here */
	bool failed;	 /* its span would say so */
};

struct recall {
	struct recalled places[RECALL_PLACES];
};

/*
 * Where the row of `x` and `span` (with kind, resource, routes and scratch set, nothing else) is or
 * would be kept; `key` is then what to look for. NULL: it has to be described.
 */
struct recalled *recall_place(struct recall *r, const struct exchange *x, struct span *span,
			      uint64_t series_drops, struct recall_key *key);

static inline bool recall_holds(const struct recalled *place, const struct recall_key *key)
{
	return place->row && !memcmp(&place->key, key, sizeof(*key));
}
