/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http/target.c - mirrors user/proto/http/target.c */
#include "user/proto/http/target.h"

#include "tests/test.h"

static const struct {
	struct str in, method, scheme, authority, path, query;
} targets[] = {
	{ STR("/"), STR("GET"), STR(""), STR(""), STR("/"), STR("") },
	{ STR("/a/b?c=d?e"), STR("GET"), STR(""), STR(""), STR("/a/b"), STR("c=d?e") },
	{ STR("/a#b?c"), STR("GET"), STR(""), STR(""), STR("/a"), STR("") },
	{ STR("//a/b"), STR("GET"), STR(""), STR(""), STR("//a/b"), STR("") },
	{ STR("/a://b"), STR("GET"), STR(""), STR(""), STR("/a://b"), STR("") },
	{ STR("http://a"), STR("GET"), STR("http"), STR("a"), STR("/"), STR("") },
	{ STR("http://a?b"), STR("GET"), STR("http"), STR("a"), STR("/"), STR("b") },
	{ STR("HTTPS://u@a:1/b?c"), STR("GET"), STR("HTTPS"), STR("u@a:1"), STR("/b"), STR("c") },
	{ STR("://a"), STR("GET"), STR(""), STR(""), STR("://a"), STR("") },
	{ STR("*"), STR("OPTIONS"), STR(""), STR(""), STR("*"), STR("") },
	{ STR("a:443"), STR("CONNECT"), STR(""), STR("a:443"), STR(""), STR("") },
	{ STR("a:443"), STR("GET"), STR(""), STR(""), STR("a:443"), STR("") },
	{ STR(""), STR("GET"), STR(""), STR(""), STR(""), STR("") },
};

static const struct {
	struct str in, name;
	int port;
} hosts[] = {
	{ STR("shop"), STR("shop"), -1 },
	{ STR("shop:8080"), STR("shop"), 8080 },
	{ STR("u:p@shop:1"), STR("shop"), 1 },
	{ STR("shop:"), STR("shop"), -1 },
	{ STR("shop:0"), STR("shop"), -1 },
	{ STR("shop:65535"), STR("shop"), 65535 },
	{ STR("shop:65536"), STR("shop"), -1 },
	{ STR("shop:8x"), STR("shop"), -1 },
	{ STR("[::1]"), STR("::1"), -1 },
	{ STR("[::1]:80"), STR("::1"), 80 },
	{ STR("[::1"), STR(""), -1 },
	{ STR("2001:db8::1"), STR("2001:db8::1"), -1 },
	{ STR("[]"), STR(""), -1 },
	{ STR(":80"), STR(""), 80 },
	{ STR(""), STR(""), -1 },
};

static const struct {
	struct str header, name, value;
} forwarded[] = {
	{ STR("for=1.2.3.4"), STR("for"), STR("1.2.3.4") },
	{ STR("For=\"[::1]:80\";Proto=https"), STR("for"), STR("[::1]:80") },
	{ STR("for=\"a,b;c\";proto=https"), STR("proto"), STR("https") },
	{ STR(" by=x ; host = shop , host=other"), STR("host"), STR("shop") },
	{ STR("for=a, proto=https"), STR("proto"), STR("") },
	{ STR("for=\"a"), STR("for"), STR("a") },
	{ STR("for"), STR("for"), STR("") },
	{ STR("for="), STR("for"), STR("") },
	{ STR(";;=,"), STR("for"), STR("") },
	{ STR(""), STR("for"), STR("") },
};

TEST(target_parts_are_told_apart)
{
	EACH(i, targets) {
		struct target t = target_split(targets[i].in, targets[i].method);

		CHECK(str_eq(t.scheme, targets[i].scheme));
		CHECK(str_eq(t.authority, targets[i].authority));
		CHECK(str_eq(t.path, targets[i].path));
		CHECK(str_eq(t.query, targets[i].query));
	}
}

TEST(host_and_port_are_told_apart)
{
	EACH(i, hosts) {
		struct host h = host_split(hosts[i].in);

		CHECK(str_eq(h.name, hosts[i].name) && h.port == hosts[i].port);
	}
}

TEST(forwarded_gives_what_the_first_proxy_said)
{
	EACH(i, forwarded)
		CHECK(str_eq(forwarded_find(forwarded[i].header, forwarded[i].name),
			     forwarded[i].value));
}

TEST(list_first_is_without_spaces)
{
	CHECK(str_eq(list_first(STR(" a\t, b")), STR("a")));
	CHECK(!list_first(STR(", b")).len && !list_first(STR("")).len);
}
