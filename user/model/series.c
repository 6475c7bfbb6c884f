/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.c - rows of histograms, found by resource and values.
 *
 *	span -> front: a guess at the row, compared in full (series_match.h)
 *	     -> rows: a seeded table of all rows (series_key.h)
 *	     -> a new row, while its service has room
 *	     -> its resource's overflow row
 */
#include "user/model/series.h"

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/model/resource.h"
#include "user/model/series_key.h"
#include "user/model/series_match.h"

enum { FRONT_BITS = 8, MOST_BOUNDS = 64 };

#define FRONT_MIX UINT64_C(0x9e3779b97f4a7c15)
#define SWEEP_NS  NS_PER_S /* new rows look for ended ones this often */

/* Exemplars are kept only for the classic buckets that have one. */
struct kept_exemplar {
	size_t classic;
	struct exemplar exemplar;
};

/* How many rows a service has in a group, all its instances together. */
struct service {
	size_t rows;
	struct str key;
	char bytes[];
};

struct row {
	struct row *next;
	const struct group *group;
	struct resource *resource;
	struct service *service; /* NULL: an overflow row, which is not counted */
	struct str key;
	uint64_t start_unix_ns;
	struct kept_exemplar *exemplars;
	uint8_t exemplar_count;
	uint32_t held;
	size_t attribute_count;
	struct attribute *attributes;
	struct wants *wants;
	struct delayed delayed;
	struct histogram histograms[MEASURES]; /* by measure; bounds NULL: the group has none */
};

/* What is known of one metric_group. */
struct group {
	const struct metric_group *of;
	struct group *next;
	size_t metrics, keys;
	struct row *first, **last;
	struct telling telling;
	struct row *front[1 << FRONT_BITS][2];
};

struct series {
	size_t limit, limit_total;
	size_t rows_counted; /* without overflow rows, and with what others took room for */
	uint64_t ended_ns, swept_ns, overflowed;
	uint64_t drops; /* sweeps that dropped rows */
	struct group *groups, **last_group, *recent;
	struct row *dropped; /* and held: nobody is told of them */
	struct table rows, services;
	struct collector collector;
};

static struct group *group_new(struct series *s, const struct metric_group *of)
{
	struct group *g = xcalloc(1, sizeof(*g));

	g->of = of;
	g->last = &g->first;
	while (g->keys < GROUP_ATTRIBUTES && of->keys[g->keys].len)
		g->keys++;
	while (g->metrics < GROUP_METRICS && of->metrics[g->metrics].name)
		g->metrics++;
	*s->last_group = g;
	s->last_group = &g->next;
	return g;
}

static struct group *group_of(struct series *s, const struct metric_group *of)
{
	if (s->recent && s->recent->of == of)
		return s->recent;
	for (struct group *g = s->groups; g; g = g->next)
		if (g->of == of)
			return s->recent = g;
	return s->recent = group_new(s, of);
}

/* The two places in the front where the row of `span` may be. */
static inline struct row **front_of(struct group *g, const struct span *span)
{
	uint64_t guess = (telling_guess(&g->telling, span) + span->resource->id) * FRONT_MIX;

	return g->front[guess >> (64 - FRONT_BITS)];
}

/* The service's count of rows in this group, or NULL. */
static struct service *service_of(struct series *s, const struct group *g,
				  const struct resource *resource)
{
	struct str name = resource->service_name, namespace = resource->service_namespace;
	size_t len = sizeof(g) + sizeof(namespace.len) + namespace.len + name.len;
	struct service *service = xcalloc(1, sizeof(*service) + len), *known;
	char *to = service->bytes;

	service->key = (struct str){ service->bytes, len };
	to = mempcpy(to, &g, sizeof(g));
	to = mempcpy(to, &namespace.len, sizeof(namespace.len));
	if (namespace.len)
		to = mempcpy(to, namespace.at, namespace.len);
	if (name.len)
		memcpy(to, name.at, name.len);
	known = table_find(&s->services, service->key);
	if (!known && !table_put(&s->services, service->key, service))
		return service;
	free(service);
	return known;
}

static void service_unref(struct series *s, struct service *service)
{
	if (!service)
		return;
	s->rows_counted--;
	if (--service->rows)
		return;
	table_remove(&s->services, service->key);
	free(service);
}

/* A row without attributes, with room for those of `values` (NULL: for one). */
static struct row *row_new(struct group *g, const struct span *span,
			   const struct series_values *values, struct str key)
{
	size_t count = values ? values->count : 1;
	struct row *row;
	char *tail;

	row = xcalloc(1, sizeof(*row) + count * sizeof(*row->attributes) + sizeof(*row->wants) +
				 (count + 1) * sizeof(row->wants->at[0]) + key.len);
	row->group = g;
	row->resource = resource_ref(span->resource);
	row->start_unix_ns = span->start_unix_ns;
	row->attributes = (struct attribute *)(row + 1);
	row->wants = (struct wants *)(row->attributes + count);
	tail = (char *)&row->wants->at[count + 1];
	memcpy(tail, key.at, key.len);
	row->key = (struct str){ tail, key.len };
	for (size_t i = 0; i < g->metrics; i++)
		histogram_init(&row->histograms[g->of->measures[i]], g->of->metrics[i].bounds);
	return row;
}

static void row_free(struct series *s, struct row *row)
{
	service_unref(s, row->service);
	resource_unref(row->resource);
	for (int measure = 0; measure < MEASURES; measure++)
		histogram_free(&row->histograms[measure]);
	free(row->exemplars);
	free(row);
}

static void row_enter(struct series *s, struct group *g, struct row *row)
{
	if (table_put(&s->rows, row->key, row) < 0)
		abort(); /* 2^31 rows: there is no such memory */
	*g->last = row;
	g->last = &row->next;
}

static struct row *overflow_row(struct series *s, struct group *g, const struct span *span)
{
	char bytes[SERIES_KEY_BYTES];
	struct str key = { bytes, series_overflow_key_write(g->of, span->resource, bytes) };
	struct row *row = table_find(&s->rows, key);

	s->overflowed++;
	if (row)
		return row;
	row = row_new(g, span, NULL, key);
	row->attributes[0] = (struct attribute){
		.key = STR("otel.metric.overflow"),
		.type = ATTRIBUTE_BOOL,
		.number = true,
	};
	row->attribute_count = 1;
	row_enter(s, g, row);
	return row;
}

static void free_dropped(struct series *s)
{
	struct row **at = &s->dropped;

	while (*at) {
		struct row *row = *at;

		if (row->held) {
			at = &row->next;
			continue;
		}
		*at = row->next;
		row_free(s, row);
	}
}

/* It was taken out of its group. */
static void row_drop(struct series *s, struct row *row)
{
	table_remove(&s->rows, row->key);
	service_unref(s, row->service);
	row->service = NULL;
	row->next = s->dropped;
	s->dropped = row;
}

/* Drop the rows of resources that ended long enough ago, or that another one replaced. */
static void sweep(struct series *s, uint64_t now_ns)
{
	bool dropped = false;

	s->swept_ns = now_ns;
	for (struct group *g = s->groups; g; g = g->next) {
		struct row **at = &g->first;

		while (*at) {
			struct row *row = *at;

			if (!resource_is_over(row->resource, now_ns, s->ended_ns)) {
				at = &row->next;
				continue;
			}
			*at = row->next;
			row_drop(s, row);
			dropped = true;
		}
		g->last = at;
		if (dropped)
			memset(g->front, 0, sizeof(g->front));
	}
	s->drops += dropped;
	free_dropped(s);
}

/* The row of values that the front does not have; it may be new, or the overflow row. */
static struct row *row_find(struct series *s, struct group *g, const struct span *span,
			    const struct series_values *values, uint64_t now_ns)
{
	char bytes[SERIES_KEY_BYTES];
	struct str key = { bytes, series_key_write(values, g->of, span->resource, bytes) };
	struct service *service;
	struct row *row;

	if (!key.len)
		return overflow_row(s, g, span);
	row = table_find(&s->rows, key);
	if (row)
		return row;
	if (now_ns >= s->swept_ns + SWEEP_NS)
		sweep(s, now_ns);
	if (s->rows_counted >= s->limit_total)
		return overflow_row(s, g, span);
	service = service_of(s, g, span->resource);
	if (!service || service->rows >= s->limit)
		return overflow_row(s, g, span);
	row = row_new(g, span, values, key);
	row->service = service;
	service->rows++;
	s->rows_counted++;
	row->attribute_count = series_key_attributes(values, g->of, row->key.at, row->attributes);
	row_enter(s, g, row);
	return row;
}

/* The long way, when a guess missed `want`; what is found is guessed next time. */
static __attribute__((noinline)) struct row *row_by_table(struct series *s, struct group *g,
							  const struct span *span, uint64_t now_ns,
							  const struct want *missed)
{
	size_t which = missed ? missed->which : 0;
	struct series_values values;
	struct row *row, **front;

	series_values_find(g->of, span, &values);
	row = row_find(s, g, span, &values, now_ns);
	if (!row->service)
		return row;
	wants_set(row->wants, g->of, &values, span, row->attributes);
	if (missed)
		telling_learn(&g->telling, which, g->of, &values, span);
	front = front_of(g, span);
	front[1] = front[0];
	front[0] = row;
	return row;
}

static inline bool row_is(const struct row *row, const struct group *g, const struct span *span,
			  const struct want **missed)
{
	if (!row || row->resource != span->resource)
		return false;
	*missed = wants_check(row->wants, g->of, span);
	return !*missed;
}

static inline struct row *row_of(struct series *s, struct group *g, const struct span *span,
				 uint64_t now_ns)
{
	struct row **front = front_of(g, span);
	const struct want *missed = NULL;

	if (row_is(front[0], g, span, &missed))
		return front[0];
	if (row_is(front[1], g, span, &missed))
		return front[1];
	return row_by_table(s, g, span, now_ns, missed);
}

void series_exemplar(struct row *row, size_t classic, const struct span *span)
{
	struct kept_exemplar *kept;
	size_t i = 0;

	if (!span->sampled || span->hide_from_traces || span->counted_only ||
	    !row->histograms[MEASURE_DURATION].bounds)
		return;
	while (i < row->exemplar_count && row->exemplars[i].classic != classic)
		i++;
	if (i == row->exemplar_count) {
		row->exemplars = xrealloc(row->exemplars, (i + 1) * sizeof(*kept));
		row->exemplars[i].classic = classic;
		row->exemplar_count++;
	}
	kept = &row->exemplars[i];
	kept->exemplar.value = (double)span->measures.duration_ns / 1e9;
	kept->exemplar.unix_ns = span->end_unix_ns;
	memcpy(kept->exemplar.trace_id, span->context.trace_id, TRACE_ID_BYTES);
	memcpy(kept->exemplar.span_id, span->context.span_id, SPAN_ID_BYTES);
}

size_t series_count(struct row *row, const struct measures *m)
{
	struct histogram *h = row->histograms;

	if (h[MEASURE_FIRST_BYTE].bounds && m->first_byte_ns)
		histogram_observe_ns(&h[MEASURE_FIRST_BYTE], m->first_byte_ns);
	if (h[MEASURE_ASKING_BODY].bounds && m->asking_body_bytes >= 0)
		histogram_observe_int(&h[MEASURE_ASKING_BODY], m->asking_body_bytes);
	if (h[MEASURE_ANSWERING_BODY].bounds && m->answering_body_bytes >= 0)
		histogram_observe_int(&h[MEASURE_ANSWERING_BODY], m->answering_body_bytes);
	if (!h[MEASURE_DURATION].bounds)
		return 0;
	return histogram_observe_ns(&h[MEASURE_DURATION], m->duration_ns);
}

void series_delay(struct row *row, const struct delays *delays)
{
	for (enum delay i = 0; i < DELAYS; i++)
		row->delayed.sum.ns[i] += delays->ns[i];
	row->delayed.count++;
}

struct row *series_row(struct series *s, const struct span *span, uint64_t now_ns)
{
	if (!span->metrics || span->hide_from_metrics)
		return NULL;
	return row_of(s, group_of(s, span->metrics), span, now_ns);
}

void series_hold(struct row *row)
{
	row->held++;
}

void series_release(struct row *row)
{
	row->held--;
}

bool series_row_is_overflow(const struct row *row)
{
	return !row->service;
}

uint64_t series_drops(const struct series *s)
{
	return s->drops;
}

void series_observe(struct series *s, const struct span *span, uint64_t now_ns)
{
	struct row *row = series_row(s, span, now_ns);

	if (row)
		series_exemplar(row, series_count(row, &span->measures), span);
}

static void give(struct metric_sink *sink, const struct row *row, size_t which)
{
	struct exemplar exemplars[MOST_BOUNDS + 1];
	enum measure measure = row->group->of->measures[which];
	const struct histogram *h = &row->histograms[measure];
	struct sample sample = {
		.resource = row->resource,
		.attributes = row->attributes,
		.attribute_count = row->attribute_count,
		.start_unix_ns = row->start_unix_ns,
		.histogram = h,
	};

	if (measure == MEASURE_DURATION && row->exemplar_count) {
		memset(exemplars, 0, (h->bounds->count + 1) * sizeof(exemplars[0]));
		for (size_t i = 0; i < row->exemplar_count; i++)
			exemplars[row->exemplars[i].classic] = row->exemplars[i].exemplar;
		sample.exemplars = exemplars;
	}
	sink->sample(sink, &sample);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct series *s = context;

	sweep(s, now_ns);
	for (const struct group *g = s->groups; g; g = g->next)
		for (size_t which = 0; which < g->metrics; which++) {
			bool named = false;

			for (const struct row *row = g->first; row; row = row->next) {
				if (!row->histograms[g->of->measures[which]].count)
					continue;
				if (!named)
					sink->metric(sink, &g->of->metrics[which]);
				named = true;
				give(sink, row, which);
			}
		}
}

struct series *series_new(size_t limit_per_service, size_t limit_total, uint64_t ended_series_ns)
{
	struct series *s = xcalloc(1, sizeof(*s));

	s->limit = limit_per_service ? limit_per_service : 1;
	s->limit_total = limit_total ? limit_total : 1;
	s->ended_ns = ended_series_ns;
	s->last_group = &s->groups;
	table_init(&s->rows, SIZE_MAX);
	table_init(&s->services, SIZE_MAX);
	s->collector = (struct collector){ .name = "series", .context = s, .collect = collect };
	return s;
}

void series_free(struct series *s)
{
	if (!s)
		return;
	while (s->groups) {
		struct group *g = s->groups;

		while (g->first) {
			struct row *row = g->first;

			g->first = row->next;
			row_free(s, row);
		}
		s->groups = g->next;
		free(g);
	}
	while (s->dropped) {
		struct row *row = s->dropped;

		s->dropped = row->next;
		row_free(s, row);
	}
	table_free(&s->rows);
	table_free(&s->services);
	free(s);
}

struct collector *series_collector(struct series *s)
{
	return &s->collector;
}

uint64_t series_overflowed(const struct series *s)
{
	return s->overflowed;
}

bool series_room_take(struct series *s, size_t count)
{
	if (s->rows_counted + count > s->limit_total)
		return false;
	s->rows_counted += count;
	return true;
}

void series_room_give(struct series *s, size_t count)
{
	s->rows_counted -= count;
}

void series_each(const struct series *s, series_visit *visit, void *context)
{
	for (const struct group *g = s->groups; g; g = g->next)
		for (const struct row *row = g->first; row; row = row->next)
			for (size_t i = 0; i < g->metrics; i++)
				visit(context, row->resource, row->attributes, row->attribute_count,
				      g->of, i, &row->histograms[g->of->measures[i]]);
}

void series_each_delayed(const struct series *s, series_visit_delays *visit, void *context)
{
	for (const struct group *g = s->groups; g; g = g->next)
		for (const struct row *row = g->first; row && g->of->delay.name; row = row->next)
			visit(context, row->resource, row->attributes, row->attribute_count, g->of,
			      row->start_unix_ns, &row->delayed);
}
