/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.c - known spans and metrics through the OTLP exporter, to a receiver.
 *
 *	fixture ENDPOINT [gzip] [delta] [exponential] [ca=FILE] [cert=FILE] [key=FILE]
 *
 * Prints the ledger's export stage and ends with 0 once everything was taken.
 * What is sent is what `run` looks for.
 */
#include <stdio.h>

#include "user/base/clock.h"
#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/export/exporter.h"
#include "user/model/ledger.h"
#include "user/model/metric.h"
#include "user/model/resource.h"
#include "user/model/span.h"

enum { MANY = 2000, DEADLINE_S = 30 };

extern const struct exporter exporter_otlp;

static const double bounds_at[] = { 0.005, 0.25, 1, 5 };
static const struct histogram_bounds bounds = { bounds_at, ARRAY_SIZE(bounds_at) };
static struct resource *shop;
static double orders = 7;
static struct histogram durations;

static struct attribute attribute_real(struct str key, double real)
{
	return (struct attribute){ .key = key, .type = ATTRIBUTE_DOUBLE, .real = real };
}

static void set_option(struct config *config, char *option)
{
	struct otlp_target *targets = config->otlp.target;
	char *value = strchr(option, '=');

	for (int i = 0; i < OTLP_SIGNALS; i++) {
		if (!strcmp(option, "gzip"))
			targets[i].gzip = true;
		else if (!strncmp(option, "ca=", 3))
			targets[i].certificate = value + 1;
		else if (!strncmp(option, "cert=", 5))
			targets[i].client_certificate = value + 1;
		else if (!strncmp(option, "key=", 4))
			targets[i].client_key = value + 1;
	}
	if (!strcmp(option, "delta"))
		config->otlp.temporality = TEMPORALITY_DELTA;
	if (!strcmp(option, "exponential"))
		config->otlp.exponential_histograms = true;
}

static void sample(struct metric_sink *sink, const char *name, const char *unit,
		   enum metric_kind kind, double value, const struct resource *resource)
{
	const struct metric metric = { name, unit, "help of it", kind, NULL };
	const struct attribute color = attribute_text(STR("color"), STR("blue"));
	const struct sample one = { .resource = resource,
				    .attributes = &color,
				    .attribute_count = 1,
				    .start_unix_ns = 1000,
				    .value = value };

	sink->metric(sink, &metric);
	sink->sample(sink, &one);
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	const struct metric metric = { "shop.duration", "s", "help of it", METRIC_HISTOGRAM,
				       &bounds };
	struct exemplar exemplars[ARRAY_SIZE(bounds_at) + 1] = {
		[2] = { 0.5, 1234, "0123456789abcde", "1234567" },
	};
	const struct sample one = { .resource = shop,
				    .start_unix_ns = 1000,
				    .histogram = &durations,
				    .exemplars = exemplars };

	(void)context;
	(void)now_ns;
	sample(sink, "shop.orders", "{order}", METRIC_COUNTER, orders, shop);
	sample(sink, "shop.active", "{request}", METRIC_UPDOWN, 3, shop);
	sample(sink, "shop.load", "1", METRIC_GAUGE, 0.5, shop);
	sample(sink, "sonde.own", "s", METRIC_COUNTER, 1.5, NULL);
	sink->metric(sink, &metric);
	sink->sample(sink, &one);
}

static struct span span_new(uint32_t number, enum span_kind kind, struct str name)
{
	struct span span = { .kind = kind, .name = name, .resource = shop, .sampled = true };

	span.context.trace_id[0] = 0xaa;
	span.context.span_id[0] = 0xbb;
	memcpy(span.context.trace_id + 12, &number, sizeof(number));
	memcpy(span.context.span_id + 4, &number, sizeof(number));
	span.context.flags = TRACE_FLAG_SAMPLED;
	span.start_unix_ns = 1700000000000000000 + number;
	span.end_unix_ns = span.start_unix_ns + 12345678;
	return span;
}

static void send_spans(void *self)
{
	struct span server = span_new(1, SPAN_SERVER, STR("GET /users/{id}"));
	struct span client = span_new(2, SPAN_CLIENT, STR("GET"));

	server.has_parent = server.parent_is_remote = true;
	memcpy(server.parent_id, "\1\2\3\4\5\6\7\10", SPAN_ID_BYTES);
	server.context.state = STR("vendor=1,other=2");
	span_add_text(&server, STR("url.path"), STR("/users/\xff\xc3\xa9"));
	span_add_int(&server, STR("http.response.status_code"), 200);
	span_add(&server, attribute_real(STR("ratio"), 0.25));
	span_add(&server, (struct attribute){ STR("flag"), ATTRIBUTE_BOOL, { .number = 1 } });
	span_add(&server, (struct attribute){ STR("http.request.header.x"),
					      ATTRIBUTE_TEXTS,
					      { .text = STR("one") } });
	server.attributes_dropped = 4;
	exporter_otlp.span(self, &server);

	client.status = STATUS_ERROR;
	client.error_type = STR("500");
	client.resource = NULL;
	exporter_otlp.span(self, &client);
	for (uint32_t i = 3; i <= MANY; i++) {
		struct span span = span_new(i, SPAN_SERVER, STR("GET /many"));

		exporter_otlp.span(self, &span);
	}
}

static bool run(struct loop *loop, void *self)
{
	uint64_t deadline_ns = monotonic_ns() + DEADLINE_S * NS_PER_S;

	while (!exporter_otlp.done(self) && monotonic_ns() < deadline_ns)
		loop_once(loop, 10);
	return exporter_otlp.done(self);
}

/* Two collections, so that differences have something to begin at. */
static bool export_all(struct loop *loop, void *self, const struct config *config)
{
	uint64_t until_ns = monotonic_ns() + 3 * config->otlp.metric_interval_ms * NS_PER_MS / 2;

	send_spans(self);
	while (monotonic_ns() < until_ns)
		loop_once(loop, 10);
	orders += 5;
	histogram_observe(&durations, 2);
	exporter_otlp.flush(self);
	return run(loop, self);
}

int main(int argc, char **argv)
{
	const struct attribute about[] = { attribute_text(STR("service.name"), STR("shop")),
					   attribute_text(STR("service.instance.id"), STR("i-1")) };
	struct config config = { .otlp = { .queue_spans = 4 * MANY,
					   .batch_spans = 128,
					   .schedule_delay_ms = 50,
					   .metric_interval_ms = 200 } };
	struct collectors collectors;
	struct collector collector = { .name = "fixture", .collect = collect };
	struct ledger ledger = {};
	struct export_context context = { .config = &config,
					  .loop = loop_new(),
					  .collectors = &collectors,
					  .ledger = &ledger,
					  .started_unix_ns = 2000 };
	const char *error;
	bool all_taken;
	void *self;

	if (argc < 2)
		return 2;
	config.otlp.target[OTLP_TRACES].endpoint = xasprintf("%s/v1/traces", argv[1]);
	config.otlp.target[OTLP_METRICS].endpoint = xasprintf("%s/v1/metrics", argv[1]);
	for (int i = 0; i < OTLP_SIGNALS; i++)
		config.otlp.target[i].timeout_ms = 10000;
	for (int i = 2; i < argc; i++)
		set_option(&config, argv[i]);
	shop = resource_new(about, ARRAY_SIZE(about));
	histogram_init(&durations, &bounds);
	histogram_observe(&durations, 0.5);
	histogram_observe(&durations, 0.001);
	collectors_init(&collectors);
	collectors_add(&collectors, &collector);
	self = exporter_otlp.new(&context, &error);
	if (!self) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	all_taken = export_all(context.loop, self, &config);
	printf("in=%llu out=%llu inside=%llu\n", (unsigned long long)ledger.in[STAGE_EXPORT],
	       (unsigned long long)ledger.out[STAGE_EXPORT],
	       (unsigned long long)ledger.inside[STAGE_EXPORT](self));
	exporter_otlp.free(self);
	return all_taken ? 0 : 1;
}
