/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn.h - records of one connection, turn after turn.
 *
 *	number == turn      goes on
 *	number == turn + 1  opens; its `before` are the final totals of the turn that it ends
 *	a little further    held back: the one between may still come (hold.h)
 *	anything else, or a position that does not follow: a gap
 */
#pragma once

#include "user/exchange/connection.h"

/* BYTES, TOTALS or CLOSE of this connection. After CLOSE it is forgotten. */
void turn_feed(struct exchanges *x, struct connection *c, const struct record_turn *r);
/* It can carry no more: finish what is open, by `outcome` where it is not whole, and forget it. */
void connection_close(struct exchanges *x, struct connection *c, enum outcome outcome,
		      uint64_t now_ns);
/* Go on with what was held back for long enough. */
void turns_expire(struct exchanges *x, uint64_t now_ns);
