/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp.c - from the options under otlp to one target for each signal.
 *
 * As the OpenTelemetry specification has it: what is set for a signal is used
 * as it is, else what is set for all, and an endpoint for all gets the signal's
 * path. Unlike there, no endpoint means no export.
 */
#include <assert.h>
#include <errno.h>

#include "user/base/mem.h"
#include "user/config/settings.h"

static const char *const signal_paths[] = {
	[OTLP_TRACES] = "v1/traces",
	[OTLP_METRICS] = "v1/metrics",
};
static_assert(ARRAY_SIZE(signal_paths) == OTLP_SIGNALS, "a path each");

/* Has the signal's own option been given, at whatever place? */
static bool is_own(const struct settings *settings, const void *field)
{
	return settings_place(settings, field) > PLACE_DEFAULT;
}

#define CHOSEN(settings, signal, field)                                                            \
	(is_own((settings), &(settings)->otlp_signal[signal].field)                                \
		 ? (settings)->otlp_signal[signal].field                                           \
		 : (settings)->otlp.field)

static char *copy_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct pair_list pairs_copy(const struct pair_list *from)
{
	struct pair_list to = { xcalloc(from->count, sizeof(*to.at)), from->count };

	for (size_t i = 0; i < from->count; i++) {
		to.at[i].key = xstrdup(from->at[i].key);
		to.at[i].value = xstrdup(from->at[i].value);
	}
	return to;
}

/* A URL without a path gets "/", before its query if it has one. */
static char *own_endpoint(const char *url)
{
	size_t host = (size_t)(strstr(url, "//") - url) + 2;
	size_t end = host + strcspn(url + host, "/?");

	return xasprintf("%.*s%s%s", (int)end, url, url[end] == '/' ? "" : "/", url + end);
}

static char *signal_endpoint(const struct settings *settings, enum otlp_signal signal)
{
	const char *base = settings->otlp.endpoint;
	const struct otlp_options *own = &settings->otlp_signal[signal];

	if (settings->config.sdk_disabled)
		return NULL;
	if (is_own(settings, &own->endpoint))
		return own->endpoint ? own_endpoint(own->endpoint) : NULL;
	if (!base)
		return NULL;
	return xasprintf("%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/",
			 signal_paths[signal]);
}

static void target_resolve(struct settings *settings, enum otlp_signal signal, uint64_t most_ms)
{
	struct otlp_target *target = &settings->config.otlp.target[signal];
	struct pair_list headers = CHOSEN(settings, signal, headers);

	target->endpoint = signal_endpoint(settings, signal);
	target->headers = pairs_copy(&headers);
	target->gzip = CHOSEN(settings, signal, compression) == COMPRESSION_GZIP;
	target->timeout_ms = CHOSEN(settings, signal, timeout_ms);
	if (most_ms && target->timeout_ms > most_ms)
		target->timeout_ms = most_ms;
	target->certificate = copy_or_null(CHOSEN(settings, signal, certificate));
	target->client_certificate = copy_or_null(CHOSEN(settings, signal, client_certificate));
	target->client_key = copy_or_null(CHOSEN(settings, signal, client_key));
}

/* A batch that cannot fit into the queue would never be sent when it is full. */
static int batch_check(struct settings *settings, struct config_error *error)
{
	uint32_t *batch = &settings->config.otlp.batch_spans;
	uint32_t queue = settings->config.otlp.queue_spans;

	if (*batch <= queue)
		return 0;
	if (settings_place(settings, batch) > PLACE_OTEL)
		return config_fail(error, "otlp.batch-spans: %u is more than otlp.queue-spans, %u",
				   *batch, queue);
	if (settings_place(settings, batch) == PLACE_OTEL)
		log_warn("batch of spans made as small as their queue", "batch=%u queue=%u", *batch,
			 queue);
	*batch = queue;
	return 0;
}

int otlp_resolve(struct settings *settings, struct config_error *error)
{
	settings->config.otlp.exponential_histograms = settings->histogram == 1;
	target_resolve(settings, OTLP_TRACES, settings->span_timeout_ms);
	target_resolve(settings, OTLP_METRICS, settings->metric_timeout_ms);
	for (size_t i = 0; i < OTLP_SIGNALS; i++) {
		const struct otlp_target *target = &settings->config.otlp.target[i];

		if (!target->client_certificate != !target->client_key)
			return config_fail(error, "otlp.%s: needs otlp.%s as well",
					   target->client_key ? "client-key" : "client-certificate",
					   target->client_key ? "client-certificate"
							      : "client-key");
	}
	return batch_check(settings, error);
}
