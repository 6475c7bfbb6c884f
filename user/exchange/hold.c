/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/hold.h"

#include "user/exchange/gather.h"

static struct record_turn *record_in(struct block *block)
{
	return (struct record_turn *)(void *)block->bytes;
}

const struct record_turn *held_first(const struct connection *c)
{
	return record_in(c->extra->held[0]);
}

/* In the turn's own direction, bytes before the payload were not reported yet. */
static bool bytes_missing(const struct connection *c, const struct record_turn *r)
{
	const struct stream *s = &c->streams[r->direction];
	bool own_totals = !(r->flags & RECORD_LATE) || r->flags & RECORD_OPENS;

	return own_totals && r->turn.unreported && (s->placed || !c->turn) &&
	       s->state <= STREAM_HEAD && r->offset > s->at;
}

/*
 * Is there a head, or a part of one, between where `d` stands and `end`? Its
 * record would have come first, unless the limit of the head cut it.
 */
static bool head_missing(const struct connection *c, enum direction d, uint64_t end)
{
	const struct stream *s = &c->streams[d];

	if (!s->placed || end <= s->at || c->cut)
		return false;
	switch (s->state) {
	case STREAM_GUESS:
	case STREAM_HEAD:
		return true;
	case STREAM_COUNTED:
		return end - s->at > s->left;
	case STREAM_MARKED:
		return c->all;
	default:
		return false;
	}
}

/* Of the next turn: its opening, or the rest of the turn before, is still to come. */
static bool opening_missing(const struct connection *c, const struct record_turn *r)
{
	if (c->turn && r->direction == c->direction)
		return false;
	return !(r->flags & RECORD_OPENS) || bytes_missing(c, r) ||
	       head_missing(c, !r->direction, c->turn_start + r->before.bytes);
}

bool hold_wanted(const struct connection *c, const struct record_turn *r)
{
	uint32_t ahead = r->number - c->turn;

	if (r->number < c->turn || ahead > HELD_MAX + 1)
		return false;
	if (ahead > 1)
		return true;
	if (r->head.type != RECORD_BYTES)
		return ahead || (r->head.type == RECORD_CLOSE &&
				 head_missing(c, c->direction, c->turn_start + r->turn.bytes));
	if (ahead)
		return opening_missing(c, r);
	return r->direction == c->direction && !(r->flags & RECORD_LATE) &&
	       (bytes_missing(c, r) || head_missing(c, r->direction, r->offset));
}

bool held_long_enough(const struct connection *c, uint64_t now_ns)
{
	return c->extra->held_count == HELD_MAX || now_ns > held_first(c)->head.at_ns + HELD_NS;
}

static bool comes_before(const struct record_turn *a, const struct record_turn *b)
{
	if (a->number != b->number)
		return a->number < b->number;
	if (a->head.type != b->head.type) /* bytes, then totals, then the close */
		return a->head.type < b->head.type;
	if (announces(a) != announces(b))
		return announces(a);
	return a->offset < b->offset;
}

/* The late `r` reports bytes that the turn after it gave as unreported. */
static void report_late(struct extra *e, const struct record_turn *r)
{
	for (unsigned i = 0; i < e->held_count && r->flags & RECORD_LATE; i++) {
		struct record_turn *held = record_in(e->held[i]);
		uint32_t *unreported = &held->before.unreported;

		if (held->number == r->number + 1)
			*unreported -= r->op_bytes < *unreported ? r->op_bytes : *unreported;
	}
}

static void insert(struct extra *e, struct block *block)
{
	unsigned at = e->held_count++;

	for (; at && comes_before(record_in(block), record_in(e->held[at - 1])); at--)
		e->held[at] = e->held[at - 1];
	e->held[at] = block;
}

bool hold(struct exchanges *x, struct connection *c, const struct record_turn *r)
{
	struct extra *e = connection_extra(x, c);
	size_t size = sizeof(*r) + r->length;
	struct block *block = block_take(&x->blocks, size);

	if (!block) {
		connection_trim(x, c);
		return false;
	}
	memcpy(block->bytes, r, size);
	c->in_step = false;
	if (!e->held_count) {
		e->owner = c;
		link_last(&x->holding, &e->link);
	}
	report_late(e, r);
	insert(e, block);
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
	if (!e->held_count)
		link_remove(&e->link);
	connection_trim(x, c);
	return block;
}

void held_drop(struct exchanges *x, struct connection *c)
{
	struct block *block;

	while ((block = held_take(x, c)))
		block_give(&x->blocks, block);
}
