/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http/baggage.c - mirrors user/proto/http/baggage.c, by HTTP/1. */
#include "tests/test.h"
#include "user/base/mem.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;

enum { SCRATCH = 16384, HEAD = 32768 };

/* What a request with such headers was described as, by these keys; all that it borrows from. */
struct described {
	char head[HEAD];
	struct buf scratch;
	struct message question;
	struct span span;
	uint64_t dropped[BAGGAGE_DROPS];
};

static void described_free(struct described **d)
{
	buf_free(&(*d)->scratch);
	free(*d);
}

#define SCOPED_DESCRIBED _cleanup_(described_free) struct described

static struct described *describe_kind(const struct str *keys, size_t count, const char *headers,
				       size_t scratch, enum span_kind kind)
{
	struct described *d = xcalloc(1, sizeof(*d));
	int len = snprintf(d->head, sizeof(d->head), "GET / HTTP/1.1\r\nHost: shop\r\n%s\r\n",
			   headers);

	for (int i = 0; i < BAGGAGE_DROPS; i++)
		d->dropped[i] = -http_baggage_dropped((enum http_baggage_drop)i);
	d->scratch = buf_new(scratch);
	d->span = (struct span){ .kind = kind, .scratch = &d->scratch };
	http_configure(&(struct http_options){ .baggage = keys, .baggage_count = count });
	if (proto_http1.parse((struct str){ d->head, (size_t)len }, false, ASKING, NULL,
			      &d->question) != len)
		abort();
	proto_http1.describe(&d->question, NULL, &d->span);
	http_configure(NULL);
	for (int i = 0; i < BAGGAGE_DROPS; i++)
		d->dropped[i] += http_baggage_dropped((enum http_baggage_drop)i);
	return d;
}

static struct described *describe_in(const struct str *keys, size_t count, const char *headers,
				     size_t scratch)
{
	return describe_kind(keys, count, headers, scratch, SPAN_SERVER);
}

#define DESCRIBE(keys, headers) describe_in(keys, ARRAY_SIZE(keys), headers, SCRATCH)

static const struct str all[] = { STR("*") };
static const struct str some[] = { STR("tenant"), STR("user.*") };

static size_t count_of(struct described *d)
{
	SCOPED_DESCRIBED *plain = DESCRIBE(all, "");

	return d->span.attribute_count - plain->span.attribute_count;
}

static bool has(const struct described *d, const char *key, const char *value)
{
	const struct attribute *a = span_find(&d->span, str_of(key));

	return a && a->type == ATTRIBUTE_TEXT && str_eq(a->text, str_of(value));
}

TEST(members_of_baggage_that_are_wanted_are_attributes)
{
	SCOPED_DESCRIBED *d = DESCRIBE(
		some, "baggage: tenant=t1;p=x, other=no,user.id = 7 ,user.=,Tenant=no\r\n");

	CHECK(count_of(d) == 3 && has(d, "tenant", "t1") && has(d, "user.id", "7"));
	CHECK(has(d, "user.", "") && !d->span.attributes_dropped);
	for (int i = 0; i < BAGGAGE_DROPS; i++)
		CHECK(!d->dropped[i]);
}

TEST(baggage_of_several_headers_is_one_list)
{
	SCOPED_DESCRIBED *d =
		DESCRIBE(some, "baggage: tenant=t1\r\nCookie: user.c=1\r\nBaggage: user.a=1\r\n"
			       "X: 1\r\nbaggage:\r\nbaggage: user.b=2\r\n");

	CHECK(count_of(d) == 3 && has(d, "tenant", "t1"));
	CHECK(has(d, "user.a", "1") && has(d, "user.b", "2"));
}

TEST(values_of_baggage_are_decoded_and_made_valid_text)
{
	SCOPED_DESCRIBED *d =
		DESCRIBE(all, "baggage: a=DF%2028,b=%c3%a4,c=%ff%00x,d=100%,e=%1b[2J,f=\xff\r\n");

	CHECK(has(d, "a", "DF 28") && has(d, "b", "\xc3\xa4") && has(d, "c", "\uFFFD\uFFFDx"));
	CHECK(has(d, "d", "100%") && has(d, "e", "\uFFFD[2J") && has(d, "f", "\uFFFD"));
}

TEST(without_keys_or_header_there_is_nothing_of_baggage)
{
	SCOPED_DESCRIBED *none = describe_in(NULL, 0, "baggage: a=1\r\n", SCRATCH);
	SCOPED_DESCRIBED *empty = DESCRIBE(all, "baggage:\r\nbaggage: ,, ,\r\n");

	CHECK(!count_of(none) && !count_of(empty) && !empty->dropped[BAGGAGE_INVALID]);
}

TEST(baggage_replaces_nothing_and_does_not_count_for_metrics)
{
	/* The last: twice in baggage. */
	SCOPED_DESCRIBED *d =
		DESCRIBE(all, "baggage: url.path=/x,http.route=/forged,sonde.head.cut=1,"
			      "error.type=none,server.address=x,a=1,a=2\r\n");

	CHECK(count_of(d) == 1 && has(d, "a", "1") && has(d, "url.path", "/"));
	CHECK(has(d, "server.address", "shop") && d->dropped[BAGGAGE_TAKEN] == 6);
}

TEST(baggage_never_gives_what_carries_credentials)
{
	static const struct str named[] = { STR("Authorization"), STR("cookie") };
	SCOPED_DESCRIBED *d = DESCRIBE(named, "baggage: Authorization=x,cookie=y\r\n");
	SCOPED_DESCRIBED *any = DESCRIBE(all, "baggage: authorization=x,X-Api-Key=y,a=1\r\n");

	CHECK(!count_of(d) && count_of(any) == 1);
	CHECK(d->dropped[BAGGAGE_SECRET] == 2 && any->dropped[BAGGAGE_SECRET] == 2);
}

TEST(a_secret_that_nobody_wants_is_not_counted)
{
	SCOPED_DESCRIBED *d = DESCRIBE(some, "baggage: authorization=x,tenant=t1\r\n");

	CHECK(count_of(d) == 1 && !d->dropped[BAGGAGE_SECRET]);
}

/* Whatever describes a span, on whichever kind: what it sets is not for baggage to set. */
TEST(what_sonde_sets_on_spans_of_one_kind_baggage_sets_on_none)
{
	static const enum span_kind kinds[] = { SPAN_SERVER, SPAN_CLIENT };
	struct described *full[2], *forged;
	char headers[HEAD];

	EACH(i, kinds) {
		full[i] = describe_kind(NULL, 0, "User-Agent: curl\r\n", SCRATCH, kinds[i]);
		CHECK(full[i]->span.attribute_count > 4);
	}
	EACH(i, kinds) {
		for (size_t a = 0; a < full[i]->span.attribute_count; a++) {
			struct str key = full[i]->span.attributes[a].key;

			snprintf(headers, sizeof(headers), "baggage: %.*s=forged\r\n",
				 STR_ARGS(key));
			forged = describe_kind(all, 1, headers, SCRATCH, kinds[!i]);
			CHECK(!has(forged, key.at, "forged"));
			CHECK(forged->dropped[BAGGAGE_TAKEN] == 1);
			described_free(&forged);
		}
	}
	EACH(i, kinds)
		described_free(&full[i]);
}

TEST(what_sonde_may_set_on_spans_baggage_does_not_set)
{
	static const char *const keys[] = { "http.request.method_original",
					    "http.request.header.x-tenant",
					    "http.route",
					    "server.port",
					    "network.peer.address",
					    "network.peer.port",
					    "url.query",
					    "sonde.head.cut" };
	char headers[HEAD];

	EACH(i, keys) {
		struct described *d;

		snprintf(headers, sizeof(headers), "baggage: %s=forged,http.other=1\r\n", keys[i]);
		d = describe_kind(all, 1, headers, SCRATCH, SPAN_CLIENT);
		CHECK(!has(d, keys[i], "forged") && has(d, "http.other", "1"));
		CHECK(d->dropped[BAGGAGE_TAKEN] == 1);
		described_free(&d);
	}
}

TEST(what_is_no_member_of_baggage_is_counted)
{
	SCOPED_DESCRIBED *d = DESCRIBE(all, "baggage: a=1,=2,b,c d=3,\"e\"=4,f=5\r\n");

	CHECK(count_of(d) == 2 && has(d, "a", "1") && has(d, "f", "5"));
	CHECK(d->dropped[BAGGAGE_INVALID] == 4);
}

/* Members k0=v to the one before `end`, in headers of `each`. */
static struct described *numbered(const struct str *keys, int end, int each, const char *value)
{
	struct buf headers = buf_new(HEAD);
	struct described *d;

	for (int i = 0; i < end; i++)
		buf_printf(&headers, "%sk%d=%s%s", i % each ? "," : "baggage: ", i, value,
			   i % each == each - 1 || i == end - 1 ? "\r\n" : "");
	buf_add_byte(&headers, '\0');
	d = describe_in(keys, 1, headers.at, SCRATCH);
	buf_free(&headers);
	return d;
}

TEST(baggage_makes_sixteen_attributes_at_most)
{
	SCOPED_DESCRIBED *d = numbered(all, 20, 20, "v");

	CHECK(count_of(d) == 16 && has(d, "k15", "v") && !has(d, "k16", "v"));
	CHECK(d->dropped[BAGGAGE_LIMIT] == 4 && d->span.attributes_dropped == 4);
}

TEST(sixtyfour_members_of_baggage_are_looked_at)
{
	static const struct str last[] = { STR("k63") }, past[] = { STR("k64") };

	for (int each = 7; each <= 70; each += 63) {
		SCOPED_DESCRIBED *in = numbered(last, 70, each, "v");
		SCOPED_DESCRIBED *out = numbered(past, 70, each, "v");

		CHECK(count_of(in) == 1 && in->dropped[BAGGAGE_LIMIT] == 6);
		CHECK(count_of(out) == 0 && out->dropped[BAGGAGE_LIMIT] == 6);
	}
}

TEST(eight_kilobytes_of_baggage_are_looked_at)
{
	static const struct str keys[] = { STR("k") };
	static char headers[HEAD];

	/* "x=" and 8186 digits, a comma and "k=v" are 8192. */
	for (int more = 0; more < 2; more++) {
		snprintf(headers, sizeof(headers), "baggage: x=%0*d,k=v,y=1\r\n", 8186 + more, 0);
		SCOPED_DESCRIBED *d = DESCRIBE(keys, headers);

		CHECK(has(d, "k", "v") == !more);
		CHECK(d->dropped[BAGGAGE_LIMIT] == (more ? 2 : 1));
	}
}

TEST(baggage_that_finds_no_room_is_left_out_and_counted)
{
	SCOPED_DESCRIBED *d = describe_in(all, 1, "baggage: a=%41%42%43,b=plain\r\n", 2);

	CHECK(!has(d, "a", "ABC") && has(d, "b", "plain") && d->dropped[BAGGAGE_LIMIT] == 1);
}
