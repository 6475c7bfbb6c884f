/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/recall.h"

#include "user/model/resource.h"
#include "user/model/route.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15)

static_assert(sizeof(struct recall_key) == 88, "keys are compared as bytes: no padding");

/* Asked each time, since a path's route may change: routes_find() remembers by itself. */
static bool find_route(const struct exchange *x, struct span *span, struct str *ret)
{
	struct str path = {};

	if (x->proto->route_path && !x->proto->route_path(&x->question, span, &path))
		return false;
	*ret = path.len ? routes_find(span->routes, path) : (struct str){};
	return true;
}

struct recalled *recall_place(struct recall *r, const struct exchange *x, struct span *span,
			      uint64_t series_drops, struct recall_key *key)
{
	uint64_t mixed;

	if (!x->question.likeness || (x->answered && !x->answer.likeness) || !span->resource ||
	    !span->routes)
		return NULL;
	*key = (struct recall_key){ .proto = x->proto,
				    .question = x->question.likeness,
				    .answer = x->answered ? x->answer.likeness : 0,
				    .resource = span->resource->id,
				    .outcome = x->outcome,
				    .routes = span->routes,
				    .series_drops = series_drops,
				    .role = x->role };
	if (!find_route(x, span, &key->route))
		return NULL;
	if (x->role == ROLE_CLIENT && x->peer) {
		memcpy(key->remote, x->peer->remote, sizeof(key->remote));
		key->port = x->peer->remote_port;
		key->family = x->peer->family;
	}
	mixed = key->question * MIX + key->answer + (uintptr_t)key->route.at + key->resource;
	return &r->places[mixed * MIX >> (64 - RECALL_BITS)];
}
