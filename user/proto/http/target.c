/* SPDX-License-Identifier: Apache-2.0 */
#include "user/proto/http/target.h"

/* How many bytes stand before the first of `marks`. */
static size_t span_to(struct str s, char mark, char other)
{
	size_t len = 0;

	while (len < s.len && s.at[len] != mark && s.at[len] != other)
		len++;
	return len;
}

static bool is_alpha(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

/* "http://shop/..." is of the absolute form: take the scheme. */
static bool take_scheme(struct str *in, struct str *ret)
{
	size_t len = 0;

	while (len < in->len && is_alpha(in->at[len]))
		len++;
	if (!len || !str_starts(str_after(*in, len), STR("://")))
		return false;
	*ret = str_first(*in, len);
	*in = str_after(*in, len + 3);
	return true;
}

/* `s` up to the first `mark`, or all of it. */
static inline struct str before(struct str s, char mark)
{
	const char *end = s.len ? memchr(s.at, mark, s.len) : NULL;

	return end ? (struct str){ s.at, (size_t)(end - s.at) } : s;
}

static inline void split_path(struct str rest, struct target *ret)
{
	rest = before(rest, '#');
	ret->path = before(rest, '?');
	if (ret->path.len < rest.len)
		ret->query = str_after(rest, ret->path.len + 1);
}

struct target target_split(struct str target, struct str method)
{
	struct target ret = {};

	if (str_eq(method, STR("CONNECT"))) {
		ret.authority = target;
		return ret;
	}
	if (target.len && target.at[0] != '/' && take_scheme(&target, &ret.scheme)) {
		size_t len = span_to(target, '/', '?');

		ret.authority = str_first(target, len);
		target = str_after(target, len);
		split_path(target, &ret);
		if (!ret.path.len)
			ret.path = STR("/");
		return ret;
	}
	split_path(target, &ret);
	return ret;
}

static int port_read(struct str digits)
{
	int port = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return -1;
		port = port * 10 + (digits.at[i] - '0');
		if (port > UINT16_MAX)
			return -1;
	}
	return port ? port : -1;
}

struct host host_split(struct str authority)
{
	struct host ret = { .port = -1 };
	const char *user, *colon;
	struct str rest;

	if (!authority.len)
		return ret;
	user = memrchr(authority.at, '@', authority.len);
	if (user)
		authority = str_after(authority, (size_t)(user - authority.at) + 1);
	if (authority.len && authority.at[0] == '[') {
		rest = str_after(authority, 1);
		if (take_until(&rest, ']', &ret.name) && rest.len && rest.at[0] == ':')
			ret.port = port_read(str_after(rest, 1));
		return ret;
	}
	ret.name = authority;
	colon = authority.len ? memchr(authority.at, ':', authority.len) : NULL;
	if (colon && colon == memrchr(authority.at, ':', authority.len)) {
		ret.name.len = (size_t)(colon - authority.at);
		ret.port = port_read(str_after(authority, ret.name.len + 1));
	}
	return ret;
}

struct str list_first(struct str list)
{
	return str_trim(str_first(list, span_to(list, ',', ',')));
}

/* A value up to ';' or ',', out of its quotes if it has any; `in` moves to the mark after it. */
static struct str take_value(struct str *in)
{
	struct str value;

	if (in->len && in->at[0] == '"') {
		*in = str_after(*in, 1);
		value = str_first(*in, span_to(*in, '"', '"'));
		*in = str_after(*in, value.len);
		*in = str_after(*in, span_to(*in, ';', ','));
		return value;
	}
	value = str_first(*in, span_to(*in, ';', ','));
	*in = str_after(*in, value.len);
	return str_trim(value);
}

struct str forwarded_find(struct str header, struct str name)
{
	struct str rest = header;

	while (rest.len) {
		size_t equals = span_to(rest, '=', ',');
		struct str key = str_trim(str_first(rest, equals)), value;

		if (equals == rest.len || rest.at[equals] == ',')
			break;
		rest = str_after(rest, equals + 1);
		value = take_value(&rest);
		if (str_eq_nocase(key, name))
			return value;
		if (!rest.len || rest.at[0] == ',')
			break;
		rest = str_after(rest, 1);
	}
	return (struct str){};
}
