/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - mirrors user/model/series.c, series_key.c and series_match.c. */
#include "user/model/series.h"
#include "tests/test.h"
#include "user/model/resource.h"

static const double seconds[] = { 0.001, 0.01, 0.1, 1 };
static const struct histogram_bounds duration_bounds = { seconds, 4 };
static const double bytes[] = { 0, 1024, 1048576 };
static const struct histogram_bounds size_bounds = { bytes, 3 };

static const struct metric_group group = {
	.name = "test",
	.metrics = {
		{ "test.duration", "s", "Duration.", METRIC_HISTOGRAM, &duration_bounds },
		{ "test.response.size", "By", "Size.", METRIC_HISTOGRAM, &size_bounds },
		{ "test.first", "s", "First byte.", METRIC_HISTOGRAM, &duration_bounds },
		{ "test.request.size", "By", "Size.", METRIC_HISTOGRAM, &size_bounds },
	},
	.measures = { MEASURE_DURATION, MEASURE_ANSWERING_BODY, MEASURE_FIRST_BYTE,
		      MEASURE_ASKING_BODY },
	.keys = { STR("method"), STR("status"), STR("route"), STR("error.type") },
};

static const struct metric_group other = {
	.name = "other",
	.metrics = { { "other.duration", "s", "Duration.", METRIC_HISTOGRAM, &duration_bounds } },
	.measures = { MEASURE_DURATION },
	.keys = { STR("method") },
};

static struct resource *instance(const char *service, const char *id)
{
	struct attribute attributes[] = {
		attribute_text(STR("service.name"), str_of(service)),
		attribute_text(STR("service.instance.id"), str_of(id)),
	};

	return resource_new(attributes, 2);
}

static struct span request(const struct resource *resource, const char *route, int status)
{
	struct span span = {
		.metrics = &group,
		.resource = resource,
		.start_unix_ns = 1000,
		.end_unix_ns = 2000,
		.measures = { .duration_ns = 5000000,
			      .asking_body_bytes = -1,
			      .answering_body_bytes = -1 },
	};

	span_add_text(&span, group.keys[0], STR("GET"));
	span_add_text(&span, STR("url.path"), STR("/not/a/label"));
	span_add_int(&span, group.keys[1], status);
	span_add_text(&span, group.keys[2], str_of(route));
	return span;
}

/* What a collector said: rows and counts of the metric asked for. */
struct seen {
	struct metric_sink sink;
	const char *metric; /* asked for */
	bool open;	    /* its samples come now */
	int named, rows, overflow_rows;
	uint64_t count, overflow_count;
	struct sample last;
	struct attribute attributes[GROUP_ATTRIBUTES];
	struct exemplar exemplars[5];
};

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	struct seen *seen = (struct seen *)sink;

	seen->open = !strcmp(metric->name, seen->metric);
	seen->named += seen->open;
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct seen *seen = (struct seen *)sink;
	bool overflow = attribute_find(sample->attributes, sample->attribute_count,
				       STR("otel.metric.overflow"));

	if (!seen->open)
		return;
	seen->rows++;
	seen->count += sample->histogram->count;
	seen->overflow_rows += overflow;
	seen->overflow_count += overflow ? sample->histogram->count : 0;
	seen->last = *sample;
	memcpy(seen->attributes, sample->attributes,
	       sample->attribute_count * sizeof(sample->attributes[0]));
	memset(seen->exemplars, 0, sizeof(seen->exemplars));
	if (sample->exemplars)
		memcpy(seen->exemplars, sample->exemplars, sizeof(seen->exemplars));
}

static struct seen collect(struct series *s, uint64_t now_ns, const char *metric)
{
	struct seen seen = { .sink = { see_metric, see_sample }, .metric = metric };
	struct collector *collector = series_collector(s);

	collector->collect(collector->context, now_ns, &seen.sink);
	return seen;
}

TEST(spans_of_the_same_values_share_a_row_and_others_do_not)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *a = instance("shop", "a"), *b = instance("shop", "b");
	/* Routes that differ at either end, in the middle, in length; short and long. */
	static const char *const routes[] = {
		"",
		"/",
		"/a",
		"/b",
		"/ab",
		"/abc",
		"/abd",
		"/abcdef",
		"/abcdeg",
		"/abcdefgh",
		"/users/{id}",
		"/items/{id}",
		"/api/v1/users/{id}/orders",
		"/api/v1/items/{id}/orders",
		"/api/v1/users/{id}/orderz",
		"/bpi/v1/users/{id}/orders",
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"/aaaaaaaaaaaabaaaaaaaaaaaaaaa",
	};

	for (int round = 0; round < 3; round++)
		EACH(r, routes)
			for (int status = 200; status < 203; status++) {
				struct span span = request(r % 2 ? a : b, routes[r], status);

				series_observe(s, &span, 0);
			}
	struct seen seen = collect(s, 0, "test.duration");

	CHECK(seen.named == 1 && seen.rows == 19 * 3 && seen.count == 19 * 9);
	CHECK(series_overflowed(s) == 0);
	series_free(s);
	CHECK(a->references == 1 && b->references == 1);
	resource_unref(a);
	resource_unref(b);
}

TEST(texts_that_follow_each_other_and_differ_in_one_byte_have_their_own_rows)
{
	struct resource *r = instance("shop", "a");

	for (size_t len = 1; len < 40; len++) {
		struct series *s = series_new(100, 100000, 10);
		char route[41] = {};

		for (size_t changed = 0; changed <= len; changed++) {
			struct span span;

			memset(route, 'x', len);
			route[changed] = changed < len ? 'y' : '\0';
			span = request(r, route, 200);
			series_observe(s, &span, 0);
		}
		CHECK(collect(s, 0, "test.duration").rows == (int)len + 1);
		series_free(s);
	}
	resource_unref(r);
}

TEST(a_thousand_instances_have_their_own_rows)
{
	static struct resource *resources[1000];
	struct series *s = series_new(2000, 100000, 10);
	struct seen seen;

	EACH(i, resources)
		resources[i] = instance("shop", "a");
	for (int round = 0; round < 2; round++)
		EACH(i, resources) {
			struct span span = request(resources[i], "/", 200);

			series_observe(s, &span, 0);
		}
	seen = collect(s, 0, "test.duration");
	CHECK(seen.rows == 1000 && seen.count == 2000 && seen.last.histogram->count == 2);
	series_free(s);
	EACH(i, resources)
		resource_unref(resources[i]);
}

TEST(what_stands_past_the_attributes_is_not_read)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct span span = request(r, "/", 200);

	series_observe(s, &span, 0);
	span.attribute_count--;
	series_observe(s, &span, 0);
	CHECK(collect(s, 0, "test.duration").rows == 2);
	series_free(s);
	resource_unref(r);
}

/* Duration's rows that did not count five. */
static void count_others(void *context, const struct resource *resource,
			 const struct attribute *attributes, size_t count,
			 const struct metric_group *of, size_t metric,
			 const struct histogram *histogram)
{
	(void)resource, (void)attributes, (void)count;
	*(int *)context += of == &group && !metric && histogram->count != 5;
}

TEST(types_and_missing_values_tell_rows_apart)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct attribute values[] = {
		attribute_text(group.keys[2], STR("1")),
		{ .key = group.keys[2], .type = ATTRIBUTE_TEXTS, .text = STR("1") },
		attribute_int(group.keys[2], 1),
		{ .key = group.keys[2], .type = ATTRIBUTE_BOOL, .number = 1 },
		{ .key = group.keys[2], .type = ATTRIBUTE_DOUBLE, .real = 1 },
		attribute_text(STR("another.key"), STR("1")),
		attribute_text(group.keys[3], STR("1")),
	};

	for (int round = 0; round < 5; round++)
		EACH(v, values) {
			struct span span = { .metrics = &group, .resource = r };

			span_add(&span, values[v]);
			series_observe(s, &span, 0);
		}
	struct seen seen = collect(s, 0, "test.duration");
	int others = 0;

	series_each(s, count_others, &others);
	CHECK(seen.rows == 7 && seen.count == 35 && !others);
	series_free(s);
	resource_unref(r);
}

TEST(a_row_is_found_wherever_its_attributes_stand_and_whoever_owns_their_keys)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");

	for (int round = 0; round < 8; round++) {
		char key[] = "method", value[] = "GET";
		struct span span = { .metrics = &group, .resource = r };

		if (round & 1)
			span_add_int(&span, STR("filler"), round);
		if (round & 2)
			span_add_int(&span, group.keys[1], 200);
		span_add_text(&span, round & 4 ? (struct str){ key, 6 } : group.keys[0],
			      (struct str){ value, 3 });
		if (!(round & 2))
			span_add_int(&span, group.keys[1], 200);
		series_observe(s, &span, 0);
	}
	struct seen seen = collect(s, 0, "test.duration");

	CHECK(seen.rows == 1 && seen.count == 8 && seen.last.attribute_count == 2);
	CHECK(str_eq(seen.attributes[0].key, STR("method")));
	CHECK(str_eq(seen.attributes[0].text, STR("GET")));
	CHECK(seen.attributes[1].number == 200 && seen.last.start_unix_ns == 0);
	series_free(s);
	resource_unref(r);
}

TEST(each_measure_goes_to_its_metric_and_what_is_not_known_to_none)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct span span = request(r, "/", 200);
	struct seen seen;

	series_observe(s, &span, 0);
	CHECK(collect(s, 0, "test.duration").count == 1);
	CHECK(collect(s, 0, "test.first").named == 0);
	CHECK(collect(s, 0, "test.request.size").named == 0);
	CHECK(collect(s, 0, "test.response.size").named == 0);
	span.measures = (struct measures){ 2000000000, 20000000, 0, 3000 };
	series_observe(s, &span, 0);
	seen = collect(s, 0, "test.duration");
	CHECK(seen.count == 2 && seen.last.histogram->sum == 2.005);
	CHECK(seen.last.histogram->classic[1] == 1 && seen.last.histogram->classic[4] == 1);
	seen = collect(s, 0, "test.first");
	CHECK(seen.count == 1 && seen.last.histogram->sum == 0.02);
	seen = collect(s, 0, "test.request.size");
	CHECK(seen.count == 1 && seen.last.histogram->zero_count == 1);
	seen = collect(s, 0, "test.response.size");
	CHECK(seen.count == 1 && seen.last.histogram->sum == 3000);
	CHECK(seen.last.start_unix_ns == 1000 && seen.last.resource == r);
	series_free(s);
	resource_unref(r);
}

TEST(hidden_spans_and_spans_without_a_group_are_not_counted)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct span span = request(r, "/", 200);

	span.hide_from_metrics = true;
	series_observe(s, &span, 0);
	span.hide_from_metrics = false;
	span.metrics = NULL;
	series_observe(s, &span, 0);
	CHECK(collect(s, 0, "test.duration").named == 0 && r->references == 1);
	series_free(s);
	resource_unref(r);
}

TEST(a_service_is_bounded_over_all_its_instances_and_sums_stay_exact)
{
	struct series *s = series_new(10, 100000, 10);
	struct resource *a = instance("shop", "a"), *b = instance("shop", "b"),
			*c = instance("desk", "c");
	char route[32];
	struct seen seen;

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 100; i++) {
			const struct resource *who = i % 2 ? a : b;
			struct span span;

			snprintf(route, sizeof(route), "/%d", i);
			span = request(who, route, 200);
			series_observe(s, &span, 0);
		}
	seen = collect(s, 0, "test.duration");
	CHECK(seen.count == 200 && seen.rows == 12);
	CHECK(seen.overflow_rows == 2 && seen.overflow_count == 180);
	CHECK(series_overflowed(s) == 180);

	/* What was there counts on; another service and another group have their own room. */
	struct span known = request(b, "/0", 200), elsewhere = request(c, "/new", 200),
		    another = request(a, "/new", 200);

	another.metrics = &other;
	series_observe(s, &known, 0);
	series_observe(s, &elsewhere, 0);
	series_observe(s, &another, 0);
	CHECK(series_overflowed(s) == 180);
	CHECK(collect(s, 0, "test.duration").count == 202);
	CHECK(collect(s, 0, "other.duration").count == 1);
	series_free(s);
	resource_unref(a);
	resource_unref(b);
	resource_unref(c);
}

TEST(an_overflow_row_says_so_and_nothing_else)
{
	struct series *s = series_new(1, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct span first = request(r, "/1", 200), second = request(r, "/2", 200);
	struct seen seen;

	series_observe(s, &first, 0);
	series_observe(s, &second, 0);
	seen = collect(s, 0, "test.duration");
	CHECK(seen.rows == 2 && seen.last.attribute_count == 1);
	CHECK(seen.attributes[0].type == ATTRIBUTE_BOOL && seen.attributes[0].number == 1);
	CHECK(str_eq(seen.attributes[0].key, STR("otel.metric.overflow")));
	series_free(s);
	resource_unref(r);
}

TEST(a_value_of_any_length_is_counted_and_a_huge_one_makes_no_row)
{
	struct series *s = series_new(100, 100000, 10);
	struct resource *r = instance("shop", "a");
	char *text = malloc(5001);
	int lengths[] = { 1023, 1024, 1025, 5000 };
	struct seen seen;

	memset(text, 'x', 5001);
	EACH(i, lengths) {
		struct span span = request(r, "", 200);

		span.attributes[3].text = (struct str){ text, (size_t)lengths[i] };
		series_observe(s, &span, 0);
	}
	free(text);
	seen = collect(s, 0, "test.duration");
	CHECK(seen.count == 4 && seen.rows == 3 && seen.overflow_count == 2);
	series_free(s);
	resource_unref(r);
}

TEST(past_the_limit_of_all_services_each_instance_has_its_overflow_row)
{
	struct series *s = series_new(3, 4, 300);
	struct resource *of[] = { instance("shop", "a"), instance("bank", "a"),
				  instance("late", "a") };
	const uint64_t later = UINT64_C(5000000000);
	struct seen seen;

	for (int status = 200; status < 203; status++)
		for (size_t i = 0; i < 3; i++) {
			struct span span = request(of[i], "/", status);

			series_observe(s, &span, 0);
			series_observe(s, &span, 0);
		}
	seen = collect(s, 0, "test.duration");
	CHECK(seen.count == 18 && seen.rows == 4 + 3 && seen.overflow_rows == 3);
	CHECK(seen.overflow_count == 10 && series_overflowed(s) == 10);
	/* What ends makes room for the others. */
	of[0]->ended_ns = 1;
	for (int status = 202; status < 205; status++) {
		struct span span = request(of[2], "/new", status);

		series_observe(s, &span, later);
	}
	seen = collect(s, later, "test.duration");
	CHECK(seen.rows == 4 + 2 && seen.overflow_rows == 2 && series_overflowed(s) == 11);
	series_free(s);
	for (size_t i = 0; i < 3; i++)
		resource_unref(of[i]);
}

TEST(rows_of_what_ended_stay_their_time_and_then_make_room)
{
	struct series *s = series_new(1, 100000, 300);
	struct resource *a = instance("shop", "a"), *b = instance("shop", "b");
	struct span of_a = request(a, "/", 200), of_b = request(b, "/", 200);
	const uint64_t later = UINT64_C(5000000000);

	series_observe(s, &of_a, 0);
	a->ended_ns = 1000;
	CHECK(collect(s, 1299, "test.duration").rows == 1);
	CHECK(a->references == 2);
	CHECK(collect(s, 1300, "test.duration").rows == 0);
	CHECK(a->references == 1);
	/* A span that comes after: a new row, which makes room when another needs it, unasked. */
	series_observe(s, &of_a, 1400);
	CHECK(a->references == 2);
	series_observe(s, &of_b, later);
	CHECK(a->references == 1 && series_overflowed(s) == 0);
	CHECK(collect(s, later, "test.duration").last.resource == b);
	series_free(s);
	resource_unref(a);
	resource_unref(b);
}

TEST(a_span_that_no_exporter_gets_is_no_exemplar)
{
	struct series *s = series_new(10, 100, 0);
	struct resource *shop = instance("shop", "1");
	struct span hidden = request(shop, "/", 200), counted = hidden;

	hidden.sampled = hidden.hide_from_traces = true;
	counted.sampled = counted.counted_only = true;
	series_observe(s, &hidden, 0);
	series_observe(s, &counted, 0);
	CHECK(!collect(s, 0, "test.duration").last.exemplars);
	series_free(s);
	resource_unref(shop);
}

TEST(the_newest_sampled_span_of_a_classic_bucket_is_its_exemplar)
{
	struct series *s = series_new(10, 100000, 10);
	struct resource *r = instance("shop", "a");
	uint64_t durations[] = { 2000000, 3000000, 500000000, 4000000 };
	struct seen seen;

	EACH(i, durations) {
		struct span span = request(r, "/", 200);

		span.measures = (struct measures){ durations[i], 1000, 10, 10 };
		span.sampled = i != 3;
		span.end_unix_ns = 100 + i;
		span.context.trace_id[15] = (uint8_t)(i + 1);
		span.context.span_id[7] = (uint8_t)(i + 11);
		series_observe(s, &span, 0);
	}
	seen = collect(s, 0, "test.duration");
	CHECK(seen.last.exemplars && seen.count == 4);
	CHECK(seen.exemplars[1].unix_ns == 101 && seen.exemplars[1].value == 0.003);
	CHECK(seen.exemplars[1].trace_id[15] == 2 && seen.exemplars[1].span_id[7] == 12);
	CHECK(seen.exemplars[3].unix_ns == 102 && !seen.exemplars[0].unix_ns);
	CHECK(!seen.exemplars[2].unix_ns && !seen.exemplars[4].unix_ns);
	CHECK(!collect(s, 0, "test.first").last.exemplars);
	CHECK(!collect(s, 0, "test.response.size").last.exemplars);
	series_free(s);
	resource_unref(r);
}

struct order {
	struct metric_sink sink;
	char text[256];
};

static void order_metric(struct metric_sink *sink, const struct metric *metric)
{
	strcat(((struct order *)sink)->text, metric->name);
	strcat(((struct order *)sink)->text, " ");
}

static void order_sample(struct metric_sink *sink, const struct sample *sample)
{
	strcat(((struct order *)sink)->text,
	       sample->resource->service_instance.at[0] == 'a' ? "a " : "b ");
}

TEST(each_metric_is_named_once_and_then_come_the_rows_of_all_resources)
{
	struct series *s = series_new(10, 100000, 10);
	struct resource *a = instance("shop", "a"), *b = instance("shop", "b");
	struct order order = { .sink = { order_metric, order_sample } };
	struct span spans[] = { request(a, "/", 200), request(b, "/", 200), request(a, "/", 200) };

	spans[2].metrics = &other;
	spans[0].measures.first_byte_ns = 1;
	EACH(i, spans)
		series_observe(s, &spans[i], 0);
	series_collector(s)->collect(s, 0, &order.sink);
	CHECK(!strcmp(order.text, "test.duration a b test.first a other.duration a "));
	series_free(s);
	resource_unref(a);
	resource_unref(b);
}

static void count_visits(void *context, const struct resource *resource,
			 const struct attribute *attributes, size_t count,
			 const struct metric_group *of, size_t metric,
			 const struct histogram *histogram)
{
	int *visits = context;

	if (resource->service_name.len == 4 && count == 3 && attributes[0].text.len == 3 &&
	    histogram->bounds == of->metrics[metric].bounds)
		++*visits;
}

TEST(every_row_and_metric_can_be_visited)
{
	struct series *s = series_new(10, 100000, 10);
	struct resource *r = instance("shop", "a");
	struct span one = request(r, "/1", 200), two = request(r, "/2", 200);
	int visits = 0;

	series_observe(s, &one, 0);
	series_observe(s, &two, 0);
	series_each(s, count_visits, &visits);
	CHECK(visits == 8);
	series_free(s);
	resource_unref(r);
}
