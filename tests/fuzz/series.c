/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - any sequence of spans: nothing is lost or counted twice, rows stay bounded. */
#include <stdio.h>
#include <stdlib.h>

#include "user/model/resource.h"
#include "user/model/series.h"

enum { LIMIT = 6, TOTAL = 15, RESOURCES = 4, ENDED_NS = 50 };

static const double seconds[] = { 0.001, 0.01, 0.1, 1 };
static const struct histogram_bounds bounds = { seconds, 4 };
static const struct metric_group groups[] = {
	{
		.name = "four",
		.metrics = { { "a", "s", "A.", METRIC_HISTOGRAM, &bounds },
			     { "b", "s", "B.", METRIC_HISTOGRAM, &bounds },
			     { "c", "By", "C.", METRIC_HISTOGRAM, &bounds },
			     { "d", "By", "D.", METRIC_HISTOGRAM, &bounds } },
		.measures = { MEASURE_DURATION, MEASURE_FIRST_BYTE, MEASURE_ASKING_BODY,
			      MEASURE_ANSWERING_BODY },
		.keys = { STR("one"), STR("two"), STR("six"), STR("three") },
	},
	{
		.name = "single",
		.metrics = { { "e", "s", "E.", METRIC_HISTOGRAM, &bounds } },
		.measures = { MEASURE_DURATION },
		.keys = { STR("two") },
	},
};

/* What must come out: of each metric, observations, those of dropped rows included. */
struct want {
	struct metric_sink sink;
	uint64_t observed, seen, dropped;
	size_t rows, overflow_rows;
	bool counting;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static uint8_t next(struct str *in)
{
	struct str byte;

	return take(in, 1, &byte) ? (uint8_t)byte.at[0] : 0;
}

static uint64_t next_number(struct str *in)
{
	uint64_t number = 0;
	struct str bytes;

	if (take(in, next(in) % 9, &bytes))
		for (size_t i = 0; i < bytes.len; i++)
			number = number << 8 | (uint8_t)bytes.at[i];
	return number;
}

static void add_attribute(struct span *span, const struct metric_group *group, struct str *in)
{
	uint8_t shape = next(in);
	struct str key = group->keys[shape & 3], text = {};
	enum attribute_type type = (shape >> 2) % 5;

	/* A key twice is no span. */
	if (!key.len || span_find(span, key))
		key = STR("filler");
	if (type == ATTRIBUTE_TEXT || type == ATTRIBUTE_TEXTS) {
		take(in, next(in) % 40, &text);
		span_add(span, (struct attribute){ .key = key, .type = type, .text = text });
	} else {
		span_add(span, (struct attribute){ .key = key,
						   .type = type,
						   .number = (int64_t)next_number(in) });
	}
}

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	((struct want *)sink)->counting = metric->name[0] == 'a' || metric->name[0] == 'e';
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	const struct histogram *h = sample->histogram;
	struct want *want = (struct want *)sink;
	uint64_t buckets = h->zero_count, classic = 0;

	for (size_t i = 0; i < h->used; i++)
		buckets += h->buckets[i];
	for (size_t i = 0; i <= h->bounds->count; i++)
		classic += h->classic[i];
	check(h->count && buckets == h->count && classic == h->count, "buckets add up");
	if (!want->counting)
		return;
	want->seen += h->count;
	want->rows++;
	want->overflow_rows += !!attribute_find(sample->attributes, sample->attribute_count,
						STR("otel.metric.overflow"));
}

static void collect(struct series *s, struct want *want, uint64_t now_ns)
{
	struct collector *collector = series_collector(s);

	want->seen = want->rows = want->overflow_rows = 0;
	collector->collect(collector->context, now_ns, &want->sink);
}

static void observe(struct series *s, struct want *want, struct resource **resources,
		    struct str *in, uint64_t now_ns)
{
	uint8_t flags = next(in), attributes = next(in) % 6;
	const struct metric_group *group = &groups[flags & 1];
	struct span span = {
		.metrics = group,
		.resource = resources[flags >> 1 & 3],
		.sampled = flags & 8,
		.hide_from_metrics = (flags & 0x30) == 0x30,
		.end_unix_ns = now_ns,
		.measures = { next_number(in), next_number(in), (int64_t)next_number(in),
			      (int64_t)next_number(in) },
	};

	for (int i = 0; i < attributes; i++)
		add_attribute(&span, group, in);
	want->observed += !span.hide_from_metrics;
	series_observe(s, &span, now_ns);
}

/* All of the resources end, and their rows go; whatever they counted is checked just before. */
static void end_all(struct series *s, struct want *want, struct resource **resources,
		    uint64_t *now_ns)
{
	collect(s, want, *now_ns);
	check(want->seen + want->dropped == want->observed, "every span is counted once");
	want->dropped += want->seen;
	for (int i = 0; i < RESOURCES; i++)
		resources[i]->ended_ns = *now_ns;
	*now_ns += ENDED_NS;
	collect(s, want, *now_ns);
	check(!want->rows, "what ended is dropped");
	for (int i = 0; i < RESOURCES; i++)
		resources[i]->ended_ns = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct want want = { .sink = { see_metric, see_sample } };
	struct series *s = series_new(LIMIT, TOTAL, ENDED_NS);
	struct resource *resources[RESOURCES];
	uint64_t now_ns = 1;

	for (int i = 0; i < RESOURCES; i++) {
		struct attribute name = attribute_text(STR("service.name"), STR("shop"));

		resources[i] = resource_new(&name, i % 2); /* two services of two instances */
	}
	while (in.len)
		if (next(&in) == 0xff)
			end_all(s, &want, resources, &now_ns);
		else
			observe(s, &want, resources, &in, now_ns);
	collect(s, &want, now_ns);
	check(want.seen + want.dropped == want.observed, "every span is counted once");
	check(want.rows - want.overflow_rows <= TOTAL, "rows are bounded");
	check(want.overflow_rows <= 2 * RESOURCES, "overflow rows are one a resource");
	series_free(s);
	for (int i = 0; i < RESOURCES; i++) {
		check(resources[i]->references == 1, "no row keeps a resource");
		resource_unref(resources[i]);
	}
	return 0;
}
