/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/exchange.h"

#include "user/base/mem.h"
#include "user/exchange/pair.h"
#include "user/exchange/plain.h"
#include "user/exchange/turn.h"

static uint64_t inside(void *context)
{
	return exchanges_open(context);
}

struct exchanges *exchanges_new(const struct exchanges_options *options)
{
	struct exchanges *x = xcalloc(1, sizeof(*x));

	x->options = *options;
	if (!x->options.max_connections)
		x->options.max_connections = 1;
	if (x->options.max_head_bytes > HEAD_BYTES)
		x->options.max_head_bytes = HEAD_BYTES;
	x->connections.size = sizeof(struct connection);
	x->answers.size = sizeof(struct answering);
	x->extras.size = sizeof(struct extra);
	x->spare_answer = pool_take(&x->answers);
	blocks_init(&x->blocks);
	x->spare = pool_take(&x->blocks.pools[0]);
	connections_init(x);
	x->options.ledger->inside[STAGE_EXCHANGE] = inside;
	x->options.ledger->inside_context[STAGE_EXCHANGE] = x;
	return x;
}

void exchanges_free(struct exchanges *x)
{
	if (!x)
		return;
	x->options.ledger->inside[STAGE_EXCHANGE] = NULL;
	pool_free(&x->connections);
	pool_free(&x->answers);
	pool_free(&x->extras);
	blocks_free(&x->blocks);
	free(x->table.slots);
	table_free(&x->ends);
	free(x);
}

static inline struct connection *find_or_make(struct exchanges *x, const struct record *record)
{
	struct connection *c = connection_find(x, record->cookie);

	if (!c)
		return connection_make(x, record->cookie, record->process);
	if (!connection_is_of(c, record->process))
		connection_owned_by(x, c, record->process);
	return c;
}

/* Once a turn, where something else than the default was asked for. */
static inline void keep_verdict(struct exchanges *x, struct connection *c,
				const struct record_turn *r)
{
	if ((c->all || c->raised || c->unread) && r->flags & RECORD_OPENS)
		connection_verdict_again(x, c);
}

void exchanges_feed(struct exchanges *x, const struct record *record)
{
	struct connection *c;

	if (x->holding.next != &x->holding)
		turns_expire(x, record->at_ns);
	if (!record->cookie)
		return;
	switch (record->type) {
	case RECORD_CONNECTION:
		connection_learn(x, find_or_make(x, record),
				 (const struct record_connection *)(const void *)record);
		break;
	case RECORD_BYTES:
		c = find_or_make(x, record);
		keep_verdict(x, c, (const struct record_turn *)(const void *)record);
		if (!plain_take(x, c, (const struct record_turn *)(const void *)record))
			turn_feed(x, c, (const struct record_turn *)(const void *)record);
		break;
	case RECORD_TOTALS:
	case RECORD_CLOSE:
		c = connection_find(x, record->cookie);
		if (c)
			turn_feed(x, c, (const struct record_turn *)(const void *)record);
		break;
	}
}

void exchanges_expire(struct exchanges *x, uint64_t now_ns)
{
	turns_expire(x, now_ns);
}

bool exchanges_want_sweep(const struct exchanges *x)
{
	return x->waiting > 0;
}

static void close_those_of(struct exchanges *x, struct link *list, struct process_id process,
			   uint64_t now_ns)
{
	for (struct link *at = list->next, *next; at != list; at = next) {
		struct connection *c = (struct connection *)at;

		next = at->next;
		if (connection_is_of(c, process))
			connection_close(x, c, OUTCOME_CLOSED, now_ns);
	}
}

void exchanges_process_ended(struct exchanges *x, struct process_id process, uint64_t now_ns)
{
	if (!connections_may_be_of(x, process))
		return;
	close_those_of(x, &x->busy, process, now_ns);
	close_those_of(x, &x->idle, process, now_ns);
}

void exchanges_lose_open(struct exchanges *x)
{
	for (struct link *at = x->busy.next, *next; at != &x->busy; at = next) {
		next = at->next;
		lose_all(x, (struct connection *)at, LOSS_EXCHANGE_SHUTDOWN);
	}
}

const struct exchange_counters *exchanges_counters(const struct exchanges *x)
{
	return &x->counters;
}

void exchanges_inherit(struct exchanges *x, const struct exchange_counters *counted)
{
	x->counters = *counted;
}

uint64_t exchanges_open(const struct exchanges *x)
{
	uint64_t count = 0;

	for (size_t i = 0; i < x->table.size; i++)
		if (x->table.slots[i])
			for (struct open *e = x->table.slots[i]->first; e; e = e->next)
				count++;
	return count;
}

bool exchanges_is_met(const struct exchanges *x, uint64_t cookie)
{
	const struct connection *c = connection_find(x, cookie);

	return c && c->other.tgid;
}

size_t exchanges_connections(const struct exchanges *x)
{
	return x->table.count;
}

void exchanges_each_open(const struct exchanges *x,
			 void (*visit)(void *context, const struct exchange *open), void *context)
{
	for (struct link *at = x->busy.next; at != &x->busy; at = at->next) {
		const struct connection *c = (const struct connection *)at;

		for (struct open *e = c->first; e; e = e->next) {
			struct exchange open;

			exchange_view(x, c, e, &open);
			visit(context, &open);
		}
	}
}

size_t exchanges_unread_of(const struct exchanges *x, struct process_id process,
			   uint64_t ret[UNREADS])
{
	size_t read = 0;

	memset(ret, 0, UNREADS * sizeof(*ret));
	for (size_t i = 0; i < x->table.size; i++) {
		const struct connection *c = x->table.slots[i];

		if (!c || !connection_is_of(c, process))
			continue;
		if (c->unread)
			ret[c->unread - 1]++;
		else
			read++;
	}
	return read;
}
