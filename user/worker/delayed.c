/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/delayed.h"

#include <assert.h>
#include <math.h>

#include "user/base/buf.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/model/resource.h"
#include "user/model/series_key.h"
#include "user/worker/groups.h"

enum { KEY_BYTES = 4096 };

static_assert(KEY_BYTES >= 2 * SERIES_VALUE_BYTES, "a value of a row, and its key, always fit");

/* Rows of one resource and one value; borrows from the first of them, for one collection. */
struct kind {
	struct grouped of;
	const struct resource *resource;
	struct attribute
		attributes[2]; /* the value, where there is one; the cause comes behind it */
	size_t attribute_count;
	uint64_t start_unix_ns;
	struct delayed delayed;
	struct str key;
	char bytes[];
};

struct delayed_table {
	const struct series *series;
	struct table kinds;
	struct buf key;
	struct collector collector;
};

/* An overflow row stands for all values. */
static const struct attribute *value_of(const struct attribute *attributes, size_t count,
					const struct metric_group *group)
{
	const struct attribute *overflow =
		attribute_find(attributes, count, STR("otel.metric.overflow"));

	return overflow ? overflow : attribute_find(attributes, count, group->delay_key);
}

static void make_key(const struct metric_group *group, const struct resource *resource,
		     const struct attribute *value, struct buf *ret)
{
	buf_clear(ret);
	buf_add(ret, (struct str){ (const char *)&group, sizeof(group) });
	buf_add(ret, (struct str){ (const char *)&resource->id, sizeof(resource->id) });
	if (!value)
		return;
	buf_add(ret, value->key);
	buf_add(ret, attribute_is_text(value) ? value->text : STR(""));
}

static struct kind *kind_new(struct delayed_table *t, const struct metric_group *group,
			     const struct resource *resource, const struct attribute *value)
{
	struct kind *kind = xcalloc(1, sizeof(*kind) + t->key.len);

	kind->of.group = group;
	kind->resource = resource;
	if (value)
		kind->attributes[kind->attribute_count++] = *value;
	memcpy(kind->bytes, t->key.at, t->key.len);
	kind->key = (struct str){ kind->bytes, t->key.len };
	table_put(&t->kinds, kind->key, kind);
	return kind;
}

static void see_row(void *context, const struct resource *resource,
		    const struct attribute *attributes, size_t count,
		    const struct metric_group *group, uint64_t start_unix_ns,
		    const struct delayed *delayed)
{
	struct delayed_table *t = context;
	const struct attribute *value = value_of(attributes, count, group);
	struct kind *kind;

	if (!delayed->count)
		return;
	make_key(group, resource, value, &t->key);
	kind = table_find(&t->kinds, buf_str(&t->key));
	if (!kind)
		kind = kind_new(t, group, resource, value);
	if (!kind->start_unix_ns || start_unix_ns < kind->start_unix_ns)
		kind->start_unix_ns = start_unix_ns;
	for (enum delay i = 0; i < DELAYS; i++)
		kind->delayed.sum.ns[i] += delayed->sum.ns[i];
	kind->delayed.count += delayed->count;
}

static void give_kind(const struct kind *kind, struct metric_sink *sink)
{
	struct attribute attributes[2] = { kind->attributes[0] };
	uint64_t count = kind->delayed.count;

	for (enum delay i = 0; i < DELAYS; i++) {
		const struct histogram h = { .bounds = kind->of.group->delay.bounds,
					     .count = count,
					     .sum = (double)kind->delayed.sum.ns[i] / 1e9,
					     .min = NAN,
					     .max = NAN,
					     .classic = &count };

		attributes[kind->attribute_count] = attribute_text(STR("cause"), delay_names[i]);
		sink->sample(sink, &(struct sample){ .resource = kind->resource,
						     .attributes = attributes,
						     .attribute_count = kind->attribute_count + 1,
						     .start_unix_ns = kind->start_unix_ns,
						     .histogram = &h });
	}
}

static void give_group(const struct delayed_table *t, const struct metric_group *group,
		       struct metric_sink *sink)
{
	const struct kind *kind;
	size_t at = 0;

	sink->metric(sink, &group->delay);
	while ((kind = table_next(&t->kinds, &at)))
		if (kind->of.group == group)
			give_kind(kind, sink);
}

static bool drop(void *value, void *context)
{
	(void)context;
	free(value);
	return true;
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct delayed_table *t = context;
	const struct metric_group **groups;
	size_t count;

	(void)now_ns;
	series_each_delayed(t->series, see_row, t);
	groups = groups_of(&t->kinds, &count);
	for (size_t i = 0; i < count; i++)
		give_group(t, groups[i], sink);
	free(groups);
	table_sweep(&t->kinds, drop, NULL);
}

struct delayed_table *delayed_new(const struct series *series)
{
	struct delayed_table *t = xcalloc(1, sizeof(*t));

	t->series = series;
	t->key = buf_new(KEY_BYTES);
	table_init(&t->kinds, SIZE_MAX); /* as many as there are rows, for a moment */
	t->collector = (struct collector){ .name = "delayed", .context = t, .collect = collect };
	return t;
}

void delayed_free(struct delayed_table *t)
{
	if (!t)
		return;
	table_free(&t->kinds);
	buf_free(&t->key);
	free(t);
}

struct collector *delayed_collector(struct delayed_table *t)
{
	return &t->collector;
}
