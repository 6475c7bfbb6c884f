/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp.c - the OTLP exporter: spans and metrics by HTTP, as protobuf.
 *
 * In:  spans as they are sealed; metrics when metric_interval is over.
 * Out: POST requests to the two configured URLs, one under way for each signal.
 * What is queued, sent, refused and lost is counted: spans in the ledger's export
 * stage, metric points and requests in this exporter's own metrics.
 *
 *	span --encode--> queue --batch--> body --+
 *	                                         +--> sender --> http --> libcurl
 *	collectors --points--> body -------------+       ^ judges, waits, tries again
 */
#include <curl/curl.h>
#include <errno.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/export/exporter.h"
#include "user/export/otlp/reach.h"
#include "user/export/otlp/readings.h"
#include "user/export/otlp/traces.h"
#include "user/model/ledger.h"

struct otlp {
	struct http_client *client;
	struct traces traces;
	struct readings readings;
	struct collector collector;
	struct ledger *ledger;
	bool has[OTLP_SIGNALS];
};

static void collect_requests(const struct otlp *otlp, struct metric_sink *sink)
{
	static const struct metric requests = {
		.name = "sonde.export.requests",
		.unit = "{request}",
		.help = "OTLP requests by what became of them",
		.kind = METRIC_COUNTER,
	};
	const struct sender *senders[OTLP_SIGNALS] = {
		[OTLP_TRACES] = &otlp->traces.sender,
		[OTLP_METRICS] = &otlp->readings.sender,
	};

	sink->metric(sink, &requests);
	for (int i = 0; i < OTLP_SIGNALS; i++)
		for (int fate = 0; otlp->has[i] && fate < FATES; fate++) {
			struct attribute set[] = {
				attribute_text(STR("signal"), str_of(senders[i]->signal)),
				attribute_text(STR("outcome"), str_of(fate_name(fate))),
			};
			struct sample sample = { .attributes = set,
						 .attribute_count = ARRAY_SIZE(set),
						 .value = (double)senders[i]->answers[fate] };

			sink->sample(sink, &sample);
		}
}

static void collect_queue(const struct otlp *otlp, struct metric_sink *sink)
{
	static const struct metric queue = {
		.name = "sonde.export.queue",
		.unit = "{span}",
		.help = "Spans that are queued for OTLP or under way",
		.kind = METRIC_UPDOWN,
	};
	struct sample sample = { .value = (double)traces_inside(&otlp->traces) };

	sink->metric(sink, &queue);
	sink->sample(sink, &sample);
}

static void collect_points(const struct otlp *otlp, struct metric_sink *sink)
{
	static const struct metric points = {
		.name = "sonde.export.points",
		.unit = "{data_point}",
		.help = "Metric data points made for OTLP by what became of them",
		.kind = METRIC_COUNTER,
	};
	static const char *const names[] = {
		[POINTS_ACCEPTED] = "accepted",
		[POINTS_REJECTED] = "rejected",
		[POINTS_LOST] = "lost",
		[POINTS_REPLACED] = "replaced",
	};

	sink->metric(sink, &points);
	for (int fate = 0; fate < POINTS_FATES; fate++) {
		struct attribute outcome = attribute_text(STR("outcome"), str_of(names[fate]));
		struct sample sample = { .attributes = &outcome,
					 .attribute_count = 1,
					 .value = (double)otlp->readings.points[fate] };

		sink->sample(sink, &sample);
	}
}

static void otlp_collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	const struct otlp *otlp = context;

	(void)now_ns;
	collect_requests(otlp, sink);
	if (otlp->has[OTLP_TRACES])
		collect_queue(otlp, sink);
	if (otlp->has[OTLP_METRICS])
		collect_points(otlp, sink);
}

static uint64_t otlp_inside(void *context)
{
	const struct otlp *otlp = context;

	return traces_inside(&otlp->traces);
}

static void otlp_free(void *self)
{
	struct otlp *otlp = self;

	traces_free(&otlp->traces);
	readings_free(&otlp->readings);
	http_client_free(otlp->client);
	otlp->ledger->inside[STAGE_EXPORT] = NULL;
	free(otlp);
	curl_global_cleanup();
}

static int start_traces(struct otlp *otlp, const struct export_context *context, const char **error)
{
	const struct config *config = context->config;

	otlp->traces = (struct traces){
		.sender = { .target = &config->otlp.target[OTLP_TRACES], .loop = context->loop },
		.queue = { .limit_spans = config->otlp.queue_spans,
			   .batch_spans = config->otlp.batch_spans,
			   .ledger = context->ledger },
		.delay_ns = config->otlp.schedule_delay_ms * NS_PER_MS,
	};
	if (traces_init(&otlp->traces, otlp->client, error))
		return -EINVAL;
	context->ledger->inside[STAGE_EXPORT] = otlp_inside;
	context->ledger->inside_context[STAGE_EXPORT] = otlp;
	return 0;
}

static int start_readings(struct otlp *otlp, const struct export_context *context,
			  const char **error)
{
	const struct config *config = context->config;

	otlp->readings = (struct readings){
		.sender = { .target = &config->otlp.target[OTLP_METRICS], .loop = context->loop },
		.collectors = context->collectors,
		.interval_ns = config->otlp.metric_interval_ms * NS_PER_MS,
		.started_unix_ns = context->started_unix_ns,
		.temporality = config->otlp.temporality,
		.exponential = config->otlp.exponential_histograms,
	};
	return readings_init(&otlp->readings, otlp->client, error);
}

static void *otlp_new(const struct export_context *context, const char **error)
{
	const struct config *config = context->config;
	bool has_traces = config->otlp.target[OTLP_TRACES].endpoint,
	     has_metrics = config->otlp.target[OTLP_METRICS].endpoint;
	struct otlp *otlp;

	*error = NULL;
	if (config->sdk_disabled || (!has_traces && !has_metrics))
		return NULL;
	*error = otlp_unreadable(config);
	if (*error)
		return NULL;
	otlp = xcalloc(1, sizeof(*otlp));
	otlp->has[OTLP_TRACES] = has_traces;
	otlp->has[OTLP_METRICS] = has_metrics;
	otlp->ledger = context->ledger;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	otlp->client = http_client_new(context->loop);
	if (!otlp->client)
		*error = "libcurl cannot start";
	else if ((!has_traces || !start_traces(otlp, context, error)) && has_metrics)
		start_readings(otlp, context, error);
	if (*error) {
		otlp_free(otlp);
		return NULL;
	}
	otlp->collector =
		(struct collector){ .name = "otlp", .context = otlp, .collect = otlp_collect };
	collectors_add(context->collectors, &otlp->collector);
	return otlp;
}

static bool otlp_takes_spans(const void *self)
{
	const struct otlp *otlp = self;

	return otlp->has[OTLP_TRACES];
}

static void otlp_span(void *self, const struct span *span)
{
	struct otlp *otlp = self;

	if (otlp->has[OTLP_TRACES])
		traces_span(&otlp->traces, span);
}

static void otlp_flush(void *self)
{
	struct otlp *otlp = self;

	if (otlp->has[OTLP_TRACES])
		traces_drain(&otlp->traces);
	if (otlp->has[OTLP_METRICS])
		readings_drain(&otlp->readings);
}

static bool otlp_done(void *self)
{
	const struct otlp *otlp = self;

	return traces_drained(&otlp->traces) && readings_drained(&otlp->readings);
}

extern const struct exporter exporter_otlp;
const struct exporter exporter_otlp = {
	.name = "otlp",
	.paths = otlp_paths,
	.ports = otlp_ports,
	.resolves = otlp_resolves,
	.new = otlp_new,
	.takes_spans = otlp_takes_spans,
	.span = otlp_span,
	.flush = otlp_flush,
	.done = otlp_done,
	.free = otlp_free,
};
