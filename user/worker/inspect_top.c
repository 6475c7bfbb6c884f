/* SPDX-License-Identifier: Apache-2.0 */
/* inspect_top.c - what was counted so far, by instance of a service: by kind of request, and pauses. */
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
	struct table rows, pauses;
};

/* NULL past the limit, which the table counts. */
static struct top_row *row_of(struct table *rows, const struct resource *resource,
			      const struct metric_group *group,
			      const struct histogram_bounds *bounds)
{
	struct top_row *row = xcalloc(1, sizeof(*row)), *there;
	struct str key = { (const char *)&row->key, sizeof(row->key) };

	row->key.resource = resource->id;
	row->key.group = group;
	there = table_find(rows, key);
	if (there || table_put(rows, key, row)) {
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
	struct top *top = context;
	struct top_row *row;

	if ((!group->name && group != &pauses_group) || group->measures[metric] != MEASURE_DURATION)
		return;
	row = row_of(group->name ? &top->rows : &top->pauses, resource, group, histogram->bounds);
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
	row = bounds ? row_of(&top->rows, span.resource, span.metrics, bounds) : NULL;
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
			 "instance", text_json(r->service_instance), "kind",
			 row->group->name ? row->group->name : "pause", "requests",
			 (json_int_t)h->count, "errors", (json_int_t)row->errors, "open",
			 (json_int_t)row->open, "zero", (json_int_t)h->zero_count, "scale",
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

/* The rows, which are freed. */
static json_t *rows_json(struct table *rows)
{
	json_t *list = json_array();
	const struct top_row *row;
	size_t at = 0;

	while ((row = table_next(rows, &at)))
		json_array_append_new(list, row_json(row));
	table_sweep(rows, drop_row, NULL);
	table_free(rows);
	return list;
}

json_t *top_answer(struct pipeline *p, uint64_t now_ns)
{
	struct top top = { .pipeline = p };
	json_t *rows, *pauses;
	size_t left_out;

	table_init(&top.rows, TOP_ROWS);
	table_init(&top.pauses, TOP_ROWS);
	series_each(p->series, add_series, &top);
	exchanges_each_open(p->exchanges, add_open, &top);
	left_out = top.rows.refused;
	rows = rows_json(&top.rows);
	pauses = rows_json(&top.pauses);
	return json_pack("{sIsososI}", "at_ns", (json_int_t)now_ns, "rows", rows, "pauses", pauses,
			 "left_out", (json_int_t)left_out);
}
