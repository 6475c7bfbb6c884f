/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather.h - a head that comes in pieces, put together.
 *
 * A direction gathers only while a message's head is incomplete.
 */
#pragma once

#include "user/exchange/connection.h"

/* What was gathered, NULL when nothing. */
static inline struct gather *gather_of(const struct connection *c, enum direction d)
{
	return c->extra && c->extra->gathers[d].block ? &c->extra->gathers[d] : NULL;
}

/* False when the bytes that may be kept are used up; then nothing was added. */
bool gather_add(struct exchanges *x, struct connection *c, enum direction d, struct str bytes,
		const struct origin *origin);
/* Take the block out, for the message's texts to borrow from. */
struct block *gather_take(struct connection *c, enum direction d);
void gather_drop(struct exchanges *x, struct connection *c, enum direction d);
