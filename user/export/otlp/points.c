/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/points.h"

#include <math.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/otlp/delta.h"
#include "user/export/otlp/encode.h"
#include "user/model/resource.h"

enum { AGGREGATION_DELTA = 1, AGGREGATION_CUMULATIVE = 2 };
enum {
	METRIC_GAUGE_FIELD = 5,
	METRIC_SUM_FIELD = 7,
	METRIC_HISTOGRAM_FIELD = 9,
	METRIC_EXPONENTIAL_FIELD = 10
};

/* All of a point but its attributes, buckets and exemplars: at most 14 fields. */
enum {
	POINT_BOUND = 14 * FIELD_BOUND,
	EXEMPLAR_BOUND = 6 * FIELD_BOUND + TRACE_ID_BYTES + SPAN_ID_BYTES
};

/* Name, description and unit: sonde's own words, far shorter. */
enum { METRIC_TEXT_BYTES = 16 << 10 };

/* One number to write, whichever way it is counted. */
struct number {
	double value;
	uint64_t start_unix_ns;
};

static char *put_times(char *to, uint64_t start_unix_ns, uint64_t now_unix_ns)
{
	if (start_unix_ns)
		to = put_fixed64(to, 2, start_unix_ns);
	return put_fixed64(to, 3, now_unix_ns);
}

/* The unit decides between integer and double, so that a series never changes its type. */
static char *put_number_point(char *to, const struct points *p, const struct sample *sample,
			      struct number number)
{
	char *point = put_begin(to, 1);

	to = put_times(point, number.start_unix_ns, p->now_unix_ns);
	if (p->is_whole && fabs(number.value) < 0x1p63)
		to = put_fixed64(to, 6, (uint64_t)(int64_t)number.value);
	else
		to = put_double(to, 4, number.value);
	return put_end(point, put_attributes(to, 7, sample->attributes, sample->attribute_count));
}

static char *put_exemplars(char *to, unsigned field, const struct sample *sample)
{
	size_t count = sample->exemplars ? sample->histogram->bounds->count + 1 : 0;

	for (size_t i = 0; i < count; i++) {
		const struct exemplar *e = &sample->exemplars[i];
		char *content;

		if (!e->unix_ns)
			continue;
		content = put_begin(to, field);
		to = put_fixed64(content, 2, e->unix_ns);
		to = put_double(to, 3, e->value);
		to = put_bytes(to, 4, e->span_id, SPAN_ID_BYTES);
		to = put_end(content, put_bytes(to, 5, e->trace_id, TRACE_ID_BYTES));
	}
	return to;
}

/* Smallest and largest are known since the start only: field 0 leaves them out of a difference. */
static char *put_extremes(char *to, unsigned min_field, const struct histogram *h)
{
	if (!h->count || !min_field || isnan(h->min))
		return to;
	return put_double(put_double(to, min_field, h->min), min_field + 1, h->max);
}

static char *put_explicit(char *to, const struct points *p, const struct sample *sample,
			  const struct histogram *h, uint64_t start_unix_ns)
{
	const struct histogram_bounds *bounds = h->bounds;
	char *point = put_begin(to, 1);

	to = put_times(point, start_unix_ns, p->now_unix_ns);
	to = put_fixed64(to, 4, h->count);
	to = put_double(to, 5, h->sum);
	to = put_bytes(to, 6, h->classic, (bounds->count + 1) * sizeof(*h->classic));
	to = put_bytes(to, 7, bounds->at, bounds->count * sizeof(*bounds->at));
	to = put_exemplars(to, 8, sample);
	to = put_attributes(to, 9, sample->attributes, sample->attribute_count);
	return put_end(point, put_extremes(to, p->delta ? 0 : 11, h));
}

static char *put_exponential(char *to, const struct points *p, const struct sample *sample,
			     const struct histogram *h, uint64_t start_unix_ns)
{
	char *point = put_begin(to, 1), *buckets, *counts;

	to = put_attributes(point, 1, sample->attributes, sample->attribute_count);
	to = put_times(to, start_unix_ns, p->now_unix_ns);
	to = put_fixed64(to, 4, h->count);
	to = put_double(to, 5, h->sum);
	to = put_signed(to, 6, h->scale);
	to = put_fixed64(to, 7, h->zero_count);
	buckets = put_begin(to, 8);
	counts = put_begin(put_signed(buckets, 1, h->first), 2);
	to = counts;
	for (size_t i = 0; i < h->used; i++)
		to = put_varint(to, h->buckets[i]);
	to = put_end(buckets, put_end(counts, to));
	to = put_exemplars(to, 11, sample);
	to = put_extremes(to, p->delta ? 0 : 12, h);
	return put_end(point, h->zero_threshold > 0 ? put_double(to, 14, h->zero_threshold) : to);
}

static bool is_delta(const struct points *p)
{
	if (!p->delta)
		return false;
	return p->kind == METRIC_HISTOGRAM || (p->kind == METRIC_COUNTER && p->delta_counters);
}

/* Of what has a sum and a count alone there are no exponential buckets. */
static bool is_exponential(const struct points *p)
{
	return p->exponential && p->has_buckets;
}

static unsigned data_field(const struct points *p)
{
	if (p->kind == METRIC_GAUGE)
		return METRIC_GAUGE_FIELD;
	if (p->kind != METRIC_HISTOGRAM)
		return METRIC_SUM_FIELD;
	return is_exponential(p) ? METRIC_EXPONENTIAL_FIELD : METRIC_HISTOGRAM_FIELD;
}

/* Finish the metric of one resource: its points are wrapped in their kind and their metric. */
static void close_metric(struct points *p, struct points_resource *r)
{
	char *at = buf_reserve(&r->metrics, r->points.len + p->header.len + 8 * FIELD_BOUND);
	char *content, *data, *to;

	if (!at) {
		p->dropped += r->count;
		p->count -= r->count;
		return;
	}
	content = put_begin(at, 2);
	memcpy(content, p->header.at, p->header.len);
	data = put_begin(content + p->header.len, data_field(p));
	memcpy(data, r->points.at, r->points.len);
	to = data + r->points.len;
	if (p->kind != METRIC_GAUGE)
		to = put_number(to, 2, is_delta(p) ? AGGREGATION_DELTA : AGGREGATION_CUMULATIVE);
	if (p->kind == METRIC_COUNTER)
		to = put_number(to, 3, true);
	r->total += r->count;
	r->metrics.len += (size_t)(put_end(content, put_end(data, to)) - at);
}

static void close_metrics(struct points *p)
{
	struct points_resource *r = p->last;

	if (!r)
		return;
	do {
		if (r->points.len)
			close_metric(p, r);
		buf_clear(&r->points);
		r->count = 0;
		r = r->next;
	} while (r != p->last);
}

static void on_metric(struct metric_sink *sink, const struct metric *metric)
{
	struct points *p = (struct points *)sink;

	struct str name = str_of(metric->name), help = str_of(metric->help),
		   unit = str_of(metric->unit);
	size_t bound = UTF8_GROWTH * (name.len + help.len + unit.len) + 3 * FIELD_BOUND;
	char *to;

	close_metrics(p);
	p->kind = metric->kind;
	p->has_buckets = metric->bounds && metric->bounds->count;
	p->is_whole = str_starts(unit, STR("{")) || str_eq(unit, STR("By"));
	buf_clear(&p->header);
	to = buf_reserve(&p->header, bound);
	if (to)
		p->header.len =
			(size_t)(put_text(put_text(put_text(to, 1, name), 2, help), 3, unit) - to);
}

/* The search begins after the last one: collectors name resources in the same order each time. */
static struct points_resource *resource_of(struct points *p, const struct resource *resource)
{
	struct points_resource *r = p->last;

	if (r && r->resource == resource)
		return r;
	for (r = r ? r->next : NULL; r && r != p->last; r = r->next)
		if (r->resource == resource)
			return p->last = r;
	r = xcalloc(1, sizeof(*r));
	r->resource = resource ? resource_ref(resource) : NULL;
	r->metrics = buf_new(LIMIT_OTLP_REQUEST_BYTES);
	r->points = buf_new(LIMIT_OTLP_REQUEST_BYTES);
	r->next = p->last ? p->last->next : r;
	if (p->last)
		p->last->next = r;
	return p->last = r;
}

static size_t sample_bound(const struct points *p, const struct sample *sample)
{
	size_t bound = POINT_BOUND + attributes_bound(sample->attributes, sample->attribute_count);
	size_t classic, buckets;

	if (p->kind != METRIC_HISTOGRAM)
		return bound;
	classic = sample->histogram->bounds->count + 1;
	buckets = sample->histogram->used > HISTOGRAM_BUCKETS ? sample->histogram->used
							      : HISTOGRAM_BUCKETS;
	return bound + classic * (2 * sizeof(double) + EXEMPLAR_BOUND) + 10 * buckets;
}

static uint64_t start_of(const struct points *p, const struct sample *sample)
{
	if (sample->start_unix_ns || sample->resource)
		return sample->start_unix_ns;
	return p->started_unix_ns;
}

/* Write the sample, or what it grew by; NULL if that is nothing or cannot be kept. */
static char *put_sample(struct points *p, char *to, const struct sample *sample)
{
	struct number number = { sample->value, start_of(p, sample) };
	struct delta_key key;
	struct histogram grown;
	char *end;

	if (!is_delta(p)) {
		if (p->kind == METRIC_GAUGE)
			number.start_unix_ns = 0;
		if (p->kind != METRIC_HISTOGRAM)
			return put_number_point(to, p, sample, number);
		return (is_exponential(p) ? put_exponential : put_explicit)(
			to, p, sample, sample->histogram, number.start_unix_ns);
	}
	key = delta_key(buf_str(&p->header), sample);
	if (p->kind == METRIC_COUNTER) {
		if (delta_number(p->delta, key, &number.value, &number.start_unix_ns))
			return NULL;
		return put_number_point(to, p, sample, number);
	}
	if (delta_histogram(p->delta, key, sample->histogram, &number.start_unix_ns, &grown))
		return NULL;
	end = (is_exponential(p) ? put_exponential : put_explicit)(to, p, sample, &grown,
								   number.start_unix_ns);
	histogram_free(&grown);
	return end;
}

static void on_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct points *p = (struct points *)sink;
	struct points_resource *r = resource_of(p, sample->resource);
	char *at, *end;

	at = p->bytes < LIMIT_OTLP_REQUEST_BYTES ? buf_reserve(&r->points, sample_bound(p, sample))
						 : NULL;
	if (!at) {
		p->dropped++;
		return;
	}
	end = put_sample(p, at, sample);
	if (!end)
		return;
	r->points.len += (size_t)(end - at);
	r->count++;
	p->bytes += (size_t)(end - at);
	p->count++;
}

void points_begin(struct points *points)
{
	points->sink = (struct metric_sink){ .metric = on_metric, .sample = on_sample };
	points->header = buf_new(METRIC_TEXT_BYTES);
}

void points_end(struct points *points)
{
	close_metrics(points);
}

void points_free(struct points *points)
{
	struct points_resource *r = points->last, *next;

	while (r) {
		next = r->next == points->last ? NULL : r->next;
		if (r->resource)
			resource_unref(r->resource);
		buf_free(&r->metrics);
		buf_free(&r->points);
		free(r);
		r = next;
	}
	points->last = NULL;
	buf_free(&points->header);
}
