/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/active.h"

#include "user/base/buf.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/worker/groups.h"
#include "user/worker/pipeline.h"

enum { KINDS = 4096, KEY_BYTES = 2048 };

/* One service and one set of values; its key is made of both. */
struct kind {
	struct grouped of;
	struct resource *resource; /* a reference */
	struct buf key;
	struct attribute attributes[GROUP_ATTRIBUTES]; /* texts point into `key` */
	size_t attribute_count;
	uint64_t open;
	uint64_t oldest_ns; /* since when the oldest is open; 0: none is */
	bool overflow;	    /* of its service and group, what found no room */
};

struct active {
	struct pipeline *pipeline;
	struct table kinds; /* by key: KINDS, and one overflow kind a resource and group */
	size_t ordinary;    /* those that are no overflow kinds */
	uint64_t overflowed;
	struct buf key; /* of the exchange that is looked at */
	struct collector collector;
};

static void kind_free(struct kind *kind)
{
	resource_unref(kind->resource);
	buf_free(&kind->key);
	free(kind);
}

/* What is counted together: from a span, or from a row that was observed before. */
struct subject {
	const struct metric_group *group;
	const struct resource *resource;
	const struct attribute *attributes;
	size_t count;
};

/* Values one after the other with their lengths, so that no two sets have the same bytes. */
static bool make_key(const struct subject *s, struct buf *ret)
{
	buf_clear(ret);
	buf_add(ret, (struct str){ (const char *)&s->group, sizeof(s->group) });
	buf_add(ret, (struct str){ (const char *)&s->resource->id, sizeof(s->resource->id) });
	for (size_t i = 0; i < s->group->active_keys; i++) {
		const struct attribute *a =
			attribute_find(s->attributes, s->count, s->group->keys[i]);
		uint32_t len = a ? (uint32_t)a->text.len : UINT32_MAX;

		if (a && a->type != ATTRIBUTE_TEXT) {
			buf_add(ret, (struct str){ (const char *)&a->number, sizeof(a->number) });
			continue;
		}
		buf_add(ret, (struct str){ (const char *)&len, sizeof(len) });
		if (a)
			buf_add(ret, a->text);
	}
	return !ret->full;
}

static void make_overflow_key(const struct subject *s, struct buf *ret)
{
	buf_clear(ret);
	buf_add(ret, (struct str){ (const char *)&s->group, sizeof(s->group) });
	buf_add(ret, (struct str){ (const char *)&s->resource->id, sizeof(s->resource->id) });
	buf_add(ret, STR("overflow")); /* no value is written like this: its length comes first */
}

static struct kind *kind_begin(struct active *active, const struct subject *s)
{
	struct kind *kind = xcalloc(1, sizeof(*kind));

	kind->of.group = s->group;
	kind->resource = resource_ref(s->resource);
	kind->key = buf_new(KEY_BYTES * 2);
	buf_reserve(&kind->key, KEY_BYTES * 2); /* texts point into it */
	buf_add(&kind->key, buf_str(&active->key));
	return kind;
}

static struct kind *kind_enter(struct active *active, struct kind *kind)
{
	if (table_put(&active->kinds, (struct str){ kind->key.at, active->key.len }, kind))
		abort(); /* it was looked for, and the table has no limit */
	active->ordinary += !kind->overflow;
	return kind;
}

static struct kind *kind_new(struct active *active, const struct subject *s)
{
	struct kind *kind = kind_begin(active, s);

	for (size_t i = 0; i < kind->of.group->active_keys; i++) {
		const struct attribute *a =
			attribute_find(s->attributes, s->count, kind->of.group->keys[i]);
		struct attribute *own = &kind->attributes[kind->attribute_count];

		if (!a)
			continue;
		*own = *a;
		if (a->type == ATTRIBUTE_TEXT) {
			own->text.at = kind->key.at + kind->key.len;
			buf_add(&kind->key, a->text);
		}
		kind->attribute_count++;
	}
	return kind_enter(active, kind);
}

/* The kind, which is made when it is new; NULL past the limit. */
static struct kind *kind_of(struct active *active, const struct subject *s)
{
	struct kind *kind;

	if (!make_key(s, &active->key))
		return NULL;
	kind = table_find(&active->kinds, buf_str(&active->key));
	return kind || active->ordinary >= KINDS ? kind : kind_new(active, s);
}

static struct kind *overflow_kind(struct active *active, const struct subject *s)
{
	struct kind *kind;

	active->overflowed++;
	make_overflow_key(s, &active->key);
	kind = table_find(&active->kinds, buf_str(&active->key));
	if (kind)
		return kind;
	kind = kind_begin(active, s);
	kind->overflow = true;
	kind->attribute_count = 1;
	kind->attributes[0] = (struct attribute){ .key = STR("otel.metric.overflow"),
						  .type = ATTRIBUTE_BOOL,
						  .number = true };
	return kind_enter(active, kind);
}

static bool is_counted(const struct subject *s)
{
	return s->group->active.name && !s->resource->ended_ns;
}

static void see_open(void *context, const struct exchange *x)
{
	struct active *active = context;
	struct subject subject;
	struct kind *kind;
	struct span span;

	pipeline_span(active->pipeline, x, &span);
	if (!span.metrics || span.hide_from_metrics)
		return;
	subject = (struct subject){ span.metrics, span.resource, span.attributes,
				    span.attribute_count };
	if (!is_counted(&subject))
		return;
	kind = kind_of(active, &subject);
	if (!kind)
		kind = overflow_kind(active, &subject);
	kind->open++;
	if (!kind->oldest_ns || x->started_ns < kind->oldest_ns)
		kind->oldest_ns = x->started_ns;
}

/* What was observed once is given as 0 when none is open. */
static void see_row(void *context, const struct resource *resource,
		    const struct attribute *attributes, size_t count,
		    const struct metric_group *group, size_t metric,
		    const struct histogram *histogram)
{
	struct subject subject = { group, resource, attributes, count };

	(void)histogram;
	if (!metric && is_counted(&subject) &&
	    !attribute_find(attributes, count, STR("otel.metric.overflow")))
		kind_of(context, &subject);
}

static bool is_over(void *value, void *context)
{
	struct active *active = context;
	struct kind *kind = value;

	kind->open = kind->oldest_ns = 0;
	if (!kind->resource->ended_ns)
		return false;
	active->ordinary -= !kind->overflow;
	kind_free(kind);
	return true;
}

static double open_count(const struct kind *kind, uint64_t now_ns)
{
	(void)now_ns;
	return (double)kind->open;
}

static double oldest_seconds(const struct kind *kind, uint64_t now_ns)
{
	if (!kind->oldest_ns || kind->oldest_ns > now_ns)
		return 0;
	return (double)(now_ns - kind->oldest_ns) / 1e9;
}

static void give(const struct active *active, const struct metric_group *group,
		 const struct metric *metric, double (*value)(const struct kind *, uint64_t),
		 uint64_t now_ns, struct metric_sink *sink)
{
	const struct kind *kind;
	size_t at = 0;

	if (!metric->name)
		return;
	sink->metric(sink, metric);
	while ((kind = table_next(&active->kinds, &at))) {
		const struct sample sample = { .resource = kind->resource,
					       .attributes = kind->attributes,
					       .attribute_count = kind->attribute_count,
					       .value = value(kind, now_ns) };

		if (kind->of.group == group)
			sink->sample(sink, &sample);
	}
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct active *active = context;
	const struct metric_group **groups;
	size_t count;

	table_sweep(&active->kinds, is_over, active);
	series_each(active->pipeline->series, see_row, active);
	exchanges_each_open(active->pipeline->exchanges, see_open, active);
	groups = groups_of(&active->kinds, &count);
	for (size_t i = 0; i < count; i++) {
		give(active, groups[i], &groups[i]->active, open_count, now_ns, sink);
		give(active, groups[i], &groups[i]->oldest, oldest_seconds, now_ns, sink);
	}
	free(groups);
}

struct active *active_new(struct pipeline *pipeline)
{
	struct active *active = xcalloc(1, sizeof(*active));

	active->pipeline = pipeline;
	active->key = buf_new(KEY_BYTES);
	table_init(&active->kinds, SIZE_MAX);
	active->collector =
		(struct collector){ .name = "active", .context = active, .collect = collect };
	collectors_add(&pipeline->collectors, &active->collector);
	return active;
}

void active_free(struct active *active)
{
	struct kind *kind;
	size_t at = 0;

	while ((kind = table_next(&active->kinds, &at)))
		kind_free(kind);
	table_free(&active->kinds);
	buf_free(&active->key);
	free(active);
}

uint64_t active_overflowed(const struct active *active)
{
	return active->overflowed;
}
