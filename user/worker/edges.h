/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edges.h - who calls whom: the rows of the service graph, and their metrics.
 *
 *	sonde.service.requests {client, server, failed}    sonde.service.duration {client, server}
 *
 * An edge is told apart by the names of its two ends: a service by name and namespace,
 * whatever its instances are, or the address of what is not watched (virtual_node says
 * which end that is). Edges belong to sonde itself and to no resource.
 *
 * An edge is two series, of the counter. Past limit_per_service of them for a service that is
 * called, or that calls, and past what the series of all services have room for, new
 * edges are counted in one of the service alone (otel.metric.overflow=true), so that
 * sums stay exact. An edge between services that live stays; another one goes
 * `ended_series_ns` after its last count, or after the end of its services.
 */
#pragma once

#include <netinet/in.h>

#include "headers/record.h"
#include "user/base/buf.h"
#include "user/base/table.h"
#include "user/model/metric.h"
#include "user/model/resource.h"
#include "user/model/series.h"

enum edge_end { END_CLIENT, END_SERVER, ENDS };

/* One end: a service, or where `service` is NULL an address. */
struct edge_side {
	const struct resource *service;
	uint8_t address[ADDRESS_BYTES];
	uint16_t port;	/* 0: it does not matter */
	uint8_t family; /* 0: not known */
};

enum { EDGE_ATTRIBUTES = 6, EDGE_ADDRESS_TEXT = INET6_ADDRSTRLEN + sizeof("[]:65535") };

struct edge {
	struct str key;
	struct home *home;		 /* of the service that saw it */
	struct resource *services[ENDS]; /* references; NULL: it is an address */
	struct histogram duration;
	uint64_t failed;
	uint64_t start_unix_ns, last_ns; /* of the last count */
	size_t attribute_count;		 /* without "failed" */
	struct attribute attributes[EDGE_ATTRIBUTES];
	char address[EDGE_ADDRESS_TEXT];
};

struct edges {
	struct series *series; /* whose total they count into; borrowed */
	size_t limit;
	uint64_t ended_ns, swept_ns;
	struct table edges, homes;
	struct buf key;
	uint64_t overflowed; /* requests of overflow edges that are gone */
	uint32_t drops;	     /* sweeps that dropped edges: others that were found stay */
};

/* When an edge is made; times are monotonic but for the start. */
struct edge_time {
	uint64_t now_ns, start_unix_ns;
};

void edges_init(struct edges *e, struct series *series, size_t limit_per_service,
		uint64_t ended_series_ns);
void edges_free(struct edges *e);
/*
 * The edge between `sides`, made if it is new, or an overflow edge. `seen_by` is the side, a
 * service, that the request was seen at. It stays as long as e->drops does.
 */
struct edge *edges_find(struct edges *e, const struct edge_side sides[ENDS], enum edge_end seen_by,
			struct edge_time at);
/* Drop what ended long enough ago, and give the metrics of the rest. */
void edges_collect(struct edges *e, uint64_t now_ns, struct metric_sink *sink);
/* Requests that overflow edges counted. */
uint64_t edges_overflowed(const struct edges *e);
