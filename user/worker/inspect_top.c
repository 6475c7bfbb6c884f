/* SPDX-License-Identifier: Apache-2.0 */
/* inspect_top.c - what was counted so far, by instance of a service and kind of request. */
#include <stdio.h>

#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/worker/inspect_answer.h"

struct top_row {
	const struct resource *resource;
	const struct metric_group *group;
	struct histogram histogram;
	uint64_t errors, open;
	struct {
		uint32_t resource;
		uint32_t padding;
		const struct metric_group *group;
	} key;
};

struct top {
	struct pipeline *pipeline;
	struct table rows;
};

/* NULL past the limit, which the table counts. */
static struct top_row *row_of(struct top *top, const struct resource *resource,
			      const struct metric_group *group,
			      const struct histogram_bounds *bounds)
{
	struct top_row *row = xcalloc(1, sizeof(*row)), *there;
	struct str key = { (const char *)&row->key, sizeof(row->key) };

	row->key.resource = resource->id;
	row->key.group = group;
	there = table_find(&top->rows, key);
	if (there || table_put(&top->rows, key, row)) {
		free(row);
		return there;
	}
	row->resource = resource;
	row->group = group;
	histogram_init(&row->histogram, bounds);
	return row;
}

static const struct histogram_bounds *duration_bounds(const struct metric_group *group)
{
	for (size_t i = 0; i < GROUP_METRICS && group->metrics[i].name; i++)
		if (group->measures[i] == MEASURE_DURATION)
			return group->metrics[i].bounds;
	return NULL;
}

static void add_series(void *context, const struct resource *resource,
		       const struct attribute *attributes, size_t count,
		       const struct metric_group *group, size_t metric,
		       const struct histogram *histogram)
{
	struct top_row *row;

	if (!group->name || group->measures[metric] != MEASURE_DURATION)
		return;
	row = row_of(context, resource, group, histogram->bounds);
	if (!row)
		return;
	histogram_merge(&row->histogram, histogram);
	if (attribute_find(attributes, count, STR("error.type")))
		row->errors += histogram->count;
}

static void add_open(void *context, const struct exchange *x)
{
	struct top *top = context;
	const struct histogram_bounds *bounds;
	struct top_row *row;
	struct span span;

	pipeline_span(top->pipeline, x, &span);
	if (!span.metrics || !span.resource || span.hide_from_metrics)
		return;
	bounds = duration_bounds(span.metrics);
	row = bounds ? row_of(top, span.resource, span.metrics, bounds) : NULL;
	if (row)
		row->open++;
}

static json_t *row_json(const struct top_row *row)
{
	const struct resource *r = row->resource;
	const struct histogram *h = &row->histogram;
	json_t *buckets = json_array();

	for (size_t i = 0; i < h->used; i++)
		json_array_append_new(buckets, json_integer((json_int_t)h->buckets[i]));
	return json_pack("{sIsosososssIsIsIsIsisiso}", "id", (json_int_t)r->id, "service",
			 text_json(r->service_name), "namespace", text_json(r->service_namespace),
			 "instance", text_json(r->service_instance), "kind", row->group->name,
			 "requests", (json_int_t)h->count, "errors", (json_int_t)row->errors,
			 "open", (json_int_t)row->open, "zero", (json_int_t)h->zero_count, "scale",
			 h->scale, "first", h->first, "buckets", buckets);
}

static bool drop_row(void *value, void *context)
{
	struct top_row *row = value;

	(void)context;
	histogram_free(&row->histogram);
	free(row);
	return true;
}

json_t *top_answer(struct pipeline *p, uint64_t now_ns)
{
	struct top top = { .pipeline = p };
	json_t *rows = json_array();
	const struct top_row *row;
	size_t at = 0, left_out;

	table_init(&top.rows, TOP_ROWS);
	series_each(p->series, add_series, &top);
	exchanges_each_open(p->exchanges, add_open, &top);
	while ((row = table_next(&top.rows, &at)))
		json_array_append_new(rows, row_json(row));
	left_out = top.rows.refused;
	table_sweep(&top.rows, drop_row, NULL);
	table_free(&top.rows);
	return json_pack("{sIsosI}", "at_ns", (json_int_t)now_ns, "rows", rows, "left_out",
			 (json_int_t)left_out);
}
