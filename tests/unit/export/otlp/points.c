/* SPDX-License-Identifier: Apache-2.0 */
/* points.c - mirrors user/export/otlp/{points,delta}.c; protobuf-c reads what was written. */
#include "user/export/otlp/points.h"
#include "tests/test.h"
#include "user/base/mem.h"
#include "user/export/otlp/body.h"
#include "user/export/otlp/delta.h"
#include "user/export/otlp/metrics.pb-c.h"
#include "user/model/resource.h"

typedef Sonde__Otlp__MetricsRequest request;
typedef Sonde__Otlp__Metric decoded;

static const double bounds_at[] = { 0.25, 1 };
static const struct histogram_bounds bounds = { bounds_at, ARRAY_SIZE(bounds_at) };

/* What the collection in `p` amounts to, decoded. */
static request *finish(struct points *p)
{
	struct body body;
	struct buf bytes;
	request *ret;

	points_end(p);
	body_begin(&body, false);
	if (p->last) {
		struct points_resource *r = p->last;

		do {
			body_add(&body, r->resource, buf_str(&r->metrics));
		} while ((r = r->next) != p->last);
	}
	if (body_end(&body, &bytes))
		return NULL;
	ret = sonde__otlp__metrics_request__unpack(NULL, bytes.len, (const uint8_t *)bytes.at);
	buf_free(&bytes);
	points_free(p);
	return ret;
}

static void give(struct points *p, enum metric_kind kind, const char *unit,
		 const struct sample *sample)
{
	const struct metric metric = { "m", unit, "help", kind, &bounds };

	p->sink.metric(&p->sink, &metric);
	p->sink.sample(&p->sink, sample);
}

static decoded *metric_at(const request *r, size_t resource, size_t metric)
{
	return r->resource_metrics[resource]->scope_metrics[0]->metrics[metric];
}

TEST(samples_of_a_metric_go_to_their_resources)
{
	const struct attribute name = attribute_text(STR("service.name"), STR("shop"));
	struct resource *shop = resource_new(&name, 1);
	struct points p = { .now_unix_ns = 9 };
	const struct metric metric = { "m", "{x}", "help", METRIC_COUNTER, NULL };
	request *r;

	points_begin(&p);
	for (int metrics = 0; metrics < 2; metrics++) {
		p.sink.metric(&p.sink, &metric);
		for (int i = 0; i < 6; i++) {
			struct sample sample = { .resource = i & 1 ? shop : NULL, .value = i };

			p.sink.sample(&p.sink, &sample);
		}
	}
	CHECK(p.count == 12 && shop->references == 2);
	r = finish(&p);
	CHECK(r && r->n_resource_metrics == 2 && shop->references == 1);
	for (size_t i = 0; i < 2; i++) {
		CHECK(r->resource_metrics[i]->scope_metrics[0]->n_metrics == 2);
		CHECK(metric_at(r, i, 0)->sum->n_data_points == 3);
	}
	sonde__otlp__metrics_request__free_unpacked(r, NULL);
	resource_unref(shop);
}

TEST(the_unit_decides_between_integers_and_doubles)
{
	static const struct {
		const char *unit;
		bool whole;
	} rows[] = { { "{request}", true }, { "By", true }, { "s", false }, { "1", false } };

	EACH(i, rows) {
		struct points p = { .now_unix_ns = 9 };
		const struct sample sample = { .value = 3 };
		request *r;

		points_begin(&p);
		give(&p, METRIC_COUNTER, rows[i].unit, &sample);
		r = finish(&p);
		CHECK(r && metric_at(r, 0, 0)->sum->data_points[0]->value_case ==
				   (rows[i].whole ? SONDE__OTLP__NUMBER_POINT__VALUE_AS_INT
						  : SONDE__OTLP__NUMBER_POINT__VALUE_AS_DOUBLE));
		sonde__otlp__metrics_request__free_unpacked(r, NULL);
	}
}

TEST(an_explicit_histogram_carries_its_classic_buckets)
{
	struct exemplar exemplars[3] = { [1] = { 0.5, 77, "0123456789abcde", "7654321" } };
	struct points p = { .now_unix_ns = 9 };
	struct histogram h;
	struct sample sample = { .histogram = &h, .exemplars = exemplars, .start_unix_ns = 4 };
	Sonde__Otlp__HistogramPoint *point;
	request *r;

	histogram_init(&h, &bounds);
	histogram_observe(&h, 0.5);
	histogram_observe(&h, 3);
	points_begin(&p);
	give(&p, METRIC_HISTOGRAM, "s", &sample);
	r = finish(&p);
	CHECK(r && metric_at(r, 0, 0)->histogram->aggregation_temporality == 2);
	point = metric_at(r, 0, 0)->histogram->data_points[0];
	CHECK(point->count == 2 && point->sum == 3.5 && point->min == 0.5 && point->max == 3);
	CHECK(point->n_bucket_counts == 3 && point->n_explicit_bounds == 2);
	CHECK(!point->bucket_counts[0] && point->bucket_counts[1] == 1 &&
	      point->bucket_counts[2] == 1);
	CHECK(point->explicit_bounds[0] == 0.25 && point->explicit_bounds[1] == 1);
	CHECK(point->start_time_unix_nano == 4 && point->time_unix_nano == 9);
	CHECK(point->n_exemplars == 1 && point->exemplars[0]->as_double == 0.5);
	sonde__otlp__metrics_request__free_unpacked(r, NULL);
	histogram_free(&h);
}

TEST(what_counts_as_zero_is_told_where_it_is_more_than_zero)
{
	static const double thresholds[] = { 0, 0x1p-16 };

	EACH(i, thresholds) {
		struct points p = { .now_unix_ns = 9, .exponential = true };
		struct histogram h;
		struct sample sample = { .histogram = &h };
		Sonde__Otlp__ExponentialPoint *point;
		request *r;

		histogram_init(&h, &bounds);
		h.zero_threshold = thresholds[i];
		histogram_observe(&h, 0);
		points_begin(&p);
		give(&p, METRIC_HISTOGRAM, "s", &sample);
		r = finish(&p);
		point = metric_at(r, 0, 0)->exponential_histogram->data_points[0];
		CHECK(point->zero_count == 1 && point->zero_threshold == thresholds[i]);
		sonde__otlp__metrics_request__free_unpacked(r, NULL);
		histogram_free(&h);
	}
}

/* One collection of a counter in differences. The result is the difference, or -1 for none. */
static long counter_grown(struct delta *delta, double value, uint64_t now_unix_ns)
{
	struct points p = { .now_unix_ns = now_unix_ns, .delta = delta, .delta_counters = true };
	const struct sample sample = { .value = value };
	long grown = -1;
	request *r;

	delta_begin(delta, now_unix_ns);
	points_begin(&p);
	give(&p, METRIC_COUNTER, "{x}", &sample);
	r = finish(&p);
	if (r->n_resource_metrics && r->resource_metrics[0]->scope_metrics[0]->n_metrics)
		grown = metric_at(r, 0, 0)->sum->data_points[0]->as_int;
	sonde__otlp__metrics_request__free_unpacked(r, NULL);
	return grown;
}

TEST(a_difference_is_since_what_was_last_accepted)
{
	struct delta *delta = delta_new();

	CHECK(counter_grown(delta, 7, 1) == 7);
	CHECK(counter_grown(delta, 9, 2) == 9); /* the first was sent in vain */
	delta_commit(delta);
	CHECK(counter_grown(delta, 12, 3) == 3);
	delta_commit(delta);
	CHECK(counter_grown(delta, 12, 4) == -1);
	delta_commit(delta);
	CHECK(counter_grown(delta, 5, 5) == 5); /* it began anew */
	delta_commit(delta);
	delta_begin(delta, 6);
	delta_commit(delta); /* nobody asked: forgotten */
	CHECK(counter_grown(delta, 6, 7) == 6);
	delta_free(delta);
}

static struct delta_key key_of(uint64_t number)
{
	return (struct delta_key){ number * 31, number };
}

TEST(series_of_differences_are_bounded)
{
	struct delta *delta = delta_new();
	uint64_t start = 0;
	double value;

	delta_begin(delta, 1);
	for (uint64_t i = 0; i < DELTA_SERIES; i++) {
		value = 1;
		CHECK(!delta_number(delta, key_of(i), &value, &start));
	}
	value = 2;
	CHECK(delta_number(delta, key_of(DELTA_SERIES), &value, &start) && value == 2);
	CHECK(delta_refused(delta) == 1);
	delta_free(delta);
}

TEST(a_histogram_grows_across_a_change_of_scale)
{
	uint64_t fine[] = { 1, 2, 3, 4 }, coarse[] = { 3, 8 }, classic_before[] = { 4, 6, 0 },
		 classic_after[] = { 4, 7, 0 };
	struct histogram before = { .bounds = &bounds,
				    .count = 10,
				    .scale = 3,
				    .first = 4,
				    .used = 4,
				    .buckets = fine,
				    .classic = classic_before },
			 after = { .bounds = &bounds,
				   .count = 11,
				   .scale = 2,
				   .first = 2,
				   .used = 2,
				   .buckets = coarse,
				   .classic = classic_after },
			 grown;
	struct delta *delta = delta_new();
	uint64_t start = 0;

	delta_begin(delta, 1);
	CHECK(!delta_histogram(delta, key_of(1), &before, &start, &grown));
	histogram_free(&grown);
	delta_commit(delta);
	delta_begin(delta, 2);
	CHECK(!delta_histogram(delta, key_of(1), &after, &start, &grown));
	CHECK(grown.count == 1 && start == 1);
	CHECK(grown.buckets[0] == 0 && grown.buckets[1] == 1);
	CHECK(grown.classic[0] == 0 && grown.classic[1] == 1);
	histogram_free(&grown);
	delta_free(delta);
}

TEST(texts_of_a_metric_may_go_after_the_call)
{
	char *name = strdup("gone");
	struct points p = { .now_unix_ns = 9 };
	const struct sample sample = { .value = 3 };
	request *r;

	points_begin(&p);
	{
		struct metric *metric = xcalloc(1, sizeof(*metric));

		*metric = (struct metric){ name, "s", "help", METRIC_GAUGE, NULL };
		p.sink.metric(&p.sink, metric);
		free(metric);
		free(name);
	}
	p.sink.sample(&p.sink, &sample);
	r = finish(&p);
	CHECK(r && !strcmp(metric_at(r, 0, 0)->name, "gone"));
	CHECK(metric_at(r, 0, 0)->data_case == SONDE__OTLP__METRIC__DATA_GAUGE);
	sonde__otlp__metrics_request__free_unpacked(r, NULL);
}
