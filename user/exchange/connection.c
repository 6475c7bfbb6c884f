/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.c - the table of connections, who owns them, and which one goes when it is full.
 *
 * Open addressing with linear probing: one pointer a slot, at most three in
 * four used. A removal moves later ones back, so there are no tombstones.
 */
#include "user/exchange/connection.h"

#include "user/base/mem.h"
#include "user/exchange/ends.h"
#include "user/exchange/gather.h"
#include "user/exchange/hold.h"
#include "user/exchange/pair.h"

enum { COOKIES_FIRST = 64 };

static size_t place(const struct cookies *t, uint64_t cookie)
{
	return (size_t)((cookie * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (t->size - 1);
}

static void cookies_grow(struct cookies *t)
{
	struct cookies grown = { .size = t->size ? t->size * 2 : COOKIES_FIRST, .count = t->count };

	grown.slots = xcalloc(grown.size, sizeof(*grown.slots));
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i])
			grown.slots[cookies_slot(&grown, t->slots[i]->cookie)] = t->slots[i];
	free(t->slots);
	*t = grown;
}

static void cookies_remove(struct cookies *t, uint64_t cookie)
{
	size_t hole = cookies_slot(t, cookie), at = hole;

	t->count--;
	for (;;) {
		t->slots[hole] = NULL;
		do {
			at = (at + 1) & (t->size - 1);
			if (!t->slots[at])
				return;
			/* Stays where it is when its own place lies after the hole. */
		} while (((at - place(t, t->slots[at]->cookie)) & (t->size - 1)) <
			 ((at - hole) & (t->size - 1)));
		t->slots[hole] = t->slots[at];
		hole = at;
	}
}

void connections_init(struct exchanges *x)
{
	x->idle = (struct link){ &x->idle, &x->idle };
	x->busy = (struct link){ &x->busy, &x->busy };
	x->holding = (struct link){ &x->holding, &x->holding };
	table_init(&x->ends, x->options.max_connections);
	cookies_grow(&x->table);
}

static uint32_t *owner_bucket(const struct exchanges *x, uint64_t started_ns, uint32_t tgid)
{
	uint64_t hash = (started_ns ^ tgid) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t *)&x->owners[hash >> 54];
}

static_assert(OWNER_BUCKETS == 1 << (64 - 54), "the shift in owner_bucket()");

bool connections_may_be_of(const struct exchanges *x, struct process_id process)
{
	return *owner_bucket(x, process.started_ns, process.tgid) > 0;
}

void connection_owned_by(struct exchanges *x, struct connection *c, struct process_id process)
{
	--*owner_bucket(x, c->process_started_ns, c->process_tgid);
	c->process_started_ns = process.started_ns;
	c->process_tgid = process.tgid;
	++*owner_bucket(x, c->process_started_ns, c->process_tgid);
}

static void make_room(struct exchanges *x)
{
	struct link *link = x->idle.next != &x->idle ? x->idle.next : x->busy.next;
	struct connection *c = (struct connection *)link;

	x->counters.evicted++;
	lose_all(x, c, LOSS_EXCHANGE_DROPPED);
	connection_forget(x, c);
}

struct connection *connection_make(struct exchanges *x, uint64_t cookie, struct process_id process)
{
	struct connection *c;

	if (x->table.count >= x->options.max_connections)
		make_room(x);
	if ((x->table.count + 1) * 4 > x->table.size * 3)
		cookies_grow(&x->table);
	c = pool_take(&x->connections);
	*c = (struct connection){
		.cookie = cookie,
		.process_started_ns = process.started_ns,
		.process_tgid = process.tgid,
	};
	++*owner_bucket(x, process.started_ns, process.tgid);
	x->table.slots[cookies_slot(&x->table, cookie)] = c;
	x->table.count++;
	link_last(&x->idle, &c->link);
	return c;
}

/* Its exchanges are finished or lost by now. */
void connection_forget(struct exchanges *x, struct connection *c)
{
	ends_forget(x, c);
	held_drop(x, c);
	gather_drop(x, c, RECEIVED);
	gather_drop(x, c, SENT);
	if (c->extra)
		connection_trim(x, c);
	x->waiting -= c->waits;
	--*owner_bucket(x, c->process_started_ns, c->process_tgid);
	link_remove(&c->link);
	cookies_remove(&x->table, c->cookie);
	pool_give(&x->connections, c);
}

void connection_learn(struct exchanges *x, struct connection *c,
		      const struct record_connection *record)
{
	ends_forget(x, c);
	/* Its next record goes by turn.c, which knows of this. */
	if (c->turn) {
		c->told = true;
		c->in_step = false;
	}
	memcpy(c->first_byte, record->first, sizeof(c->first_byte));
	memcpy(c->base, record->base, sizeof(c->base));
	c->peer = (struct peer){
		.netns = record->netns,
		.local_port = record->local_port,
		.remote_port = record->remote_port,
		.family = (uint8_t)record->family,
		.flags = (uint8_t)record->flags,
	};
	memcpy(c->peer.local, record->local, ADDRESS_BYTES);
	memcpy(c->peer.remote, record->remote, ADDRESS_BYTES);
	if (record->flags & CONNECTION_JOINED)
		c->joined = true;
	ends_learn(x, c);
}

struct extra *connection_extra(struct exchanges *x, struct connection *c)
{
	if (!c->extra) {
		c->extra = pool_take(&x->extras);
		*c->extra = (struct extra){};
	}
	return c->extra;
}

void connection_trim(struct exchanges *x, struct connection *c)
{
	struct extra *e = c->extra;

	if (e->held_count || e->gathers[RECEIVED].block || e->gathers[SENT].block)
		return;
	pool_give(&x->extras, e);
	c->extra = NULL;
}

void connection_verdict_again(struct exchanges *x, struct connection *c)
{
	if (c->unread)
		connection_verdict(x, c, VERDICT_STOP, 0);
	else if (c->all)
		connection_verdict(x, c, VERDICT_ALL, OP_BYTES);
	else
		connection_verdict(x, c, VERDICT_HEADS, x->options.max_head_bytes);
}

void connection_verdict(struct exchanges *x, struct connection *c, enum verdict verdict,
			size_t head_bytes)
{
	if (x->options.verdict)
		x->options.verdict(x->options.context, c->cookie, verdict, (uint16_t)head_bytes);
}
