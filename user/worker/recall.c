/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/recall.h"

#include "user/model/resource.h"
#include "user/model/route.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15)

static_assert(sizeof(struct recall_key) == 88, "keys are compared as bytes: no padding");

/* By what the question is told apart: itself, or what it is like and its route. */
static bool key_question(const struct exchange *x, struct span *span, struct recall_key *key)
{
	bool (*route_path)(const struct message *, struct span *, struct str *) =
		x->proto->route_path;
	struct str path = {};

	if (x->question->sameness) {
		key->question = x->question->sameness;
		key->routes_generation = routes_generation(span->routes);
		return true;
	}
	key->question = x->question->likeness;
	if (!key->question || (route_path && !route_path(x->question, span, &path)))
		return false;
	if (path.len) {
		struct str route = routes_find(span->routes, path);

		key->route = route.at;
		key->route_len = (uint32_t)route.len;
	}
	return true;
}

struct recalled *recall_place(struct recall *r, const struct exchange *x, struct span *span,
			      uint64_t series_drops, struct recall_key *key)
{
	uint64_t mixed;

	if ((x->answered && !x->answer->likeness) || !span->resource || !span->routes)
		return NULL;
	*key = (struct recall_key){ .proto = x->proto,
				    .answer = x->answered ? x->answer->likeness : 0,
				    .resource = span->resource->id,
				    .outcome = (uint8_t)x->outcome,
				    .routes = span->routes,
				    .series_drops = series_drops,
				    .role = (uint8_t)x->role };
	if (!key_question(x, span, key))
		return NULL;
	if (x->role == ROLE_CLIENT && x->peer) {
		memcpy(key->remote, x->peer->remote, sizeof(key->remote));
		key->port = x->peer->remote_port;
		key->family = x->peer->family;
	}
	mixed = key->question * MIX + key->answer + (uintptr_t)key->route + key->resource;
	return &r->places[mixed * MIX >> (64 - RECALL_BITS)];
}
