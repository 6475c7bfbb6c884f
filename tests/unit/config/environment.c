/* SPDX-License-Identifier: Apache-2.0 */
/* environment.c - mirrors user/config/environment.c. */
#include <unistd.h>

#include "tests/unit/config/read.h"

/* What reading these variables logs; standard error is a file of its own meanwhile. */
static struct config *read_logged(const char *const *variables, char *logged, size_t size)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	struct config *config;
	size_t len;

	dup2(fileno(file), STDERR_FILENO);
	config = read_options(NULL, variables);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	len = fread(logged, 1, size - 1, file);
	logged[len] = '\0';
	fclose(file);
	return config;
}

TEST(a_variable_is_the_key_in_upper_case)
{
	SCOPED *c = VARIABLES("SONDE_WEB_LISTEN_ADDRESS=:1,:2", "SONDE_WATCH_EXCLUDE_EXE=x",
			      "SONDE_HTTP_ROUTE_GUESS=off", "SONDE_OTLP_TRACES_ENDPOINT=http://a",
			      "PATH=/bin", "SONDE", "NOTSONDE_X=1");

	CHECK(c && c->web.listen_address.count == 2 && c->watch.exclude_exe.count == 1);
	CHECK(!c->http.route_guess && c->otlp.target[OTLP_TRACES].endpoint);
}

TEST(an_unknown_variable_is_refused_with_the_nearest_name)
{
	CHECK(refused(VARIABLES("SONDE_WACH_PORT=80"),
		      "SONDE_WACH_PORT: unknown variable; did you mean SONDE_WATCH_PORT?"));
	CHECK(refused(VARIABLES("SONDE_COLOUR=1"), "SONDE_COLOUR: unknown variable; see --help"));
	CHECK(refused(VARIABLES("SONDE_WATCH_PORT=x"),
		      "SONDE_WATCH_PORT: \"x\" is not a port from 1 to 65535 or a range like "
		      "8000-8099"));
	CHECK(refused(VARIABLES("SONDE_WEB_MAX_REQUESTS="),
		      "SONDE_WEB_MAX_REQUESTS: \"\" is not a number from 1 to 1000"));
}

TEST(what_tests_and_kubernetes_set_is_no_option)
{
	SCOPED *c = VARIABLES("SONDE_CACHE=/x", "SONDE_TEST_X=1", "SONDE_SERVICE_HOST=10.0.0.1",
			      "SONDE_SERVICE_PORT=9464", "SONDE_SERVICE_PORT_METRICS=9464",
			      "SONDE_PORT=tcp://10.0.0.1:9464",
			      "SONDE_PORT_9464_TCP=tcp://10.0.0.1:9464",
			      "SONDE_PORT_9464_TCP_PROTO=tcp", "SONDE_PORT_9464_TCP_PORT=9464");

	CHECK(c);
	CHECK(refused(VARIABLES("SONDE_PORT=80"), "SONDE_PORT: unknown variable; see --help"));
	CHECK(refused(VARIABLES("SONDE_CACHES=80"), "SONDE_CACHES: unknown variable; see --help"));
}

TEST(otel_variables_are_read_by_opentelemetrys_rules)
{
	SCOPED *c = VARIABLES(
		"OTEL_BSP_SCHEDULE_DELAY=250", "OTEL_BSP_MAX_QUEUE_SIZE=100",
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE=50", "OTEL_METRIC_EXPORT_INTERVAL=1000",
		"OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.5",
		"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=100",
		"OTEL_EXPORTER_OTLP_TIMEOUT=", "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS=GET,POST",
		"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=DELTA",
		"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION="
		"base2_exponential_bucket_histogram",
		"OTEL_SERVICE_NAME=of no meaning here");

	CHECK(c && c->otlp.schedule_delay_ms == 250 && c->otlp.queue_spans == 100);
	CHECK(c->otlp.batch_spans == 50 && c->otlp.metric_interval_ms == 1000);
	CHECK(c->trace.sampler.kind == SAMPLER_RATIO && c->trace.sampler.ratio == 0.5);
	CHECK(c->limit.attribute_bytes == 100 && c->http.known_methods.count == 2);
	CHECK(c->otlp.target[OTLP_TRACES].timeout_ms == 10000);
	CHECK(c->otlp.temporality == TEMPORALITY_DELTA && c->otlp.exponential_histograms);
}

TEST(a_bad_otel_variable_is_said_and_ignored)
{
	static const struct {
		const char *variable, *logged;
	} rows[] = {
		{ "OTEL_BSP_SCHEDULE_DELAY=5s", "not a number of milliseconds" },
		{ "OTEL_BSP_MAX_QUEUE_SIZE=many", "is not a number from 1 to 1000000" },
		{ "OTEL_TRACES_SAMPLER=jaeger_remote", "is not one of always_on" },
		{ "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "is not http/protobuf" },
		{ "OTEL_EXPORTER_OTLP_ENDPOINT=collector", "must be a URL" },
		{ "OTEL_EXPORTER_OTLP_HEADERS=a=b,c", "must be a header" },
		{ "OTEL_SDK_DISABLED=1", "taken for false" },
		{ "OTEL_CONFIG_FILE=/x", "sonde reads its own file" },
	};
	char logged[4096];

	EACH(i, rows) {
		SCOPED *c = read_logged((const char *const[]){ rows[i].variable, NULL }, logged,
					sizeof(logged));

		if (!strstr(logged, rows[i].logged))
			printf("%s: %s\n", rows[i].variable, logged);
		CHECK(c && strstr(logged, "level=warn") && strstr(logged, rows[i].logged));
		CHECK(c->otlp.schedule_delay_ms == 5000 && c->otlp.queue_spans == 16384);
		CHECK(c->trace.sampler.kind == SAMPLER_PARENT_ALWAYS_ON && !c->sdk_disabled);
		CHECK(!c->otlp.target[OTLP_TRACES].endpoint &&
		      !c->otlp.target[OTLP_TRACES].headers.count);
	}
}

/* Bit i: propagator i. */
static unsigned int propagators_of(const char *value)
{
	_cleanup_(freep) char *variable = xasprintf("OTEL_PROPAGATORS=%s", value);
	SCOPED *c = VARIABLES(variable);
	unsigned int bits = 0;

	for (int i = PROPAGATOR_TRACECONTEXT; c && i <= PROPAGATOR_NONE; i++)
		bits |= (unsigned int)word_list_has(&c->trace.propagators, i) << i;
	return bits;
}

TEST(of_otel_propagators_each_name_counts_and_those_unknown_do_not)
{
	enum { TRACECONTEXT = 1, BAGGAGE = 2, B3 = 4, B3MULTI = 8, NONE = 16 };
	static const struct {
		const char *value;
		unsigned int bits;
	} rows[] = {
		{ "", TRACECONTEXT | BAGGAGE | B3 | B3MULTI },
		{ "b3", B3 },
		{ " TraceContext , baggage,tracecontext", TRACECONTEXT | BAGGAGE },
		{ "b3multi,baggage", B3MULTI | BAGGAGE },
		{ "jaeger", TRACECONTEXT | BAGGAGE | B3 | B3MULTI },
		{ "none", NONE },
	};
	char logged[4096];
	SCOPED *c = read_logged((const char *const[]){ "OTEL_PROPAGATORS=b3,jaeger,", NULL },
				logged, sizeof(logged));

	EACH(i, rows)
		CHECK(propagators_of(rows[i].value) == rows[i].bits);
	CHECK(c && strstr(logged, "OTEL_PROPAGATORS: \\\"jaeger\\\" is not one of tracecontext"));
	CHECK(c->trace.propagators.count == 1);
}

TEST(sondes_own_variable_beats_opentelemetrys_in_either_order)
{
	SCOPED *a = VARIABLES("OTEL_TRACES_SAMPLER_ARG=0.5", "SONDE_TRACE_RATIO=0.25");
	SCOPED *b = VARIABLES("SONDE_TRACE_RATIO=0.25", "OTEL_TRACES_SAMPLER_ARG=0.5");

	CHECK(a && b && a->trace.sampler.ratio == 0.25 && b->trace.sampler.ratio == 0.25);
}
