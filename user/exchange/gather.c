/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/gather.h"

#include "user/base/mem.h"

static bool make_room(struct exchanges *x, struct gather *g, size_t len)
{
	struct block *larger;

	if (g->block && len <= g->block->capacity)
		return true;
	larger = block_take(&x->blocks, len);
	if (!larger)
		return false;
	if (g->len)
		memcpy(larger->bytes, g->block->bytes, g->len);
	block_give(&x->blocks, g->block);
	g->block = larger;
	return true;
}

bool gather_add(struct exchanges *x, struct connection *c, enum direction d, struct str bytes,
		const struct origin *origin)
{
	struct gather *g = &connection_extra(x, c)->gathers[d];

	if (!g->block)
		g->origin = *origin;
	if (!make_room(x, g, g->len + bytes.len)) {
		connection_trim(x, c);
		return false;
	}
	memcpy(g->block->bytes + g->len, bytes.at, bytes.len);
	g->len += bytes.len;
	return true;
}

struct block *gather_take(struct connection *c, enum direction d)
{
	struct gather *g = gather_of(c, d);
	struct block *block = g ? g->block : NULL;

	if (g)
		*g = (struct gather){};
	return block;
}

void gather_drop(struct exchanges *x, struct connection *c, enum direction d)
{
	block_give(&x->blocks, gather_take(c, d));
}
