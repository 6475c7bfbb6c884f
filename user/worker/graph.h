/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.h - the service graph: each request counted on the edge between its two ends.
 *
 *	both ends are watched	the server's exchange counts, the client's does not
 *	the client is		its exchange counts; the server is its address and port
 *	the server is		its exchange counts; the client is its address
 *
 * A client's port says nothing, and who a request was forwarded for is what somebody
 * claims: neither is read. Which edge an exchange is of is kept for the ones like it, by
 * its instance and whoever is at the other end, so that an exchange costs a compare and
 * a histogram.
 */
#pragma once

#include "user/exchange/exchange.h"
#include "user/worker/edges.h"

enum { GRAPH_BITS = 8, GRAPH_PLACES = 1 << GRAPH_BITS };

/* Exchanges of one edge are alike by this. */
struct graph_key {
	uint64_t other[2]; /* an address; or, watched, started_ns and tgid */
	uint64_t rest;	   /* a resource's id; port, family and role */
};

struct graph {
	struct processes *processes;
	const struct resource *unknown;
	const int64_t *unix_offset_ns;
	struct edges edges;
	uint32_t drops; /* of the edges, when places were last forgotten */
	struct collector collector;
	struct {
		struct graph_key key;
		struct edge *edge;
	} places[GRAPH_PLACES]; /* a key of zeros: nothing is kept there */
};

struct graph_options {
	struct processes *processes;
	const struct resource *unknown; /* of processes without facts */
	const int64_t *unix_offset_ns;
	struct series *series;
	size_t limit; /* series of a service */
	uint64_t ended_series_ns;
};

/* All is borrowed. */
struct graph *graph_new(const struct graph_options *options);
void graph_free(struct graph *g);

/*
 * Count `x`, of which metrics are made, if it is not the client's end of one that its server
 * counts. `own` is of its process.
 */
void graph_count(struct graph *g, const struct exchange *x, const struct resource *own,
		 uint64_t duration_ns, bool failed);
/* Something was learned of a process: anybody may be somebody else since. */
void graph_forget(struct graph *g);
struct collector *graph_collector(struct graph *g);
/* Requests that were counted by an overflow edge. */
uint64_t graph_overflowed(const struct graph *g);
