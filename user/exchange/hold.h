/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - records that came before what they follow.
 *
 * The hook of the thread that asked may run after the hook of the thread that
 * read the answer. The answer's hook then ships two records: one that opens the
 * asking turn without any of its bytes (turn.c), and its own, which says that
 * bytes before it were booked and not yet reported (`unreported`). Theirs come
 * later (RECORD_LATE). Until they do, or a further turn shows that they will
 * not, the answer's records are kept here, HELD_MAX of them.
 */
#pragma once

#include "user/exchange/connection.h"

static inline bool held_any(const struct connection *c)
{
	return c->extra && c->extra->held_count;
}

/* Does `r`, the first of its kind, follow what has not come yet? */
bool hold_wanted(const struct connection *c, const struct record_turn *r);
/* Is `r` of the same turn as what is held? */
bool held_is_of(const struct connection *c, const struct record_turn *r);
/* Does what is held still follow what has not come? */
bool held_wanted(const struct connection *c);
/* The late `r` reports bytes that the turn after it gave as unreported. */
void held_reported(struct connection *c, const struct record_turn *r);
/* False when it cannot be kept. */
bool hold(struct exchanges *x, struct connection *c, const struct record_turn *r);
/* Take one out, oldest first; the caller gives the block back. NULL when there is none. */
struct block *held_take(struct exchanges *x, struct connection *c);
void held_drop(struct exchanges *x, struct connection *c);
