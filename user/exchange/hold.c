/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/hold.h"

#include "user/exchange/gather.h"

/* In the turn's own direction, bytes before the payload were not reported yet. */
static bool bytes_missing(const struct connection *c, const struct record_turn *r)
{
	const struct stream *s = &c->streams[r->direction];

	return r->turn.unreported && (s->placed || !c->turn) && s->state <= STREAM_HEAD &&
	       r->offset > s->at;
}

/* In the turn before, a head or the rest of one was not reported yet. */
static bool head_missing(const struct connection *c, const struct record_turn *r)
{
	const struct stream *s = &c->streams[!r->direction];

	if (!(r->flags & RECORD_OPENS) || !r->before.unreported)
		return false;
	return gather_of(c, !r->direction) ||
	       ((s->state == STREAM_GUESS || s->state == STREAM_HEAD) &&
		s->at < c->turn_start + r->before.bytes);
}

bool hold_wanted(const struct connection *c, const struct record_turn *r)
{
	if (r->head.type != RECORD_BYTES || r->flags & RECORD_LATE || r->number < c->turn)
		return false;
	if (r->number - c->turn == 2)
		return true;
	return (r->number - c->turn < 2 && bytes_missing(c, r)) ||
	       (r->number - c->turn == 1 && head_missing(c, r));
}

static const struct record_turn *record_in(const struct block *block)
{
	return (const struct record_turn *)(const void *)block->bytes;
}

bool held_is_of(const struct connection *c, const struct record_turn *r)
{
	return r->head.type != RECORD_CLOSE && !(r->flags & RECORD_LATE) &&
	       record_in(c->extra->held[0])->number == r->number;
}

bool held_wanted(const struct connection *c)
{
	return hold_wanted(c, record_in(c->extra->held[0]));
}

void held_reported(struct connection *c, const struct record_turn *r)
{
	struct record_turn *held = (struct record_turn *)(void *)c->extra->held[0]->bytes;
	uint32_t *unreported = &held->before.unreported;

	if (held->number == r->number + 1)
		*unreported -= r->op_bytes < *unreported ? r->op_bytes : *unreported;
}

bool hold(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct extra *e = connection_extra(x, c);
	size_t size = sizeof(*r) + r->length;
	struct block *block = e->held_count < HELD_MAX ? block_take(&x->blocks, size) : NULL;

	if (!block) {
		connection_trim(x, c);
		return false;
	}
	memcpy(block->bytes, r, size);
	c->in_step = false;
	e->held[e->held_count++] = block;
	return true;
}

struct block *held_take(struct exchanges *x, struct connection *c)
{
	struct extra *e = c->extra;
	struct block *block;

	if (!held_any(c))
		return NULL;
	block = e->held[0];
	e->held_count--;
	memmove(e->held, e->held + 1, e->held_count * sizeof(e->held[0]));
	connection_trim(x, c);
	return block;
}

void held_drop(struct exchanges *x, struct connection *c)
{
	struct block *block;

	while ((block = held_take(x, c)))
		block_give(&x->blocks, block);
}
