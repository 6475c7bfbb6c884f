/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus_samples.h - a fixed set of metrics: what unit tests compare with goldens, and what
 * tests/e2e/prometheus serves to a real Prometheus. Two collectors, which share a metric.
 */
#pragma once

#include "user/base/mem.h"
#include "user/model/metric.h"
#include "user/model/resource.h"

/* When the histogram's exemplars were taken. */
static uint64_t samples_exemplar_unix_ns = UINT64_C(1700000000023000000);

#define SAMPLES_START_UNIX_NS UINT64_C(1699999000500000000)

/* What each series says of whose it is, except target_info. */
#define SCOPE                                                                                      \
	"otel_scope_name=\"sonde\",otel_scope_version=\"" SONDE_VERSION "\","                      \
	"otel_scope_schema_url=\"https://opentelemetry.io/schemas/1.44.0\""
enum { SCOPE_LABELS = 3 };

static const double samples_bounds_at[] = { 0.0025, 0.005, 1, 2.5 };
static const struct histogram_bounds samples_bounds = { samples_bounds_at, 4 };

static const struct metric samples_duration = {
	.name = "http.server.request.duration",
	.unit = "s",
	.help = "Duration of HTTP server requests.",
	.kind = METRIC_HISTOGRAM,
	.bounds = &samples_bounds,
};
static const struct metric samples_active = {
	.name = "http.server.active_requests",
	.unit = "{request}",
	.help = "Number of active HTTP server requests.",
	.kind = METRIC_UPDOWN,
};
static const struct metric samples_lost = {
	.name = "sonde.lost",
	.unit = "{record}",
	.help = "Lost, by stage and \"reason\" \\ cause.",
	.kind = METRIC_COUNTER,
};
static const struct metric samples_io = {
	.name = "process.disk.io",
	.unit = "By",
	.help = "Disk bytes transferred.",
	.kind = METRIC_COUNTER,
};
static const struct metric samples_utilization = {
	.name = "process.cpu.utilization",
	.unit = "1",
	.help = "Share of the CPUs that a process used.",
	.kind = METRIC_GAUGE,
};

static const struct attribute samples_resource_attributes[] = {
	{ .key = { "service.name", 12 }, .text = { "checkout", 8 } },
	{ .key = { "service.namespace", 17 }, .text = { "shop", 4 } },
	{ .key = { "service.instance.id", 19 }, .text = { "host-1:4242", 11 } },
	{ .key = { "host.name", 9 }, .text = { "host-1", 6 } },
	{ .key = { "process.pid", 11 }, .type = ATTRIBUTE_INT, .number = 4242 },
};

static struct resource samples_resource(void)
{
	struct resource r = { .references = 1, .id = 7, .attribute_count = 5 };

	memcpy(r.attributes, samples_resource_attributes, sizeof(samples_resource_attributes));
	r.service_name = r.attributes[0].text;
	r.service_namespace = r.attributes[1].text;
	r.service_instance = r.attributes[2].text;
	return r;
}

/* Twice 0.003, 0.8 and 3: exponential buckets -68, -3 and 12 of scale 3. */
static uint64_t samples_buckets[81] = { [0] = 2, [65] = 1, [80] = 1 };
static uint64_t samples_classic[] = { 0, 2, 1, 0, 1 };
static uint64_t samples_classic_empty[5];
static const struct histogram samples_histogram = {
	.bounds = &samples_bounds,
	.count = 4,
	.sum = 3.806,
	.min = 0.003,
	.max = 3,
	.scale = HISTOGRAM_SCALE,
	.first = -68,
	.used = 81,
	.room = 81,
	.buckets = samples_buckets,
	.classic = samples_classic,
};
static const struct histogram samples_histogram_empty = {
	.zero_threshold = 0x1p-16,
	.bounds = &samples_bounds,
	.scale = HISTOGRAM_SCALE,
	.classic = samples_classic_empty,
};

static void samples_histograms(struct metric_sink *sink, const struct resource *r)
{
	const struct attribute get[] = {
		attribute_text(STR("http.route"), STR("/users/{id}")),
		attribute_text(STR("http.request.method"), STR("GET")),
		attribute_int(STR("http.response.status_code"), 200),
	};
	const struct attribute hostile[] = {
		attribute_text(STR("http.request.method"), STR("a\"b\\c\nd\x1b[31m\xff\xc3\xa9")),
	};
	const struct attribute overflow[] = {
		{ .key = STR("otel.metric.overflow"), .type = ATTRIBUTE_BOOL, .number = true },
	};
	struct exemplar exemplars[5] = {};
	struct sample s = { .resource = r,
			    .attributes = get,
			    .attribute_count = 3,
			    .start_unix_ns = SAMPLES_START_UNIX_NS };

	exemplars[1] = (struct exemplar){ .value = 0.003,
					  .unix_ns = samples_exemplar_unix_ns,
					  .trace_id = { 0x4b, 0xf9, [15] = 0x36 },
					  .span_id = { 0xf0, [7] = 0xb7 } };
	exemplars[4] = exemplars[1];
	exemplars[4].value = 3;
	sink->metric(sink, &samples_duration);
	s.histogram = &samples_histogram;
	s.exemplars = exemplars;
	sink->sample(sink, &s);
	s.exemplars = NULL;
	s.attributes = hostile;
	s.attribute_count = 1;
	s.histogram = &samples_histogram_empty;
	sink->sample(sink, &s);
	s.attributes = overflow;
	s.histogram = &samples_histogram;
	sink->sample(sink, &s);
}

static void samples_collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct resource r = samples_resource();
	const struct attribute get = attribute_text(STR("http.request.method"), STR("GET"));
	const struct attribute lost[] = {
		attribute_text(STR("stage"), STR("ring")),
		attribute_text(STR("reason"), STR("full")),
	};
	struct sample s = { .resource = &r, .attributes = &get, .attribute_count = 1 };

	(void)context;
	(void)now_ns;
	samples_histograms(sink, &r);
	sink->metric(sink, &samples_active);
	s.value = 3;
	sink->sample(sink, &s);
	sink->metric(sink, &samples_utilization);
	s.attribute_count = 0;
	s.value = 0.25;
	sink->sample(sink, &s);
	sink->metric(sink, &samples_lost);
	s = (struct sample){ .attributes = lost, .attribute_count = 2, .value = 12 };
	sink->sample(sink, &s);
}

/* Names sonde.lost again: a new series, and one that is there already in another order. */
static void samples_collect_more(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	struct resource r = samples_resource();
	const struct attribute lost[] = {
		attribute_text(STR("reason"), STR("full")),
		attribute_text(STR("stage"), STR("ring")),
	};
	const struct attribute read = attribute_text(STR("disk.io.direction"), STR("read"));
	struct sample s = { .attributes = lost, .attribute_count = 2, .value = 99 };

	(void)context;
	(void)now_ns;
	sink->metric(sink, &samples_io);
	sink->sample(sink, &(struct sample){ .resource = &r,
					     .attributes = &read,
					     .attribute_count = 1,
					     .value = 1234567.0,
					     .start_unix_ns = SAMPLES_START_UNIX_NS });
	sink->metric(sink, &samples_lost);
	sink->sample(sink, &s);
	s.attribute_count = 1;
	s.value = 0;
	sink->sample(sink, &s);
}
