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

/* Exchanges of one edge are alike by this; it is compared as words. */
union graph_key {
	struct {
		uint8_t other[ADDRESS_BYTES]; /* an address, or a struct process_id */
		uint32_t own, generation;     /* a resource's id; what is older is forgotten */
		uint16_t port;
		uint8_t family, role;
		uint32_t zero;
	};
	uint64_t words[4];
};

struct graph {
	struct processes *processes;
	const struct resource *unknown; /* of processes without facts */
	struct edges edges;
	uint32_t learned; /* records about processes: anybody may be somebody else since */
	uint64_t overflowed;
	struct {
		union graph_key key;
		struct edge *edge; /* NULL: nothing is kept here */
	} places[GRAPH_PLACES];
};

struct graph_options {
	struct processes *processes;
	const struct resource *unknown;
	struct series *series;
	size_t limit; /* series of a service */
	uint64_t ended_series_ns;
};

/* All is borrowed. */
struct graph *graph_new(const struct graph_options *options);
void graph_free(struct graph *g);

/* An exchange that metrics are made of. */
struct graph_exchange {
	const struct exchange *x;
	const struct resource *own; /* of its process */
	uint64_t duration_ns;
	bool failed;
	int64_t unix_offset_ns;
};

/* Count it, if it is not the client's end of one that its server counts. */
void graph_count(struct graph *g, const struct graph_exchange *exchange);
/* Something was learned of a process. */
void graph_processes_changed(struct graph *g);
struct collector *graph_collector(struct graph *g);
/* Requests that were counted by an overflow edge. */
uint64_t graph_overflowed(const struct graph *g);
