/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/edges.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"

#define SWEEP_NS NS_PER_S /* new edges look for ended ones this often */

/* An edge's own series of a metric: failed and not. */
enum { SERIES_OF_EDGE = 2, KEY_BYTES = ENDS * (2 * LIMIT_ATTRIBUTE_BYTES + 64) };

/* A service as one end of edges: how many it has, and what found no room. */
struct home {
	struct str key;
	size_t edges;
	struct edge *overflow; /* NULL: nothing yet */
};

static const struct metric requests = {
	.name = "sonde.service.requests",
	.unit = "{request}",
	.help = "Requests from one service to another, each counted once.",
	.kind = METRIC_COUNTER,
};

static const struct metric duration = {
	.name = "sonde.service.duration",
	.unit = "s",
	.help = "How long they took, as the server saw it where it is watched.",
	.kind = METRIC_HISTOGRAM,
	.bounds = &request_duration_bounds,
};

static void key_add(struct buf *key, const void *bytes, size_t len)
{
	buf_add(key, (struct str){ bytes, len });
}

static void key_add_text(struct buf *key, struct str text)
{
	key_add(key, &text.len, sizeof(text.len));
	buf_add(key, text);
}

static void key_add_side(struct buf *key, const struct edge_side *side)
{
	buf_add_byte(key, side->service ? 's' : 'a');
	if (side->service) {
		key_add_text(key, side->service->service_namespace);
		key_add_text(key, side->service->service_name);
		return;
	}
	key_add(key, &side->family, sizeof(side->family));
	key_add(key, &side->port, sizeof(side->port));
	key_add(key, side->address, sizeof(side->address));
}

static struct str key_of(struct edges *e, const struct edge_side sides[ENDS])
{
	buf_clear(&e->key);
	key_add_side(&e->key, &sides[END_CLIENT]);
	key_add_side(&e->key, &sides[END_SERVER]);
	return buf_str(&e->key);
}

static struct home *home_of(struct edges *e, const struct resource *service, enum edge_end end)
{
	const struct edge_side side = { .service = service };
	struct home *home;
	struct str key;

	buf_clear(&e->key);
	buf_add_byte(&e->key, (char)end);
	key_add_side(&e->key, &side);
	key = buf_str(&e->key);
	home = table_find(&e->homes, key);
	if (home)
		return home;
	home = xcalloc(1, sizeof(*home) + key.len);
	home->key = (struct str){ memcpy(home + 1, key.at, key.len), key.len };
	if (table_put(&e->homes, home->key, home))
		abort(); /* it was looked for, and the table has no limit */
	return home;
}

static void attribute_add(struct edge *edge, struct str key, struct str text)
{
	if (text.len)
		edge->attributes[edge->attribute_count++] = attribute_text(key, text);
}

static struct str address_text(const struct edge_side *side, char to[static EDGE_ADDRESS_TEXT])
{
	bool v6 = side->family == FAMILY_INET6;
	char text[INET6_ADDRSTRLEN];

	if (side->family == FAMILY_UNIX)
		return STR("unix");
	if (!side->family || !inet_ntop(v6 ? AF_INET6 : AF_INET, side->address, text, sizeof(text)))
		return STR("unknown");
	if (!side->port)
		snprintf(to, EDGE_ADDRESS_TEXT, "%s", text);
	else
		snprintf(to, EDGE_ADDRESS_TEXT, v6 ? "[%s]:%u" : "%s:%u", text, side->port);
	return str_of(to);
}

/* Texts are the service's, to which the edge has a reference, or its own. */
static void side_add(struct edge *edge, enum edge_end end, const struct edge_side *side)
{
	static const struct str names[ENDS] = { STR("client"), STR("server") };
	static const struct str namespaces[ENDS] = { STR("client_namespace"),
						     STR("server_namespace") };

	if (!side->service) {
		attribute_add(edge, names[end], address_text(side, edge->address));
		attribute_add(edge, STR("virtual_node"), names[end]);
		return;
	}
	edge->services[end] = resource_ref(side->service);
	attribute_add(edge, names[end], side->service->service_name);
	attribute_add(edge, namespaces[end], side->service->service_namespace);
}

static struct edge *edge_new(struct home *home, struct str key, struct edge_time at)
{
	struct edge *edge = xcalloc(1, sizeof(*edge) + key.len);

	edge->home = home;
	edge->start_unix_ns = at.start_unix_ns;
	edge->last_ns = at.now_ns;
	histogram_init(&edge->duration, &request_duration_bounds);
	if (key.len)
		edge->key = (struct str){ memcpy(edge + 1, key.at, key.len), key.len };
	return edge;
}

static void edge_free(struct edge *edge)
{
	for (int end = 0; end < ENDS; end++)
		resource_unref(edge->services[end]);
	histogram_free(&edge->duration);
	free(edge);
}

static struct edge *overflow_of(struct home *home, enum edge_end end, const struct edge_side *side,
				struct edge_time at)
{
	if (home->overflow)
		return home->overflow;
	home->overflow = edge_new(home, (struct str){}, at);
	side_add(home->overflow, end, side);
	home->overflow->attributes[home->overflow->attribute_count++] = (struct attribute){
		.key = STR("otel.metric.overflow"), .type = ATTRIBUTE_BOOL, .number = true
	};
	return home->overflow;
}

static bool lives(const struct resource *service)
{
	return service && !service->ended_ns && !service->replaced;
}

static bool is_over(const struct edges *e, const struct edge *edge)
{
	uint64_t since_ns = edge->last_ns;

	if (lives(edge->services[END_CLIENT]) && lives(edge->services[END_SERVER]))
		return false;
	for (int end = 0; end < ENDS; end++)
		if (edge->services[end] && edge->services[end]->ended_ns > since_ns)
			since_ns = edge->services[end]->ended_ns;
	return e->swept_ns > since_ns && e->swept_ns - since_ns >= e->ended_ns;
}

static bool edge_drop(void *value, void *context)
{
	struct edges *e = context;
	struct edge *edge = value;

	if (!is_over(e, edge))
		return false;
	edge->home->edges--;
	series_room_give(e->series, SERIES_OF_EDGE);
	edge_free(edge);
	return true;
}

static void home_free(struct home *home)
{
	if (home->overflow)
		edge_free(home->overflow);
	free(home);
}

static uint64_t home_overflowed(const struct home *home)
{
	return home->overflow ? home->overflow->duration.count : 0;
}

/* The overflow edge outlives none of the others of its service. */
static bool home_drop(void *value, void *context)
{
	struct edges *e = context;
	struct home *home = value;

	if (home->edges || (home->overflow && !is_over(e, home->overflow)))
		return false;
	e->overflowed += home_overflowed(home);
	home_free(home);
	return true;
}

static void sweep(struct edges *e, uint64_t now_ns)
{
	size_t count = e->edges.count + e->homes.count;

	e->swept_ns = now_ns;
	table_sweep(&e->edges, edge_drop, e);
	table_sweep(&e->homes, home_drop, e);
	e->drops += e->edges.count + e->homes.count < count;
}

static bool wants_renewal(const struct edge *edge, const struct edge_side sides[ENDS])
{
	for (int end = 0; end < ENDS; end++)
		if (edge->services[end] && !lives(edge->services[end]) && lives(sides[end].service))
			return true;
	return false;
}

static void sides_set(struct edge *edge, const struct edge_side sides[ENDS])
{
	struct resource *before[ENDS] = { edge->services[END_CLIENT], edge->services[END_SERVER] };

	edge->attribute_count = 0;
	for (int end = 0; end < ENDS; end++)
		side_add(edge, end, &sides[end]);
	for (int end = 0; end < ENDS; end++)
		resource_unref(before[end]);
}

static struct edge *edge_make(struct edges *e, const struct edge_side sides[ENDS],
			      enum edge_end seen_by, struct edge_time at)
{
	struct home *home;
	struct edge *edge;

	if (at.now_ns >= e->swept_ns + SWEEP_NS)
		sweep(e, at.now_ns);
	home = home_of(e, sides[seen_by].service, seen_by);
	if ((home->edges + 1) * SERIES_OF_EDGE > e->limit ||
	    !series_room_take(e->series, SERIES_OF_EDGE))
		return overflow_of(home, seen_by, &sides[seen_by], at);
	home->edges++;
	edge = edge_new(home, key_of(e, sides), at);
	sides_set(edge, sides);
	if (table_put(&e->edges, edge->key, edge))
		abort(); /* it was looked for, and the table has no limit */
	return edge;
}

struct edge *edges_find(struct edges *e, const struct edge_side sides[ENDS], enum edge_end seen_by,
			struct edge_time at)
{
	struct edge *edge = table_find(&e->edges, key_of(e, sides));

	if (!edge)
		return edge_make(e, sides, seen_by, at);
	/* With an instance that lives, so that the edge ends with the last of them. */
	if (wants_renewal(edge, sides))
		sides_set(edge, sides);
	return edge;
}

static void give_requests(const struct edge *edge, bool failed, struct metric_sink *sink)
{
	struct attribute attributes[EDGE_ATTRIBUTES];
	size_t count = edge->attribute_count;

	memcpy(attributes, edge->attributes, count * sizeof(attributes[0]));
	attributes[count] = (struct attribute){ .key = STR("failed"),
						.type = ATTRIBUTE_BOOL,
						.number = failed };
	sink->sample(sink, &(const struct sample){
				   .attributes = attributes,
				   .attribute_count = count + 1,
				   .start_unix_ns = edge->start_unix_ns,
				   .value = (double)(failed ? edge->failed
							    : edge->duration.count - edge->failed),
			   });
}

static void give_both(const struct edge *edge, struct metric_sink *sink)
{
	give_requests(edge, false, sink);
	give_requests(edge, true, sink);
}

static void give_duration(const struct edge *edge, struct metric_sink *sink)
{
	sink->sample(sink, &(const struct sample){ .attributes = edge->attributes,
						   .attribute_count = edge->attribute_count,
						   .start_unix_ns = edge->start_unix_ns,
						   .histogram = &edge->duration });
}

static void give(const struct edges *e, const struct metric *metric,
		 void (*give_edge)(const struct edge *, struct metric_sink *),
		 struct metric_sink *sink)
{
	const struct edge *edge;
	const struct home *home;
	size_t at = 0;

	sink->metric(sink, metric);
	while ((edge = table_next(&e->edges, &at)))
		give_edge(edge, sink);
	at = 0;
	while ((home = table_next(&e->homes, &at)))
		if (home->overflow)
			give_edge(home->overflow, sink);
}

void edges_collect(struct edges *e, uint64_t now_ns, struct metric_sink *sink)
{
	sweep(e, now_ns);
	if (!e->homes.count)
		return;
	give(e, &requests, give_both, sink);
	give(e, &duration, give_duration, sink);
}

uint64_t edges_overflowed(const struct edges *e)
{
	uint64_t overflowed = e->overflowed;
	const struct home *home;
	size_t at = 0;

	while ((home = table_next(&e->homes, &at)))
		overflowed += home_overflowed(home);
	return overflowed;
}

void edges_init(struct edges *e, struct series *series, size_t limit_per_service,
		uint64_t ended_series_ns)
{
	*e = (struct edges){
		.series = series,
		.limit = limit_per_service,
		.ended_ns = ended_series_ns,
		.key = buf_new(KEY_BYTES),
	};
	table_init(&e->edges, SIZE_MAX);
	table_init(&e->homes, SIZE_MAX);
}

void edges_free(struct edges *e)
{
	struct edge *edge;
	struct home *home;
	size_t at = 0;

	while ((edge = table_next(&e->edges, &at)))
		edge_free(edge);
	at = 0;
	while ((home = table_next(&e->homes, &at)))
		home_free(home);
	table_free(&e->edges);
	table_free(&e->homes);
	buf_free(&e->key);
}
