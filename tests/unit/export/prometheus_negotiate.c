/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_negotiate.c - mirrors user/export/prometheus/negotiate.c */
#include "tests/test.h"
#include "user/export/prometheus/negotiate.h"

#define PROTOBUF                                                                                   \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

static const struct {
	struct str accept;
	const struct format *want;
	bool escaping;
} accepts[] = {
	{ STR(""), &format_text },
	{ STR("*/*"), &format_text },
	{ STR("text/html,application/xhtml+xml,*/*;q=0.8"), &format_text },
	{ STR("application/json"), &format_text },
	/* Prometheus 2.42 */
	{ STR("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	      "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
	  &format_openmetrics },
	/* the same with native histograms */
	{ STR(PROTOBUF ",application/openmetrics-text;version=1.0.0;q=0.8,"
		       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
	  &format_protobuf },
	/* Prometheus 3 */
	{ STR("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
	      "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
	      "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
	  &format_openmetrics, true },
	{ STR("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.9,text/plain;version=0.0.4;q=0.3"),
	  &format_text },
	{ STR("text/plain;q=0.5, " PROTOBUF ";q=0.7"), &format_protobuf },
	{ STR("text/plain;q=0.7, " PROTOBUF ";q=0.5"), &format_text },
	{ STR("text/plain, " PROTOBUF), &format_text },
	{ STR(PROTOBUF ";q=0"), &format_text },
	{ STR("application/vnd.google.protobuf"), &format_text },
	{ STR("application/vnd.google.protobuf;proto=other;encoding=delimited"), &format_text },
	{ STR("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"),
	  &format_text },
	{ STR("Application/OpenMetrics-Text"), &format_openmetrics },
	{ STR("application/openmetrics-text; version=\"1.0.0\" ; q=1.000"), &format_openmetrics },
	{ STR("application/openmetrics-text;version=0.0.1"), &format_text },
	{ STR("application/openmetrics-text;q=1.5"), &format_text },
	{ STR("application/openmetrics-text;q=1.001"), &format_text },
	{ STR("application/openmetrics-text;q=x"), &format_text },
	{ STR("application/openmetrics-text;x=\"a,b;c\\\"\";q=0.9"), &format_openmetrics },
	{ STR("application/openmetrics-text;x=\", \";q=0.5, text/plain;q=0.7"), &format_text },
	{ STR(",,;;=,application/openmetrics-text,"), &format_openmetrics },
};

TEST(accept_chooses_the_format_liked_best)
{
	EACH(i, accepts) {
		struct wanted got;

		negotiate_format(accepts[i].accept, &got);
		CHECK(got.format == accepts[i].want);
		CHECK(got.escaping == accepts[i].escaping);
	}
}

static const struct {
	struct str header;
	bool want;
} encodings[] = {
	{ STR(""), false },
	{ STR("gzip"), true },
	{ STR("GZip , deflate"), true },
	{ STR("deflate, br"), false },
	{ STR("gzip;q=0"), false },
	{ STR("gzip;q=0.000"), false },
	{ STR("gzip;q=0.1"), true },
	{ STR("identity, gzip;q=0.5"), false },
	{ STR("identity;q=0.5, gzip"), true },
	{ STR("*"), false },
	{ STR("gzipped"), false },
};

TEST(gzip_is_used_only_when_asked_for)
{
	EACH(i, encodings)
		CHECK(negotiate_gzip(encodings[i].header) == encodings[i].want);
}
