/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing.h - what the configuration says of a service: its routes and sampler.
 *
 * The first entry of `services` that names a process (process.service) sets
 * both; otherwise the http.route list and trace.sampler hold. Guessed routes
 * are kept for each service apart (service.name, namespace and entry), as long
 * as a resource of it lives; past LIMIT_ROUTE_SERVICES services share theirs.
 */
#pragma once

#include "user/config/config.h"
#include "user/model/route.h"
#include "user/process/process.h"

struct routing;

struct routing *routing_new(const struct config *config);
void routing_free(struct routing *r);

/* Looks for the routes of the resource's service and keeps a reference in it. */
struct routes *routing_choose(struct routing *r, const struct service_rule *rule,
			      struct resource *resource);

/* `process` may be NULL, `resource` may not. */
static inline struct routes *routing_routes(struct routing *r, const struct process *process,
					    struct resource *resource)
{
	const struct service_rule *rule = process ? process->service : NULL;

	if (resource->routes && resource->routes_rule == rule)
		return resource->routes;
	return routing_choose(r, rule, resource);
}

const struct sampler *routing_sampler(const struct routing *r, const struct process *process);
/* Segments that became {id} because there were too many, over all services. */
uint64_t routing_collapsed(const struct routing *r);
/* Resources whose service had no room for routes of its own. */
uint64_t routing_shared(const struct routing *r);
