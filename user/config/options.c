/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - every option there is. One more is a row here and a field in
 * struct config; flags, environment, file, help, print and schema follow.
 * Rows of one group (what stands before the first dot) stand together.
 */
#include <assert.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/config/settings.h"

/* The start of a row: its key, its type, its place in struct settings. */
#define OPTION(key_, kind_, field_)                                                                \
	.key = key_, .type = &type_##kind_, .at = offsetof(struct settings, field_)
#define LIST(key_, kind_, field_) OPTION(key_, kind_, field_), .list = true
#define OTLP(name_)		  .otel = "OTEL_EXPORTER_OTLP_" name_

/* When a change of it is taken up; without either a new worker does. */
#define NOW   .taken = TAKEN_AT_ONCE
#define START .taken = TAKEN_AT_START

#define TEXT_OF(number) #number
#define DEFAULT(number) TEXT_OF(number)

/* The kernel's own highest pid. */
#define PID_LIMIT   4194304
#define SHORTEST_MS 1
#define LONGEST_MS  3600000

/* By itself sonde would report its own exports, and those of its receivers. */
#define COLLECTORS                                                                                 \
	"*/sonde,*/otelcol*,*/otel-collector*,*/alloy,*/grafana-agent*,*/fluent-bit,*/vector"

static const char *const compressions[] = {
	[COMPRESSION_NONE] = "none",
	[COMPRESSION_GZIP] = "gzip",
	NULL,
};
static const char *const protocols[] = { "http/protobuf", NULL };
static const char *const temporalities[] = {
	[TEMPORALITY_CUMULATIVE] = "cumulative",
	[TEMPORALITY_DELTA] = "delta",
	[TEMPORALITY_LOWMEMORY] = "lowmemory",
	NULL,
};
static const char *const aggregations[] = {
	"explicit_bucket_histogram",
	"base2_exponential_bucket_histogram",
	NULL,
};
static const char *const propagators[] = {
	[PROPAGATOR_TRACECONTEXT] = "tracecontext",
	[PROPAGATOR_BAGGAGE] = "baggage",
	[PROPAGATOR_B3] = "b3",
	[PROPAGATOR_B3MULTI] = "b3multi",
	[PROPAGATOR_NONE] = "none",
	NULL,
};
static const char *const capture_flavours[] = {
	[CAPTURE_ANY] = "any",
	[CAPTURE_TP_BTF] = "tp_btf",
	[CAPTURE_FEXIT] = "fexit",
	NULL,
};
static const char *const beside_sdk[] = {
	[BESIDE_SDK_JOIN] = "join", [BESIDE_SDK_SUPPRESS] = "suppress", NULL
};

static const char *const console_formats[] = {
	[CONSOLE_OFF] = "off",
	[CONSOLE_TEXT] = "text",
	[CONSOLE_JSON] = "json",
	NULL,
};
static const char *const log_levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
	NULL,
};
static const char *const log_formats[] = {
	[LOG_LOGFMT] = "logfmt",
	[LOG_JSON] = "json",
	NULL,
};

/* type_word's fields. */
static_assert(sizeof(enum otlp_compression) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum temporality) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum sampler_kind) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum capture_flavour) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum console_format) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum log_level) == sizeof(int), "type_word fields are ints");
static_assert(sizeof(enum log_format) == sizeof(int), "type_word fields are ints");

/* clang-format off */

/* What may be set for all signals and for each; a signal's own has no default. */
#define TARGET(group_, variable_, field_, what_, url_, endpoint_, compression_, timeout_,          \
	       protocol_)                                                                          \
	{ OPTION(group_ "endpoint", url_, field_.endpoint), OTLP(variable_ "ENDPOINT"),            \
	  .help = endpoint_ },                                                                     \
	{ LIST(group_ "headers", pair, field_.headers), OTLP(variable_ "HEADERS"),                 \
	  .help = "Headers to send with " what_ "; values may have %41 for A." },                  \
	{ OPTION(group_ "compression", word, field_.compression), OTLP(variable_ "COMPRESSION"),   \
	  .words = compressions, .value = compression_, .help = "How to compress " what_ "." },    \
	{ OPTION(group_ "timeout", duration, field_.timeout_ms), OTLP(variable_ "TIMEOUT"),        \
	  .min = SHORTEST_MS, .max = LONGEST_MS, .value = timeout_,                                \
	  .help = "How long sending " what_ " may take, with all retries." },                      \
	{ OPTION(group_ "certificate", path, field_.certificate), OTLP(variable_ "CERTIFICATE"),   \
	  .help = "Certificates (PEM) to check the receiver of " what_ " with; worker.user must "  \
		  "be able to read them." },                 \
	{ OPTION(group_ "client-certificate", path, field_.client_certificate),                    \
	  OTLP(variable_ "CLIENT_CERTIFICATE"),                                                    \
	  .help = "The certificate (PEM) to show when sending " what_ "; worker.user must be "    \
		  "able to read it." },                       \
	{ OPTION(group_ "client-key", path, field_.client_key), OTLP(variable_ "CLIENT_KEY"),      \
	  .help = "The key (PEM) of that certificate; worker.user must be able to read it." }, \
	{ OPTION(group_ "protocol", word, field_.protocol), OTLP(variable_ "PROTOCOL"),            \
	  .words = protocols, .value = protocol_, .help = "How to send " what_ "." }

const struct option options[] = {
	{ OPTION("config.file", path, config.config_file), NOW,
	  .help = "A YAML file with options, which flags and environment override." },
	{ LIST("watch.pid", number, config.watch.pid), NOW, .min = 1, .max = PID_LIMIT,
	  .help = "Watch these processes and their children." },
	{ LIST("watch.exe", glob, config.watch.exe), NOW,
	  .help = "Watch processes whose executable has such a path." },
	{ LIST("watch.port", ports, config.watch.port), NOW,
	  .help = "Watch processes that listen on such a port, in any network namespace." },
	{ LIST("watch.cgroup", glob, config.watch.cgroup), NOW,
	  .help = "Watch processes in such a control group." },
	{ OPTION("watch.all", bool, config.watch.all), NOW, .value = "false",
	  .help = "Watch every process." },
	{ LIST("watch.exclude.exe", glob, config.watch.exclude_exe), NOW, .value = COLLECTORS,
	  .help = "Never watch processes whose executable has such a path." },
	{ LIST("http.route", route, config.http.route), .help = "Known routes, tried in order." },
	{ LIST("http.ignore", ignore, config.http.ignore),
	  .value = "/healthz=traces,/livez=traces,/readyz=traces",
	  .help = "Routes that make no spans (traces, the default), no metrics, or neither (both)." },
	{ LIST("http.headers", header, config.http.headers),
	  .help = "Request headers to put on spans; never Authorization, Cookie and their like." },
	{ OPTION("http.route-guess", bool, config.http.route_guess), .value = "true",
	  .help = "Turn identifiers in paths that no route matches into {id}." },
	{ LIST("http.known-methods", method, config.http.known_methods),
	  .value = "CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,QUERY,TRACE",
	  .otel = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
	  .help = "Methods that keep their names; others become _OTHER." },
	{ LIST("web.listen-address", address, config.web.listen_address), START, .value = "127.0.0.1:9464",
	  .help = "Where metrics are served; empty: nowhere." },
	{ OPTION("web.telemetry-path", web_path, config.web.telemetry_path), .value = "/metrics",
	  .help = "The path of the metrics." },
	{ OPTION("web.config.file", path, config.web.config_file),
	  .help = "TLS and users of the listener, as the Prometheus exporter-toolkit has it. "
		  "worker.user must be able to read it and the files that it names." },
	{ OPTION("web.max-requests", number, config.web.max_requests), .min = 1, .max = 1000,
	  .value = "40", .help = "Requests answered at once." },
	TARGET("otlp.", "", otlp, "spans and metrics", base_url,
	       "Where to send, without v1/traces or v1/metrics; empty: nowhere.", "none", "10s",
	       "http/protobuf"),
	TARGET("otlp.traces.", "TRACES_", otlp_signal[OTLP_TRACES], "spans", url,
	       "Where to send spans: the whole URL, else otlp.endpoint and v1/traces; empty: nowhere.",
	       NULL, NULL, NULL),
	TARGET("otlp.metrics.", "METRICS_", otlp_signal[OTLP_METRICS], "metrics", url,
	       "Where to send metrics: the whole URL, else otlp.endpoint and v1/metrics; empty: nowhere.",
	       NULL, NULL, NULL),
	{ OPTION("otlp.disabled", bool, config.sdk_disabled), .value = "false",
	  .otel = "OTEL_SDK_DISABLED", .help = "Export nothing by OTLP, whatever else is set." },
	{ OPTION("otlp.queue-spans", number, config.otlp.queue_spans), .min = 1, .max = 1000000,
	  .value = DEFAULT(LIMIT_EXPORT_QUEUE_SPANS_DEFAULT), .otel = "OTEL_BSP_MAX_QUEUE_SIZE",
	  .help = "Spans that may wait for export; more are dropped and counted." },
	{ OPTION("otlp.batch-spans", number, config.otlp.batch_spans), .min = 1, .max = 100000,
	  .value = "512", .otel = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", .help = "Spans sent at once." },
	{ OPTION("otlp.schedule-delay", duration, config.otlp.schedule_delay_ms),
	  .min = SHORTEST_MS, .max = LONGEST_MS, .value = "5s", .otel = "OTEL_BSP_SCHEDULE_DELAY",
	  .help = "How long a span waits for others at most." },
	{ OPTION("otlp.span-timeout", duration, span_timeout_ms), .min = SHORTEST_MS,
	  .max = LONGEST_MS, .otel = "OTEL_BSP_EXPORT_TIMEOUT",
	  .help = "How long sending a batch of spans may take, where otlp.timeout is longer." },
	{ OPTION("otlp.metric-interval", duration, config.otlp.metric_interval_ms), .min = 100,
	  .max = LONGEST_MS, .value = "1m", .otel = "OTEL_METRIC_EXPORT_INTERVAL",
	  .help = "How often metrics are sent." },
	{ OPTION("otlp.metric-timeout", duration, metric_timeout_ms), .min = SHORTEST_MS,
	  .max = LONGEST_MS, .otel = "OTEL_METRIC_EXPORT_TIMEOUT",
	  .help = "How long sending metrics may take, where otlp.timeout is longer." },
	{ OPTION("otlp.temporality", word, config.otlp.temporality), .words = temporalities,
	  .value = "cumulative", .otel = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
	  .help = "What the values of metrics count from." },
	{ OPTION("otlp.histogram-aggregation", word, histogram), .words = aggregations,
	  .value = "explicit_bucket_histogram",
	  .otel = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
	  .help = "How histograms are sent." },
	{ OPTION("trace.sampler", word, config.trace.sampler.kind), .words = sampler_words,
	  .value = "parentbased_always_on", .otel = "OTEL_TRACES_SAMPLER",
	  .help = "Which spans are exported; metrics are made of all." },
	{ OPTION("trace.ratio", ratio, config.trace.sampler.ratio), .value = "1",
	  .otel = "OTEL_TRACES_SAMPLER_ARG",
	  .help = "The part of the traces that the traceidratio samplers keep." },
	{ OPTION("trace.keep-slower-than", duration, config.trace.keep_slower_than_ms), .min = 0,
	  .max = LONGEST_MS, .value = "off",
	  .help = "Keep traces in which a span takes longer, whatever the sampler said." },
	{ OPTION("trace.keep-errors", bool, config.trace.keep_errors), .value = "false",
	  .help = "Keep traces in which a span failed, whatever the sampler said." },
	{ LIST("trace.propagators", word, config.trace.propagators), .words = propagators,
	  .value = "tracecontext,baggage,b3,b3multi", .otel = "OTEL_PROPAGATORS",
	  .help = "Headers that a request's trace is read from; b3 and b3multi are read alike." },
	{ LIST("trace.baggage", baggage, config.trace.baggage),
	  .help = "Members of the header baggage to put on spans, by key; user.* is all that begin so. "
		  "What is in baggage leaves this host with the spans." },
	{ OPTION("trace.beside-sdk", word, config.trace.beside_sdk), .words = beside_sdk,
	  .value = "join",
	  .help = "Of programs that send spans themselves: take the ids of their calls (join), or "
		  "send no spans of theirs (suppress)." },
	{ OPTION("service.graph", bool, config.service_graph), .value = "true",
	  .help = "Count requests by who calls whom, as sonde_service_requests_total." },
	{ OPTION("collect.runtimes", bool, config.collect.runtimes), START, .value = "true",
	  .help = "Tell of the pauses of runtimes (garbage collection and others): read the "
		  "executables of what is watched and put probes into them." },
	{ OPTION("collect.jvm", bool, config.collect.jvm), .value = "true",
	  .help = "Read the counters that HotSpot keeps of each JVM (hsperfdata): memory, safepoints, "
		  "collections, threads, classes." },
	{ OPTION("capture.flavour", word, config.capture_flavour), START,
	  .words = capture_flavours, .value = "any",
	  .help = "Where the kernel has several kinds of hooks: the only one to use." },
	{ OPTION("console.format", word, config.console), .words = console_formats, .value = "off",
	  .help = "A span a line on standard output." },
	{ OPTION("tape.record", path, config.tape_record), START,
	  .help = "Write what the kernel half reports to this file, for sonde replay." },
	{ OPTION("log.level", word, config.log_level), .words = log_levels, .value = "info",
	  .help = "The least that is logged, to standard error." },
	{ OPTION("log.format", word, config.log_format), .words = log_formats, .value = "logfmt",
	  .help = "How it is logged." },
	{ OPTION("limit.series", number, config.limit.series), .min = 1, .max = 1000000,
	  .value = DEFAULT(LIMIT_SERIES_DEFAULT),
	  .help = "Series of one metric and service; what comes after shares one." },
	{ OPTION("limit.series-total", number, config.limit.series_total), .min = 1, .max = 1000000,
	  .value = DEFAULT(LIMIT_SERIES_TOTAL_DEFAULT),
	  .help = "Series of all services together; what comes after shares one an instance." },
	{ OPTION("limit.ended-series", seconds, config.limit.ended_series_s), .min = 1000,
	  .max = 86400000, .value = DEFAULT(LIMIT_ENDED_SERIES_DEFAULT_S) "s",
	  .help = "How long series of what has ended stay." },
	{ OPTION("limit.head-bytes", number, config.limit.head_bytes), .min = 256,
	  .max = LIMIT_HEAD_BYTES_DEFAULT, .value = DEFAULT(LIMIT_HEAD_BYTES_DEFAULT),
	  .help = "Bytes of the head of a message that are read." },
	{ OPTION("limit.connections", number, config.limit.connections), .min = 1, .max = 10000000,
	  .value = DEFAULT(LIMIT_CONNECTIONS_DEFAULT), .help = "Connections followed at once." },
	{ OPTION("limit.exchanges", number, config.limit.exchanges), .min = 1, .max = 10000000,
	  .value = DEFAULT(LIMIT_EXCHANGES_DEFAULT), .help = "Requests followed at once." },
	{ OPTION("limit.trace-wait", duration, config.limit.trace_wait_ms), .min = 100,
	  .max = 60000, .value = "5s",
	  .help = "How long a span waits until its parent is known." },
	{ OPTION("limit.trace-spans", number, config.limit.trace_spans), .min = 16, .max = 1000000,
	  .value = DEFAULT(LIMIT_TRACE_SPANS_DEFAULT),
	  .help = "Spans that wait at once; half as many are known after they were given out." },
	{ OPTION("limit.processes", number, config.limit.processes), START, .min = 1,
	  .max = PID_LIMIT, .value = DEFAULT(LIMIT_PROCESSES_DEFAULT),
	  .help = "Processes known at once." },
	{ OPTION("limit.loops", number, config.limit.loops), START, .min = 1, .max = 1000000,
	  .value = DEFAULT(LIMIT_LOOPS_DEFAULT), .help = "Event loops followed at once." },
	{ OPTION("limit.attribute-bytes", number, config.limit.attribute_bytes), .min = 32,
	  .max = LIMIT_SPAN_TEXT_BYTES, .value = DEFAULT(LIMIT_ATTRIBUTE_BYTES),
	  .otel = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
	  .help = "Bytes of one attribute's value; longer ones are cut." },
	{ OPTION("worker.user", user, config.worker_user),
	  .help = "The user, by name or number, that the unprivileged worker runs as: certificates "
		  "and keys are read by it. Without one: the user sonde, else an id of no account." },
};

/* clang-format on */

const size_t option_count = ARRAY_SIZE(options);

const struct option *option_find(struct str key)
{
	for (size_t i = 0; i < option_count; i++)
		if (str_eq(key, str_of(options[i].key)))
			return &options[i];
	return NULL;
}
