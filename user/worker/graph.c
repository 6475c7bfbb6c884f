/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/graph.h"

#include "user/base/mem.h"
#include "user/process/process.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* In place of a family: the other end is watched. */
enum { WATCHED = 0xff };

static_assert(sizeof(union graph_key) == 4 * sizeof(uint64_t), "compared as words: no padding");
static_assert(sizeof(struct process_id) <= ADDRESS_BYTES, "one of them is graph_key.other");

static inline bool is_client(const struct exchange *x)
{
	return x->role == ROLE_CLIENT;
}

static inline void key_set(const struct graph *g, const struct graph_exchange *of,
			   union graph_key *key)
{
	const struct exchange *x = of->x;

	*key = (union graph_key){ .own = of->own->id,
				  .generation = g->learned + g->edges.drops,
				  .role = is_client(x) };
	if (x->other.tgid) {
		key->family = WATCHED;
		memcpy(key->other, &x->other.started_ns, sizeof(uint64_t));
		memcpy(key->other + sizeof(uint64_t), &x->other.tgid, sizeof(x->other.tgid));
		return;
	}
	if (!x->peer)
		return;
	key->family = x->peer->family;
	if (key->family == FAMILY_UNIX)
		return;
	memcpy(key->other, x->peer->remote, ADDRESS_BYTES);
	key->port = is_client(x) ? x->peer->remote_port : 0;
}

static inline bool key_same(const union graph_key *a, const union graph_key *b)
{
	return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
		 (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]));
}

static inline size_t place_of(const union graph_key *key)
{
	uint64_t mixed = (key->words[0] ^ key->words[2]) * MIX + (key->words[1] ^ key->words[3]);

	return mixed * MIX >> (64 - GRAPH_BITS);
}

static struct edge_side other_side(const struct graph *g, const struct exchange *x,
				   const union graph_key *key)
{
	struct edge_side side = { .port = key->port, .family = key->family };
	const struct process *process;

	if (key->family == WATCHED) {
		process = processes_find(g->processes, x->other);
		side.service = process && process->resource ? process->resource : g->unknown;
		return side;
	}
	memcpy(side.address, key->other, sizeof(side.address));
	return side;
}

static __attribute__((noinline)) struct edge *edge_find(struct graph *g,
							const struct graph_exchange *of,
							const union graph_key *key)
{
	enum edge_end own = is_client(of->x) ? END_CLIENT : END_SERVER;
	struct edge_time at = {
		.now_ns = of->x->ended_ns,
		.start_unix_ns = of->x->started_ns + (uint64_t)of->unix_offset_ns,
	};
	struct edge_side sides[ENDS];

	sides[own] = (struct edge_side){ .service = of->own };
	sides[!own] = other_side(g, of->x, key);
	return edges_find(&g->edges, sides, own, at);
}

/* Where it was not kept; it may be that edges were dropped to make room. */
static __attribute__((noinline)) struct edge *edge_keep(struct graph *g,
							const struct graph_exchange *of,
							union graph_key *key)
{
	struct edge *edge = edge_find(g, of, key);
	size_t place;

	key->generation = g->learned + g->edges.drops;
	place = place_of(key);
	g->places[place].key = *key;
	g->places[place].edge = edge;
	return edge;
}

void graph_count(struct graph *g, const struct graph_exchange *of)
{
	union graph_key key;
	struct edge *edge;
	size_t place;

	if (is_client(of->x) && of->x->other.tgid)
		return;
	key_set(g, of, &key);
	place = place_of(&key);
	edge = g->places[place].edge;
	if (!edge || !key_same(&g->places[place].key, &key))
		edge = edge_keep(g, of, &key);
	edge->failed += of->failed;
	edge->last_ns = of->x->ended_ns;
	g->overflowed += edge->overflow;
	histogram_observe_ns(&edge->duration, of->duration_ns);
}

void graph_processes_changed(struct graph *g)
{
	g->learned++;
}

struct graph *graph_new(const struct graph_options *options)
{
	struct graph *g = xcalloc(1, sizeof(*g));

	g->processes = options->processes;
	g->unknown = options->unknown;
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
	return &g->edges.collector;
}

uint64_t graph_overflowed(const struct graph *g)
{
	return g ? g->overflowed : 0;
}
