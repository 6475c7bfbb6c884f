/* SPDX-License-Identifier: Apache-2.0 */
/* otlp.c - mirrors user/config/otlp.c. */
#include <unistd.h>

#include "tests/unit/config/read.h"

static bool endpoints_are(const struct config *c, const char *traces, const char *metrics)
{
	const char *is[] = { c->otlp.target[OTLP_TRACES].endpoint,
			     c->otlp.target[OTLP_METRICS].endpoint };
	const char *want[] = { traces, metrics };

	EACH(i, is)
		if (!is[i] != !want[i] || (is[i] && strcmp(is[i], want[i]))) {
			printf("%s, not %s\n", is[i] ? is[i] : "none", want[i] ? want[i] : "none");
			return false;
		}
	return true;
}

TEST(an_endpoint_for_all_gets_the_signals_path_and_a_signals_own_is_used_as_it_is)
{
	static const struct {
		const char *flags[3], *traces, *metrics;
	} rows[] = {
		{ { "--otlp.endpoint=http://a:1" },
		  "http://a:1/v1/traces",
		  "http://a:1/v1/metrics" },
		{ { "--otlp.endpoint=http://a/" }, "http://a/v1/traces", "http://a/v1/metrics" },
		{ { "--otlp.endpoint=http://a/b" },
		  "http://a/b/v1/traces",
		  "http://a/b/v1/metrics" },
		{ { "--otlp.traces.endpoint=http://a" }, "http://a/", NULL },
		{ { "--otlp.traces.endpoint=http://a?b=c" }, "http://a/?b=c", NULL },
		{ { "--otlp.metrics.endpoint=http://a/x" }, NULL, "http://a/x" },
		{ { "--otlp.endpoint=http://a", "--otlp.traces.endpoint=http://b/t" },
		  "http://b/t",
		  "http://a/v1/metrics" },
		{ { "--otlp.endpoint=http://a", "--otlp.traces.endpoint=" },
		  NULL,
		  "http://a/v1/metrics" },
		{ { "--otlp.endpoint=http://a", "--otlp.disabled" }, NULL, NULL },
		{ { "--otlp.headers=a=b" }, NULL, NULL },
	};

	EACH(i, rows) {
		SCOPED *c = read_options(rows[i].flags, NULL);

		CHECK(c && endpoints_are(c, rows[i].traces, rows[i].metrics));
	}
}

TEST(what_a_signal_does_not_set_it_has_from_all)
{
	SCOPED *c = FLAGS("--otlp.headers=a=b", "--otlp.traces.headers=c=d,e=f",
			  "--otlp.compression=gzip", "--otlp.metrics.compression=none",
			  "--otlp.timeout=3s", "--otlp.traces.timeout=4s", "--otlp.certificate=/ca",
			  "--otlp.client-certificate=/c", "--otlp.client-key=/k",
			  "--otlp.metrics.certificate=/mca");
	const struct otlp_target *traces, *metrics;

	CHECK(c);
	traces = &c->otlp.target[OTLP_TRACES];
	metrics = &c->otlp.target[OTLP_METRICS];
	CHECK(traces->headers.count == 2 && metrics->headers.count == 1);
	CHECK(!strcmp(metrics->headers.at[0].key, "a") && !strcmp(traces->headers.at[1].key, "e"));
	CHECK(traces->gzip && !metrics->gzip);
	CHECK(traces->timeout_ms == 4000 && metrics->timeout_ms == 3000);
	CHECK(!strcmp(traces->certificate, "/ca") && !strcmp(metrics->certificate, "/mca"));
	CHECK(!strcmp(traces->client_key, "/k") && !strcmp(metrics->client_certificate, "/c"));
}

TEST(the_processors_timeout_shortens_that_of_its_signal)
{
	SCOPED *c = FLAGS("--otlp.timeout=1m", "--otlp.span-timeout=7s");
	SCOPED *otel =
		VARIABLES("OTEL_METRIC_EXPORT_TIMEOUT=8000", "OTEL_BSP_EXPORT_TIMEOUT=60000");

	CHECK(c && c->otlp.target[OTLP_TRACES].timeout_ms == 7000);
	CHECK(c->otlp.target[OTLP_METRICS].timeout_ms == 60000);
	CHECK(otel && otel->otlp.target[OTLP_METRICS].timeout_ms == 8000);
	CHECK(otel->otlp.target[OTLP_TRACES].timeout_ms == 10000);
}

TEST(options_that_do_not_fit_together_are_refused)
{
	CHECK(refused(FLAGS("--otlp.client-key=/k"),
		      "otlp.client-key: needs otlp.client-certificate as well"));
	CHECK(refused(FLAGS("--otlp.metrics.client-certificate=/c"),
		      "otlp.client-certificate: needs otlp.client-key as well"));
	CHECK(refused(FLAGS("--otlp.queue-spans=10", "--otlp.batch-spans=11"),
		      "otlp.batch-spans: 11 is more than otlp.queue-spans, 10"));
}

TEST(a_default_batch_shrinks_to_a_small_queue)
{
	SCOPED *c = FLAGS("--otlp.queue-spans=10");

	CHECK(c && c->otlp.batch_spans == 10);
}
