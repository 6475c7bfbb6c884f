/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - records that came before what they follow.
 *
 * Threads of one process share a connection, and the order in which their
 * records reach the ring is not the order in which bytes passed:
 *
 *	- a record was reserved in the ring before the one that it follows;
 *	- the hook of the thread that asked ran after the hook of the thread that
 *	  read the answer. The latter ships two records: one that opens the asking
 *	  turn without any of its bytes (turn.c), and its own, which says that bytes
 *	  before it are not yet reported. Theirs come later (RECORD_LATE).
 *
 * What shows that something before it is still to come is kept here, in order,
 * until that comes; or until HELD_MAX records wait, or HELD_NS of records' time
 * have passed: then it was lost.
 */
#pragma once

#include "user/base/clock.h"
#include "user/exchange/connection.h"

#define HELD_NS (50 * NS_PER_MS)

/* It opens a turn that TCP's counters told of: the bytes, and where they are, come late. */
static inline bool announces(const struct record_turn *r)
{
	return r->head.type == RECORD_BYTES && r->flags & RECORD_OPENS && !r->op_bytes;
}

static inline bool held_any(const struct connection *c)
{
	return c->extra && c->extra->held_count;
}

/* Does `r` follow what has not come yet? */
bool hold_wanted(const struct connection *c, const struct record_turn *r);
/* Keep it in its place among what is held. False when it cannot be kept. */
bool hold(struct exchanges *x, struct connection *c, const struct record_turn *r);
/* The first one; there is one. */
const struct record_turn *held_first(const struct connection *c);
/* Should the first one be waited with no longer? */
bool held_long_enough(const struct connection *c, uint64_t now_ns);
/* Take the first one out; the caller gives the block back. NULL when there is none. */
struct block *held_take(struct exchanges *x, struct connection *c);
void held_drop(struct exchanges *x, struct connection *c);
