/* SPDX-License-Identifier: Apache-2.0 */
/* types.c - mirrors user/config/types.c, durations.c, texts.c, parts.c and field.c. */
#include "tests/unit/config/read.h"
#include "user/config/field.h"

/* What `text` becomes when it is read and printed; NULL: it is refused. */
static const struct row {
	const char *key, *text, *printed;
} rows[] = {
	{ "watch.all", "on", "true" },
	{ "watch.all", "FALSE", "false" },
	{ "watch.all", "yes", NULL },
	{ "watch.all", "", NULL },
	{ "web.max-requests", "1", "1" },
	{ "web.max-requests", "1000", "1000" },
	{ "web.max-requests", " 7 ", "7" },
	{ "web.max-requests", "0", NULL },
	{ "web.max-requests", "1001", NULL },
	{ "web.max-requests", "-1", NULL },
	{ "web.max-requests", "4294967297", NULL },
	{ "web.max-requests", "18446744073709551617", NULL },
	{ "web.max-requests", "1e2", NULL },
	{ "watch.pid", "1,2, 3", "[1, 2, 3]" },
	{ "watch.pid", "", "[]" },
	{ "watch.pid", "1,,2", NULL },
	{ "watch.pid", "0", NULL },
	{ "trace.ratio", "0.25", "0.25" },
	{ "trace.ratio", "0.1", "0.1" },
	{ "trace.ratio", "-0", "0" },
	{ "trace.ratio", "1.01", NULL },
	{ "trace.ratio", "nan", NULL },
	{ "trace.ratio", "0x1", NULL },
	{ "trace.ratio", "", NULL },
	{ "otlp.timeout", "250ms", "250ms" },
	{ "otlp.timeout", "120s", "2m" },
	{ "otlp.timeout", "1h", "1h" },
	{ "otlp.timeout", "61m", NULL },
	{ "otlp.timeout", "0ms", NULL },
	{ "otlp.timeout", "10", NULL },
	{ "otlp.timeout", "s", NULL },
	{ "otlp.timeout", "99999999999999999999h", NULL },
	{ "otlp.timeout", "5124095576030431h", NULL },
	{ "trace.keep-slower-than", "off", "\"off\"" },
	{ "trace.keep-slower-than", "0", "\"off\"" },
	{ "limit.ended-series", "90s", "90s" },
	{ "limit.ended-series", "1500ms", NULL },
	{ "limit.ended-series", "off", NULL },
	{ "console.format", "JSON", "\"json\"" },
	{ "console.format", "xml", NULL },
	{ "trace.sampler", "traceidratio", "\"traceidratio\"" },
	{ "tape.record", "/tmp/a \"b\"\\", "\"/tmp/a \\\"b\\\"\\\\\"" },
	{ "tape.record", "", "\"\"" },
	{ "tape.record", "a\nb", NULL },
	{ "tape.record", "\xff", NULL },
	{ "tape.record", "\xc3\xa9\xe2\x80\xa8", "\"\xc3\xa9\\u2028\"" },
	{ "worker.user", "nobody", "\"nobody\"" },
	{ "worker.user", "4242", "\"4242\"" },
	{ "worker.user", "", NULL },
	{ "worker.user", "0", NULL },
	{ "worker.user", "00", NULL },
	{ "worker.user", "root", NULL },
	{ "worker.user", "-1", NULL },
	{ "worker.user", "4294967295", NULL },
	{ "worker.user", "4294967296", NULL },
	{ "worker.user", "99999999999999999999999", NULL },
	{ "worker.user", "nosuchuser", NULL },
	{ "worker.user", "12 ab", NULL },
	{ "watch.exe", "*/node,/opt/*", "[\"*/node\", \"/opt/*\"]" },
	{ "watch.port", "8080,8000-8099", "[8080, \"8000-8099\"]" },
	{ "watch.port", "80 - 80", "[80]" },
	{ "watch.port", "0", NULL },
	{ "watch.port", "65536", NULL },
	{ "watch.port", "90-80", NULL },
	{ "watch.port", "80-", NULL },
	{ "watch.port", "1-2-3", NULL },
	{ "http.route", "/users/{id},/files/**", "[\"/users/{id}\", \"/files/**\"]" },
	{ "http.route", "users", NULL },
	{ "http.route", "/a?b", NULL },
	{ "http.route", "/**/b", NULL },
	{ "http.route", "/{a}b", NULL },
	{ "http.ignore", "/a*", NULL },
	{ "http.ignore", "/a", "[\"/a=traces\"]" },
	{ "http.ignore", "/a=both, /b=Metrics", "[\"/a=both\", \"/b=metrics\"]" },
	{ "http.ignore", "/a=all", NULL },
	{ "http.ignore", "a=both", NULL },
	{ "http.headers", "X-Request-Id", "[\"x-request-id\"]" },
	{ "http.headers", "x y", NULL },
	{ "trace.baggage", "user.id", "[\"user.id\"]" },
	{ "trace.baggage", "User.*,tenant", "[\"User.*\", \"tenant\"]" },
	{ "trace.baggage", "*", "[\"*\"]" },
	{ "trace.baggage", "a b", NULL },
	{ "trace.baggage", "a=b", NULL },
	{ "trace.baggage", "authorization", NULL },
	{ "trace.baggage", "a,Cookie", NULL },
	{ "trace.propagators", "tracecontext,B3", "[\"tracecontext\", \"b3\"]" },
	{ "trace.propagators", "tracecontext,jaeger", NULL },
	{ "http.headers", "Authorization", NULL },
	{ "http.known-methods", "GET,PURGE", "[\"GET\", \"PURGE\"]" },
	{ "http.known-methods", "G(T", NULL },
	{ "web.listen-address", ":9464,[::1]:0", "[\":9464\", \"[::1]:0\"]" },
	{ "web.listen-address", "", "[]" },
	{ "web.listen-address", "localhost", NULL },
	{ "web.listen-address", "::1:80", NULL },
	{ "web.listen-address", "a:65536", NULL },
	{ "web.listen-address", "[]:1", NULL },
	{ "web.telemetry-path", "/m", "\"/m\"" },
	{ "web.telemetry-path", "m", NULL },
	{ "otlp.endpoint", "HTTPS://a.b:4318/x", "\"HTTPS://a.b:4318/x\"" },
	{ "otlp.endpoint", "http://[::1]:4318", "\"http://[::1]:4318\"" },
	{ "otlp.endpoint", "http://u:p@h/", "\"http://****@h/\"" },
	{ "otlp.endpoint", "http://u:p@", NULL },
	{ "otlp.endpoint", "ftp://a", NULL },
	{ "otlp.endpoint", "http://", NULL },
	{ "otlp.endpoint", "http://a:0", NULL },
	{ "otlp.endpoint", "http://a:b", NULL },
	{ "otlp.endpoint", "http://a/?x=y", NULL },
	{ "otlp.endpoint", "http://a b", NULL },
	{ "otlp.traces.endpoint", "http://a/?key=secret", "\"http://a/?****\"" },
	{ "otlp.traces.endpoint", "http://a/#b", NULL },
	{ "otlp.headers", "a=b%20c,d=", "[\"a=****\", \"d=****\"]" },
	{ "otlp.headers", "A: b", "[\"A=****\"]" },
	{ "otlp.headers", "a", NULL },
	{ "otlp.headers", "=b", NULL },
	{ "otlp.headers", "a b=c", NULL },
	{ "otlp.headers", "a=%4", NULL },
	{ "otlp.headers", "a=%zz", NULL },
	{ "otlp.headers", "a=%0d%0a", NULL },
	{ "otlp.headers", "a=%00", NULL },
	{ "otlp.headers", "a=%ff", NULL },
};

static char *read_and_print(const struct option *option, const char *text, int *ret)
{
	_Alignas(max_align_t) char field[64] = {};
	struct str value = { test_tight(text, strlen(text)), strlen(text) }, bad;
	char *printed;
	size_t len;
	FILE *to = open_memstream(&printed, &len);

	*ret = field_add(option, field, value, &bad);
	field_print(option, field, to);
	fclose(to);
	field_clear(option, field);
	free((char *)value.at);
	return printed;
}

TEST(each_type_reads_what_is_one_and_refuses_the_rest)
{
	EACH(i, rows) {
		const struct option *option = option_find(str_of(rows[i].key));
		_cleanup_(freep) char *text = NULL;
		int r;

		CHECK(option);
		text = read_and_print(option, rows[i].text, &r);
		if (!!r != !rows[i].printed || (!r && strcmp(text, rows[i].printed)))
			printf("%s: %s: %s\n", rows[i].key, rows[i].text, text);
		CHECK(!!r == !rows[i].printed);
		CHECK(r || !strcmp(text, rows[i].printed));
	}
}

TEST(a_refused_list_leaves_the_field_as_it_was)
{
	const struct option *option = option_find(STR("watch.exe"));
	struct text_list list = {};
	struct str bad;

	CHECK(!field_add(option, &list, STR("a,b"), &bad));
	CHECK(field_add(option, &list, STR("c,,d"), &bad) == -EINVAL && bad.len == 0);
	CHECK(list.count == 2 && !strcmp(list.at[1], "b"));
	CHECK(!field_add(option, &list, STR("c"), &bad) && list.count == 3);
	field_clear(option, &list);
	CHECK(!list.at && !list.count);
}

TEST(a_list_is_bounded)
{
	const struct option *option = option_find(STR("watch.pid"));
	_cleanup_(freep) char *text = malloc(2 * LIMIT_LIST_ITEMS + 2);
	struct number_list list = {};
	struct str bad;

	for (size_t i = 0; i <= LIMIT_LIST_ITEMS; i++)
		memcpy(text + 2 * i, "1,", 2);
	CHECK(field_add(option, &list, (struct str){ text, 2 * LIMIT_LIST_ITEMS + 2 }, &bad) ==
	      -E2BIG);
	CHECK(!field_add(option, &list, (struct str){ text, 2 * LIMIT_LIST_ITEMS }, &bad));
	CHECK(list.count == LIMIT_LIST_ITEMS);
	CHECK(field_add(option, &list, STR("1"), &bad) == -E2BIG);
	field_clear(option, &list);
}

TEST(values_land_in_their_fields)
{
	SCOPED *c = FLAGS("--watch.port=80,8000-8099", "--watch.pid=7", "--http.headers=X-A",
			  "--trace.sampler=traceidratio", "--trace.ratio=0.5", "--log.level=debug",
			  "--otlp.headers=a=b%2Cc%25,D: e=f", "--otlp.temporality=delta",
			  "--otlp.histogram-aggregation=base2_exponential_bucket_histogram",
			  "--http.ignore=/x=both", "--limit.ended-series=1m", "--watch.all",
			  "--capture.flavour=fexit");
	const struct pair_list *headers;

	CHECK(c && config_watches(c));
	CHECK(c->watch.port.count == 2 && port_list_has(&c->watch.port, 8099));
	CHECK(!port_list_has(&c->watch.port, 8100) && c->watch.pid.at[0] == 7 && c->watch.all);
	CHECK(!strcmp(c->http.headers.at[0], "x-a"));
	CHECK(c->trace.sampler.kind == SAMPLER_RATIO && c->trace.sampler.ratio == 0.5);
	headers = &c->otlp.target[OTLP_METRICS].headers;
	CHECK(headers->count == 2 && !strcmp(headers->at[0].value, "b,c%"));
	CHECK(!strcmp(headers->at[1].key, "D") && !strcmp(headers->at[1].value, "e=f"));
	CHECK(c->otlp.temporality == TEMPORALITY_DELTA && c->otlp.exponential_histograms);
	CHECK(c->http.ignore_count == 1 && c->http.ignore[0].metrics && c->http.ignore[0].traces);
	CHECK(c->limit.ended_series_s == 60 && c->log_level == LOG_DEBUG);
	CHECK(c->capture_flavour == CAPTURE_FEXIT);
}
