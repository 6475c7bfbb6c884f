/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/graph.h"

#include "user/base/mem.h"
#include "user/process/process.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* In place of a family: the other end is watched. */
enum { WATCHED = 0xff };

static_assert(ADDRESS_BYTES == sizeof(((struct graph_key *)NULL)->other), "it is one");

static inline bool is_client(const struct exchange *x)
{
	return x->role == ROLE_CLIENT;
}

/* Parts of graph_key.rest; the id is below them. */
static inline uint64_t rest_of(const struct resource *own, uint8_t family)
{
	return own->id | (uint64_t)family << 48;
}

static inline uint64_t rest_of_client(uint16_t port)
{
	return UINT64_C(1) << 56 | (uint64_t)port << 32;
}

static inline struct graph_key key_of(const struct exchange *x, const struct resource *own)
{
	const struct peer *peer = x->peer;
	struct graph_key key = {};

	if (x->other.tgid)
		return (struct graph_key){ .other = { x->other.started_ns, x->other.tgid },
					   .rest = rest_of(own, WATCHED) };
	key.rest = rest_of(own, peer ? peer->family : 0);
	if (peer && peer->family != FAMILY_UNIX)
		memcpy(key.other, peer->remote, sizeof(key.other));
	if (is_client(x))
		key.rest |= rest_of_client(peer ? peer->remote_port : 0);
	return key;
}

/* No key is like that of an empty place: ids of resources begin with 1. */
static inline bool key_same(const struct graph_key *a, const struct graph_key *b)
{
	return a->rest == b->rest && a->other[0] == b->other[0] && a->other[1] == b->other[1];
}

static inline size_t place_of(const struct graph_key *key)
{
	return (key->other[0] + key->other[1] + key->rest) * MIX >> (64 - GRAPH_BITS);
}

/* A server for both says ::ffff:10.0.0.5 of who is 10.0.0.5 to others. */
static void unmap(struct edge_side *side)
{
	static const uint8_t mapped[] = { [10] = 0xff, [11] = 0xff };

	if (side->family != FAMILY_INET6 || memcmp(side->address, mapped, sizeof(mapped)))
		return;
	side->family = FAMILY_INET;
	memmove(side->address, side->address + sizeof(mapped), sizeof(uint32_t));
	memset(side->address + sizeof(uint32_t), 0, sizeof(mapped));
}

static struct edge_side other_side(const struct graph *g, const struct exchange *x)
{
	struct edge_side side = {};
	const struct process *process;

	if (x->other.tgid) {
		process = processes_find(g->processes, x->other);
		side.service = process && process->resource ? process->resource : g->unknown;
		return side;
	}
	if (!x->peer)
		return side;
	side.family = x->peer->family;
	if (side.family == FAMILY_UNIX)
		return side;
	memcpy(side.address, x->peer->remote, sizeof(side.address));
	unmap(&side);
	side.port = is_client(x) ? x->peer->remote_port : 0;
	return side;
}

static struct edge *edge_find(struct graph *g, const struct exchange *x, const struct resource *own)
{
	enum edge_end end = is_client(x) ? END_CLIENT : END_SERVER;
	struct edge_side sides[ENDS];

	sides[end] = (struct edge_side){ .service = own };
	sides[!end] = other_side(g, x);
	return edges_find(&g->edges, sides, end,
			  (struct edge_time){
				  .now_ns = x->ended_ns,
				  .start_unix_ns = x->started_ns + (uint64_t)*g->unix_offset_ns,
			  });
}

void graph_forget(struct graph *g)
{
	memset(g->places, 0, sizeof(g->places));
	g->drops = g->edges.drops;
}

static inline void edge_count(struct edge *edge, const struct exchange *x, uint64_t duration_ns,
			      bool failed)
{
	edge->failed += failed;
	edge->last_ns = x->ended_ns;
	histogram_observe_ns(&edge->duration, duration_ns);
}

/* Of one that is not kept. To make room for it, others may have been dropped. */
static __attribute__((noinline)) void count_another(struct graph *g, const struct exchange *x,
						    const struct resource *own,
						    uint64_t duration_ns, bool failed)
{
	struct edge *edge = edge_find(g, x, own);
	struct graph_key key = key_of(x, own);
	size_t place = place_of(&key);

	if (g->drops != g->edges.drops)
		graph_forget(g);
	g->places[place].key = key;
	g->places[place].edge = edge;
	edge_count(edge, x, duration_ns, failed);
}

void graph_count(struct graph *g, const struct exchange *x, const struct resource *own,
		 uint64_t duration_ns, bool failed)
{
	struct graph_key key;
	size_t place;

	if (is_client(x) && x->other.tgid)
		return;
	key = key_of(x, own);
	place = place_of(&key);
	if (key_same(&g->places[place].key, &key))
		edge_count(g->places[place].edge, x, duration_ns, failed);
	else
		count_another(g, x, own, duration_ns, failed);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct graph *g = context;

	edges_collect(&g->edges, now_ns, sink);
	if (g->drops != g->edges.drops)
		graph_forget(g);
}

struct graph *graph_new(const struct graph_options *options)
{
	struct graph *g = xcalloc(1, sizeof(*g));

	g->processes = options->processes;
	g->unknown = options->unknown;
	g->unix_offset_ns = options->unix_offset_ns;
	g->collector = (struct collector){ .name = "graph", .context = g, .collect = collect };
	edges_init(&g->edges, options->series, options->limit, options->ended_series_ns);
	return g;
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	edges_free(&g->edges);
	free(g);
}

struct collector *graph_collector(struct graph *g)
{
	return &g->collector;
}

uint64_t graph_overflowed(const struct graph *g)
{
	return g ? edges_overflowed(&g->edges) : 0;
}
