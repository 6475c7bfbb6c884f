/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - one direction's bytes, message after message: head, body, head, ...
 *
 *	at                   offset          offset+length       end of the totals
 *	 |== hidden, if any ===|== payload =======|== hidden ==========|
 *	       stream_skip          stream_take         stream_settle
 *
 * Each of these may finish or lose exchanges and may give the connection up
 * (c->unread); none forgets it.
 */
#pragma once

#include "user/exchange/connection.h"

static inline struct activity activity_of(const struct record_turn *r)
{
	return (struct activity){ r->cause,
				  r->head.at_ns,
				  r->thread,
				  r->number,
				  r->flags & RECORD_NESTED,
				  r->flags & RECORD_CLOCKED,
				  r->clocks };
}

/* The thread that did what a record tells of, at `at_ns`. */
static inline struct moment moment_of(const struct record_turn *r, uint64_t at_ns)
{
	return (struct moment){ at_ns, r->flags & RECORD_CLOCKED ? r->thread : 0, r->clocks };
}

/* At most what 32 bits hold: 73 minutes. */
static inline uint32_t clock_units(uint64_t from_ns, uint64_t to_ns)
{
	uint64_t units = to_ns > from_ns ? (to_ns - from_ns) >> CLOCK_UNIT_SHIFT : 0;

	return units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
}

static inline struct arrival arrival_of(const struct record_turn *r)
{
	if (!(r->flags & RECORD_CLOCKED) || !r->arrived_from_ns)
		return (struct arrival){ .unknown = UINT32_MAX };
	return (struct arrival){ clock_units(r->turn.arrived_ns, r->arrived_from_ns),
				 r->arrived_waited, r->arrived_throttled };
}

/* Of `units` more nothing is known; where nothing was, that stays so. */
static inline void arrival_unknown(struct arrival *arrival, uint32_t units)
{
	if (__builtin_add_overflow(arrival->unknown, units, &arrival->unknown))
		arrival->unknown = UINT32_MAX;
}

/* When and by whom the first byte was read or written, by the record of its turn's first bytes. */
static inline void turn_origin(const struct record_turn *r, struct origin *ret)
{
	ret->ns = r->head.at_ns;
	ret->process = r->head.process;
	ret->source = START_READ;
	ret->at = r->offset;
	ret->by = activity_of(r);
	ret->arrival = (struct arrival){};
	if (r->turn.first_ns && (!ret->ns || r->turn.first_ns < ret->ns))
		ret->ns = r->turn.first_ns;
	if (r->direction == RECEIVED && r->turn.arrived_ns && r->turn.arrived_ns <= ret->ns) {
		ret->ns = r->turn.arrived_ns;
		ret->source = START_ARRIVAL;
		ret->arrival = arrival_of(r);
	}
}

/* Take the payload of a record of the turn that passes. */
void stream_take(struct exchanges *x, struct connection *c, const struct record_turn *r);
/* All bytes before position `end` have passed; the last of them at `ns`. They were not seen. */
void stream_skip(struct exchanges *x, struct connection *c, enum direction d, uint64_t end,
		 uint64_t ns);
/* The same, by the totals of a turn that ends there or stands there now. */
void stream_settle_hidden(struct exchanges *x, struct connection *c, enum direction d, uint64_t end,
			  const struct turn *totals);

static inline void stream_settle(struct exchanges *x, struct connection *c, enum direction d,
				 uint64_t end, const struct turn *totals)
{
	const struct stream *s = &c->streams[d];

	if (end > s->at || s->state == STREAM_BLIND)
		stream_settle_hidden(x, c, d, end, totals);
}

/* The message that passes ended at `ns`. */
void stream_message_ended(struct exchanges *x, struct connection *c, enum direction d, uint64_t ns);
/* What was gathered is all there will be of the head. False, and kept, when that is no message. */
bool stream_cut(struct exchanges *x, struct connection *c, enum direction d, bool closes,
		uint64_t ns);
/* What should be a message cannot be read: a strike, and a turn's beginning is looked at anew. */
void stream_no_message(struct exchanges *x, struct connection *c, enum direction d);
