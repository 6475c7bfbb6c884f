/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - mirrors user/proto/fastcgi/fastcgi.c: questions and answers as spans. */
#include "tests/test.h"
#include "tests/unit/proto/fastcgi/build.h"

#define ASKED                                                                                      \
	"begin|params:REQUEST_METHOD=GET,REQUEST_URI=/a?b=c,SERVER_PROTOCOL=HTTP/2.0,"             \
	"REQUEST_SCHEME=https,REMOTE_ADDR=10.0.0.7,HTTP_HOST=shop:8443|params"

#define LISTENS                                                                                    \
	"begin|params:REQUEST_METHOD=GET,REQUEST_URI=/a,SERVER_NAME=_,SERVER_PORT=8080,"           \
	"HTTP_HOST=shop|params"

/* Attributes of one span, those that are looked at; NULL: it has no such. */
static const struct {
	const char *question, *answer;
	enum span_kind kind;
	const char *key, *want;
} rows[] = {
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "url.scheme", "https" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "network.protocol.version", "2" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "server.address", "shop" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "server.port", "8443" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "client.address", "10.0.0.7" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "url.path", "/a" },
	{ ASKED, "stdout:A: b\n\n", SPAN_SERVER, "error.type", NULL },
	{ ASKED, "stdout:Status: 500\n\n", SPAN_SERVER, "error.type", "500" },
	/* whom a web server asks is not whom its client asked */
	{ ASKED, "stdout:A: b\n\n", SPAN_CLIENT, "server.address", "10.0.0.9" },
	{ ASKED, "stdout:A: b\n\n", SPAN_CLIENT, "server.port", "9000" },
	{ ASKED, "stdout:A: b\n\n", SPAN_CLIENT, "url.full", "https://shop:8443/a?b=c" },
	{ ASKED, "stdout:A: b\n\n", SPAN_CLIENT, "url.scheme", NULL },
	/* which port the web server listens on is not which one its client asked */
	{ LISTENS, "stdout:A: b\n\n", SPAN_SERVER, "server.address", "shop" },
	{ LISTENS, "stdout:A: b\n\n", SPAN_SERVER, "server.port", NULL },
	{ LISTENS, "stdout:A: b\n\n", SPAN_CLIENT, "url.full", "http://shop/a" },
	{ "begin|params:SERVER_PROTOCOL=HTTP/3.0|params", "stdout:A: b\n\n", SPAN_SERVER,
	  "network.protocol.version", "3" },
	{ "begin|params:HTTPS=on|params", "stdout:A: b\n\n", SPAN_SERVER, "url.scheme", "https" },
	/* answers without a status say why */
	{ ASKED, "end:1", SPAN_SERVER, "error.type", "cant_mpx_conn" },
	{ ASKED, "end:2", SPAN_SERVER, "error.type", "overloaded" },
	{ ASKED, "end:3", SPAN_SERVER, "error.type", "unknown_role" },
	{ ASKED, "end:9", SPAN_SERVER, "error.type", "_OTHER" },
	{ ASKED, "stdout|end", SPAN_SERVER, "error.type", "_OTHER" },
	{ ASKED, "end:2", SPAN_SERVER, "http.response.status_code", NULL },
	{ ASKED, NULL, SPAN_SERVER, "error.type", "_OTHER" },
};

static bool has(const struct span *span, const char *key, const char *want)
{
	const struct attribute *a = span_find(span, str_of(key));

	if (a && a->type == ATTRIBUTE_INT)
		return want && a->number == atoi(want);
	return want ? a && str_eq(a->text, str_of(want)) : !a;
}

static bool row_holds(size_t i)
{
	struct str asked = fastcgi_build(rows[i].question);
	struct str answered = fastcgi_build(rows[i].answer ? rows[i].answer : "");
	struct buf scratch = buf_new(16384);
	struct span span = { .kind = rows[i].kind, .scratch = &scratch };
	struct message question, answer;
	bool good;

	span_add_text(&span, STR("network.peer.address"), STR("10.0.0.9"));
	span_add_int(&span, STR("network.peer.port"), 9000);
	good = proto_fastcgi.parse(asked, false, ASKING, NULL, &question) > 0;
	if (rows[i].answer)
		good = good &&
		       proto_fastcgi.parse(answered, false, ANSWERING, &question, &answer) > 0;
	if (good)
		proto_fastcgi.describe(&question, rows[i].answer ? &answer : NULL, &span);
	good = good && has(&span, rows[i].key, rows[i].want);
	buf_free(&scratch);
	free((void *)(uintptr_t)asked.at);
	free((void *)(uintptr_t)answered.at);
	return good;
}

TEST(fastcgi_spans_are_those_of_http)
{
	EACH(i, rows) {
		if (!row_holds(i))
			printf("%s of %s\n", rows[i].key, rows[i].answer ? rows[i].answer : "none");
		CHECK(row_holds(i));
	}
}

/* A reset is what happened, whatever the answer said before. */
TEST(fastcgi_keeps_the_error_of_the_exchange)
{
	struct str asked = fastcgi_build(ASKED), answered = fastcgi_build("end:2");
	struct buf scratch = buf_new(16384);
	struct span span = { .scratch = &scratch, .error_type = STR("connection_reset") };
	struct message question, answer;

	CHECK(proto_fastcgi.parse(asked, false, ASKING, NULL, &question) > 0);
	CHECK(proto_fastcgi.parse(answered, false, ANSWERING, &question, &answer) > 0);
	proto_fastcgi.describe(&question, &answer, &span);
	CHECK(str_eq(span.error_type, STR("connection_reset")) && span.status == STATUS_ERROR);
	buf_free(&scratch);
	free((void *)(uintptr_t)asked.at);
	free((void *)(uintptr_t)answered.at);
}
