/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baggage.c - any lines of headers, with some of baggage among them: attributes stay within their
 * bounds, none comes twice or replaces another, and every member is one or is counted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/model/baggage.h"
#include "user/proto/http/http.h"

extern const struct proto proto_http1;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ATTRIBUTES = 16, SCRATCH = 1024, HEAD = 32768 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t dropped(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < BAGGAGE_DROPS; i++)
		sum += http_baggage_dropped((enum http_baggage_drop)i);
	return sum;
}

static void check_member(struct str in)
{
	_cleanup_(buf_free) struct buf to = buf_new(SCRATCH);
	struct baggage_member member;

	if (!baggage_member_parse(in, &member))
		return;
	require(member.key.len && member.key.len + member.value.len < in.len);
	require(!memchr(member.key.at, '=', member.key.len));
	if (!baggage_decode(member.value, &to))
		require(to.len <= member.value.len && 3 * to.len >= member.value.len);
	else
		require(!to.len);
}

/* Commas of the input are as many members more at most. */
static size_t most_members(struct str in)
{
	size_t most = 1;

	for (size_t i = 0; i < in.len; i++)
		most += in.at[i] == ',' || in.at[i] == '\n';
	return most;
}

static void check_head(struct str in)
{
	static const struct str keys[] = { STR("a*"), STR("url.path"), STR("b") };
	static const struct http_options options = { .baggage = keys, .baggage_count = 3 };
	static char head[HEAD];
	_cleanup_(buf_free) struct buf scratch = buf_new(SCRATCH);
	struct span span = { .kind = SPAN_SERVER, .scratch = &scratch };
	int len = snprintf(head, sizeof(head), "GET /a HTTP/1.1\r\nbaggage: %.*s\r\n\r\n",
			   STR_ARGS(in));
	uint64_t before = dropped();
	struct message m = {};
	size_t own = 0;

	http_configure(&options);
	if (proto_http1.parse((struct str){ head, (size_t)len }, false, ASKING, NULL, &m) <= 0)
		return;
	proto_http1.describe(&m, NULL, &span);
	for (size_t i = 0; i < span.attribute_count; i++) {
		struct str key = span.attributes[i].key;

		require(!attribute_find(span.attributes, i, key));
		own += str_eq(key, STR("b")) || key.at[0] == 'a';
	}
	require(own <= ATTRIBUTES);
	require(own + (dropped() - before) <= most_members(in));
	require(str_eq(span_find(&span, STR("url.path"))->text, STR("/a")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	check_member(in);
	check_head(in);
	return 0;
}
