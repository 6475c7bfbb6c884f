/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http/describe.c - requests and answers as spans, attribute by attribute. */
#include <inttypes.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/model/route.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;

enum { SCRATCH = 16384 };

static const struct {
	const char *question, *answer; /* an answer of NULL: none came */
	enum span_kind kind;
	const char *error; /* of the exchange itself */
	const char *name;
	enum span_status status;
	const char *attributes; /* as they are added; the peer's left out */
} table[] = {
	/* servers */
	{ "GET /users/7?a=b HTTP/1.1\r\nHost: shop:8080\r\nUser-Agent: curl/7\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET /users/{id}", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=http http.route=/users/{id} url.path=/users/7 url.query=a=b "
	  "server.address=shop server.port=8080 client.address=10.0.0.9 "
	  "user_agent.original=curl/7 " },
	{ "GET /none HTTP/1.0\r\n\r\n", "HTTP/1.0 404 Not Found\r\n\r\n", SPAN_SERVER, "", "GET",
	  STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=404 network.protocol.version=1.0 "
	  "url.scheme=http url.path=/none client.address=10.0.0.9 " },
	{ "GET /none HTTP/1.1\r\n\r\n", "HTTP/1.1 503 No\r\n\r\n", SPAN_SERVER, "", "GET",
	  STATUS_ERROR,
	  "http.request.method=GET http.response.status_code=503 error.type=503 "
	  "network.protocol.version=1.1 url.scheme=http url.path=/none client.address=10.0.0.9 " },
	{ "GET /none HTTP/1.1\r\n\r\n", NULL, SPAN_SERVER, "connection_reset", "GET", STATUS_ERROR,
	  "http.request.method=GET error.type=connection_reset network.protocol.version=1.1 "
	  "url.scheme=http url.path=/none client.address=10.0.0.9 " },
	{ "GET /none HTTP/1.1\r\n\r\n", NULL, SPAN_SERVER, "", "GET", STATUS_ERROR,
	  "http.request.method=GET error.type=_OTHER network.protocol.version=1.1 "
	  "url.scheme=http url.path=/none client.address=10.0.0.9 " },
	{ "GET /none HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "connection_reset",
	  "GET", STATUS_ERROR,
	  "http.request.method=GET http.response.status_code=200 error.type=connection_reset "
	  "network.protocol.version=1.1 url.scheme=http url.path=/none client.address=10.0.0.9 " },
	{ "Get /users/1 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "",
	  "HTTP /users/{id}", STATUS_UNSET,
	  "http.request.method=_OTHER http.request.method_original=Get "
	  "http.response.status_code=200 network.protocol.version=1.1 url.scheme=http "
	  "http.route=/users/{id} url.path=/users/1 client.address=10.0.0.9 " },
	{ "PURGE /none HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "HTTP",
	  STATUS_UNSET,
	  "http.request.method=_OTHER http.request.method_original=PURGE "
	  "http.response.status_code=200 network.protocol.version=1.1 url.scheme=http "
	  "url.path=/none client.address=10.0.0.9 " },
	/* behind proxies: Forwarded before X-Forwarded-*, the first of each list */
	{ "GET / HTTP/1.1\r\nHost: inner\r\n"
	  "Forwarded: for=\"[2001:db8::1]:4711\";proto=https;host=\"shop.example:8443\", for=9.9.9.9\r\n"
	  "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Host: no\r\nX-Forwarded-Proto: http\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=https url.path=/ server.address=shop.example server.port=8443 "
	  "client.address=2001:db8::1 " },
	{ "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-For: 2001:db8::2 , 1.1.1.1\r\n"
	  "X-Forwarded-Host: shop.example, no\r\nX-Forwarded-Proto: HTTPS\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=https url.path=/ server.address=shop.example client.address=2001:db8::2 " },
	{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\nForwarded: by=x;for=unknown\r\n"
	  "X-Forwarded-Proto: gopher\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=http url.path=/ server.address=::1 server.port=80 client.address=10.0.0.9 " },
	{ "GET / HTTP/1.1\r\nHost: shop:99999\r\nX-Forwarded-For: 1.2.3.4:5678\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=http url.path=/ server.address=shop client.address=1.2.3.4 " },
	/* forms of the target */
	{ "GET https://u:p@shop/users/7?x#y HTTP/1.1\r\nHost: other\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET /users/{id}", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=https http.route=/users/{id} url.path=/users/7 url.query=x "
	  "server.address=shop client.address=10.0.0.9 " },
	{ "OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "",
	  "OPTIONS", STATUS_UNSET,
	  "http.request.method=OPTIONS http.response.status_code=200 "
	  "network.protocol.version=1.1 url.scheme=http url.path=* server.address=shop "
	  "client.address=10.0.0.9 " },
	{ "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
	  SPAN_SERVER, "", "CONNECT", STATUS_UNSET,
	  "http.request.method=CONNECT http.response.status_code=200 "
	  "network.protocol.version=1.1 url.scheme=http url.path= server.address=shop "
	  "server.port=443 client.address=10.0.0.9 " },
	/* what may not leave as it is */
	{ "GET /a\x1b[2J\xff?sig=secret&b=1 HTTP/1.1\r\nUser-Agent: a\r\n\tb\x01\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_SERVER, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "url.scheme=http url.path=/a\uFFFD[2J\uFFFD url.query=sig=REDACTED&b=1 "
	  "client.address=10.0.0.9 user_agent.original=a   b\uFFFD " },
	/* clients */
	{ "GET /a?b=c HTTP/1.1\r\nHost: shop:8080\r\nUser-Agent: x\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\n", SPAN_CLIENT, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.1 "
	  "server.address=shop server.port=8080 url.full=http://shop:8080/a?b=c " },
	{ "GET /users/7 HTTP/1.1\r\nHost: shop\r\nX-Forwarded-Host: no\r\n\r\n",
	  "HTTP/1.1 404 No\r\n\r\n", SPAN_CLIENT, "", "GET", STATUS_ERROR,
	  "http.request.method=GET http.response.status_code=404 error.type=404 "
	  "network.protocol.version=1.1 server.address=shop server.port=80 "
	  "url.full=http://shop/users/7 " },
	{ "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", SPAN_CLIENT, "", "GET",
	  STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=200 network.protocol.version=1.0 "
	  "server.address=10.0.0.9 server.port=4000 url.full=http://10.0.0.9:4000/a " },
	{ "GET http://u:p@shop/a?sig=s HTTP/1.1\r\nHost: other\r\n\r\n",
	  "HTTP/1.1 301 Moved\r\n\r\n", SPAN_CLIENT, "", "GET", STATUS_UNSET,
	  "http.request.method=GET http.response.status_code=301 network.protocol.version=1.1 "
	  "server.address=shop server.port=80 "
	  "url.full=http://REDACTED:REDACTED@shop/a?sig=REDACTED " },
	{ "CONNECT shop:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", SPAN_CLIENT, "",
	  "CONNECT", STATUS_UNSET,
	  "http.request.method=CONNECT http.response.status_code=200 "
	  "network.protocol.version=1.1 server.address=shop server.port=443 "
	  "url.full=http://shop:443 " },
	{ "OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n", NULL, SPAN_CLIENT, "timeout", "OPTIONS",
	  STATUS_ERROR,
	  "http.request.method=OPTIONS error.type=timeout network.protocol.version=1.1 "
	  "server.address=shop server.port=80 url.full=http://shop " },
};

/* One exchange as it is described, and all that it borrows from. */
struct described {
	struct message question, answer;
	struct span span;
	struct buf scratch;
};

static void described_free(struct described *d)
{
	buf_free(&d->scratch);
}

static void routes_unrefp(struct routes **routes)
{
	routes_unref(*routes);
}

static void parse(const char *text, enum side side, const struct message *question,
		  struct message *ret)
{
	struct str in = str_of(text);

	if (proto_http1.parse(in, false, side, question, ret) != (ssize_t)in.len)
		abort();
}

static void describe(struct described *d, const char *question, const char *answer,
		     enum span_kind kind, const char *error, size_t scratch)
{
	d->scratch = buf_new(scratch);
	d->span.kind = kind;
	d->span.error_type = str_of(error);
	d->span.scratch = &d->scratch;
	span_add_text(&d->span, STR("network.peer.address"), STR("10.0.0.9"));
	span_add_int(&d->span, STR("network.peer.port"), 4000);
	parse(question, ASKING, NULL, &d->question);
	if (answer)
		parse(answer, ANSWERING, &d->question, &d->answer);
	proto_http1.context(&d->question, &d->span);
	proto_http1.describe(&d->question, answer ? &d->answer : NULL, &d->span);
}

/* "key=value " of each attribute but the two of the peer, which stand first. */
static struct buf written(const struct span *span)
{
	struct buf ret = buf_new(65536);

	for (size_t i = 2; i < span->attribute_count; i++) {
		const struct attribute *a = &span->attributes[i];

		if (a->type == ATTRIBUTE_INT)
			buf_printf(&ret, "%.*s=%" PRId64 " ", STR_ARGS(a->key), a->number);
		else if (a->type == ATTRIBUTE_TEXTS)
			buf_printf(&ret, "%.*s=[%.*s] ", STR_ARGS(a->key), STR_ARGS(a->text));
		else
			buf_printf(&ret, "%.*s=%.*s ", STR_ARGS(a->key), STR_ARGS(a->text));
	}
	return ret;
}

static bool attributes_are(const struct span *span, const char *wanted)
{
	struct buf got = written(span);
	bool same = str_eq(buf_str(&got), str_of(wanted));

	if (!same)
		printf("wanted %s\n   got %.*s\n", wanted, STR_ARGS(buf_str(&got)));
	buf_free(&got);
	return same;
}

/* Routes that know one pattern and guess nothing. */
static struct routes *known_routes(void)
{
	static const struct str patterns[] = { STR("/users/{id}") };
	struct routes *routes = NULL;

	routes_new(patterns, 1, false, &routes);
	return routes;
}

TEST(http_spans_follow_the_conventions)
{
	EACH(i, table) {
		_cleanup_(routes_unrefp) struct routes *routes = known_routes();
		_cleanup_(described_free) struct described d = { .span.routes = routes };

		describe(&d, table[i].question, table[i].answer, table[i].kind, table[i].error,
			 SCRATCH);
		CHECK(str_eq(d.span.name, str_of(table[i].name)));
		CHECK(d.span.status == table[i].status);
		CHECK(attributes_are(&d.span, table[i].attributes));
		CHECK(d.span.attributes_dropped == 0);
		CHECK(d.span.metrics ==
		      (table[i].kind == SPAN_CLIENT ? &http_client_group : &http_server_group));
		CHECK(!d.span.has_parent && !d.span.hide_from_metrics && !d.span.hide_from_traces);
	}
}

/* Both have the same value, or none, under `key`. */
static bool same_value(const struct span *a, const struct span *b, struct str key)
{
	const struct attribute *of_a = span_find(a, key), *of_b = span_find(b, key);

	if (!of_a || !of_b)
		return of_a == of_b;
	if (of_a->type != of_b->type)
		return false;
	return of_a->type == ATTRIBUTE_INT ? of_a->number == of_b->number
					   : str_eq(of_a->text, of_b->text);
}

TEST(http_spans_that_are_only_counted_are_counted_the_same)
{
	EACH(i, table) {
		_cleanup_(routes_unrefp) struct routes *routes = known_routes();
		_cleanup_(described_free) struct described whole = { .span.routes = routes };
		_cleanup_(described_free) struct described counted = {
			.span = { .routes = routes, .counted_only = true },
		};
		const struct str *key;

		describe(&whole, table[i].question, table[i].answer, table[i].kind, table[i].error,
			 SCRATCH);
		describe(&counted, table[i].question, table[i].answer, table[i].kind,
			 table[i].error, SCRATCH);
		CHECK(counted.span.metrics == whole.span.metrics);
		CHECK(counted.span.status == whole.span.status);
		CHECK(counted.span.attribute_count < whole.span.attribute_count);
		for (key = whole.span.metrics->keys; key->len; key++)
			CHECK(same_value(&counted.span, &whole.span, *key));
	}
}

TEST(http_spans_stay_whole_when_scratch_is_full)
{
	EACH(i, table)
		for (size_t limit = 0; limit < 120; limit++) {
			_cleanup_(routes_unrefp) struct routes *routes = known_routes();
			_cleanup_(described_free) struct described d = { .span.routes = routes };

			describe(&d, table[i].question, table[i].answer, table[i].kind,
				 table[i].error, limit);
			CHECK(d.span.name.len);
			CHECK(span_find(&d.span, STR("http.request.method")));
			CHECK(d.scratch.len <= limit);
		}
}

#define REQUEST(headers) "GET / HTTP/1.1\r\n" headers "\r\n"
#define OK		 "HTTP/1.1 200 OK\r\n\r\n"

TEST(http_options_choose_headers_methods_and_routes)
{
	static const struct str methods[] = { STR("PURGE") }, headers[] = { STR("x-tenant") };
	_cleanup_(routes_unrefp) struct routes *routes = known_routes();
	const struct http_options options = { .known_methods = methods,
					      .known_method_count = 1,
					      .headers = headers,
					      .header_count = 1,
					      .routes = routes };
	_cleanup_(described_free) struct described known = {}, other = {};
	bool good;

	http_configure(&options);
	describe(&known, "PURGE /users/1 HTTP/1.1\r\nX-Tenant: a\xff\r\n\r\n", OK, SPAN_SERVER, "",
		 SCRATCH);
	describe(&other, "GET /users/1 HTTP/1.1\r\n\r\n", OK, SPAN_SERVER, "", SCRATCH);
	good = str_eq(known.span.name, STR("PURGE /users/{id}")) &&
	       str_eq(other.span.name, STR("HTTP /users/{id}"));
	http_configure(NULL);
	CHECK(good);
	CHECK(attributes_are(&known.span,
			     "http.request.method=PURGE http.response.status_code=200 "
			     "network.protocol.version=1.1 url.scheme=http http.route=/users/{id} "
			     "url.path=/users/1 client.address=10.0.0.9 "
			     "http.request.header.x-tenant=[a\uFFFD] "));
}

TEST(http_headers_captured_before_a_new_configuration_are_not_renamed)
{
	static const struct str before[] = { STR("x-tenant") }, after[] = { STR("x-user") };
	const struct http_options old = { .headers = before, .header_count = 1 };
	const struct http_options new = { .headers = after, .header_count = 1 };
	_cleanup_(described_free) struct described d = { .span.kind = SPAN_SERVER,
							 .scratch = buf_new(SCRATCH) };
	bool found;

	d.span.scratch = &d.scratch;
	http_configure(&old);
	parse(REQUEST("x-tenant: a\r\n"), ASKING, NULL, &d.question);
	http_configure(&new);
	proto_http1.describe(&d.question, NULL, &d.span);
	found = span_find(&d.span, STR("http.request.header.x-user"));
	http_configure(NULL);
	CHECK(!found);
}

TEST(http_ignore_hides_by_path_and_by_route)
{
	static const struct http_ignore ignore[] = {
		{ .pattern = STR("/healthz"), .traces = true },
		{ .pattern = STR("/users/{id}"), .metrics = true },
	};
	static const struct {
		const char *question;
		bool traces, metrics;
	} rows[] = {
		{ "GET /healthz?a HTTP/1.1\r\n\r\n", true, false },
		{ "GET /users/1 HTTP/1.1\r\n\r\n", false, true },
		{ "GET /healthy HTTP/1.1\r\n\r\n", false, false },
	};
	static const struct http_options options = { .ignore = ignore, .ignore_count = 2 };

	EACH(i, rows) {
		_cleanup_(described_free) struct described d = {};

		http_configure(&options);
		describe(&d, rows[i].question, OK, SPAN_SERVER, "", SCRATCH);
		http_configure(NULL);
		CHECK(d.span.hide_from_traces == rows[i].traces);
		CHECK(d.span.hide_from_metrics == rows[i].metrics);
	}
}

static size_t metric_count(const struct metric_group *group)
{
	size_t count = 0;

	while (count < GROUP_METRICS && group->metrics[count].name)
		count++;
	return count;
}

TEST(http_metric_bounds_ascend)
{
	const struct metric_group *groups[] = { &http_server_group, &http_client_group };

	CHECK(metric_count(&http_server_group) == 4 && metric_count(&http_client_group) == 3);
	EACH(i, groups)
		for (size_t m = 0; m < metric_count(groups[i]); m++) {
			const struct histogram_bounds *bounds = groups[i]->metrics[m].bounds;

			for (size_t b = 1; b < bounds->count; b++)
				CHECK(bounds->at[b - 1] < bounds->at[b]);
		}
}

TEST(http_spans_have_what_their_metrics_need)
{
	static const struct str required[] = { STR("http.request.method"),
					       STR("http.response.status_code"),
					       STR("network.protocol.version") };

	EACH(i, table) {
		_cleanup_(described_free) struct described d = {};

		if (!table[i].answer)
			continue;
		describe(&d, table[i].question, table[i].answer, table[i].kind, "", SCRATCH);
		EACH(k, required)
			CHECK(span_find(&d.span, required[k]));
		CHECK(span_find(&d.span, d.span.metrics->keys[1])); /* url.scheme, server.address */
	}
}
