/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - the types that are a text of some form, and how text is shown. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "user/base/buf.h"
#include "user/base/mem.h"
#include "user/base/user.h"
#include "user/base/utf8.h"
#include "user/config/option.h"
#include "user/model/redact.h"
#include "user/model/route.h"

void text_print(struct str text, FILE *to)
{
	uint32_t code;

	fputc('"', to);
	while (text.len) {
		struct str before = text;

		if (!take_code_point(&text, &code))
			break;
		/* What YAML does not allow, or takes for the end of a line. */
		if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
		    code == 0x2029 || code == 0xfeff || (code & ~UINT32_C(1)) == 0xfffe)
			fprintf(to, "\\u%04x", code);
		else if (code == '"' || code == '\\')
			fprintf(to, "\\%c", (int)code);
		else
			fwrite(before.at, 1, before.len - text.len, to);
	}
	fputc('"', to);
}

char *text_shown(struct str text)
{
	enum { MOST = 60 };
	struct buf to = buf_new(SIZE_MAX);
	uint32_t code;

	for (size_t i = 0; i < MOST && text.len; i++) {
		struct str before = text;
		bool valid = take_code_point(&text, &code);

		if (!valid)
			text = str_after(text, 1);
		before.len -= text.len;
		buf_add(&to, valid && utf8_is_plain(before) ? before : STR("?"));
	}
	/* The NUL that ends a literal goes with it. */
	buf_add(&to, text.len ? (struct str){ "...", 4 } : (struct str){ "", 1 });
	return to.at;
}

static int text_parse(const struct option *option, struct str text, void *field)
{
	if (text.len && option->type->check && !option->type->check(text))
		return -EINVAL;
	if (text.len && option->type->wrong && option->type->wrong(text))
		return -EINVAL;
	/* An empty text is nothing, an empty entry of a list is a mistake. */
	if (!text.len && option->list)
		return -EINVAL;
	*(char **)field = text.len ? xstrndup(text.at, text.len) : NULL;
	return 0;
}

static const char *user_wrong(struct str text)
{
	_cleanup_(freep) char *user = xstrndup(text.at, text.len);
	uid_t uid;
	gid_t gid;

	switch (user_find(user, &uid, &gid)) {
	case 0:
		return NULL;
	case -EPERM:
		return "the worker is never root, nor the number that means nobody at all";
	default:
		return "this host has no such user";
	}
}

static int user_parse(const struct option *option, struct str text, void *field)
{
	return text.len ? text_parse(option, text, field) : -EINVAL;
}

static int lower_parse(const struct option *option, struct str text, void *field)
{
	int r = text_parse(option, text, field);

	if (!r)
		for (char *at = *(char **)field; at && *at; at++)
			*at = (char)tolower((unsigned char)*at);
	return r;
}

static void text_field_print(const struct option *option, const void *field, FILE *to)
{
	(void)option;
	text_print(str_of(*(char *const *)field), to);
}

static void text_clear(void *field)
{
	free(*(char **)field);
}

bool is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum((unsigned char)text.at[i]) &&
		    !(text.at[i] && strchr("!#$%&'*+-.^_`|~", text.at[i])))
			return false;
	return text.len > 0;
}

static bool has_any(struct str text, const char *bytes)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(bytes, text.at[i]))
			return true;
	return false;
}

static const char *header_wrong(struct str name)
{
	if (!is_token(name))
		return "a name has no spaces, colons or quotes";
	return redact_header_allowed(name) ? NULL : "it carries secrets";
}

static const char *baggage_wrong(struct str key)
{
	if (!is_token(key))
		return "a key has no spaces, commas or quotes";
	return redact_header_allowed(key) ? NULL : "this one is not exported, it carries secrets";
}

static bool is_path_of_url(struct str text)
{
	return text.at[0] == '/' && !has_any(text, " ?#");
}

/* ":9464", "127.0.0.1:9464", "[::1]:9464". */
static bool is_address(struct str text)
{
	const char *colon = memrchr(text.at, ':', text.len);
	struct str host;
	uint64_t port;

	if (!colon)
		return false;
	host = str_first(text, (size_t)(colon - text.at));
	if (number_parse(str_after(text, host.len + 1), 0, UINT16_MAX, &port))
		return false;
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		return !has_any((struct str){ host.at + 1, host.len - 2 }, "[] /");
	return !has_any(host, ":[] /?#@");
}

/* Scheme and "//" taken off an http or https URL. */
static bool take_scheme(struct str *url)
{
	static const struct str schemes[] = { { "http://", 7 }, { "https://", 8 } };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_eq_nocase(str_first(*url, schemes[i].len), schemes[i])) {
			*url = str_after(*url, schemes[i].len);
			return true;
		}
	return false;
}

static struct str url_authority(struct str url)
{
	size_t len = 0;

	if (!take_scheme(&url))
		return (struct str){};
	while (len < url.len && !strchr("/?#", url.at[len]))
		len++;
	return str_first(url, len);
}

/* "user:password" of a URL; no bytes at all when there is none. */
static struct str url_userinfo(struct str url)
{
	struct str authority = url_authority(url);
	const char *end = authority.len ? memrchr(authority.at, '@', authority.len) : NULL;

	return end ? str_first(authority, (size_t)(end - authority.at)) : (struct str){};
}

static bool is_url(struct str text)
{
	struct str host = url_authority(text), user = url_userinfo(text);
	const char *colon;
	uint64_t port;

	if (has_any(text, " #\"<>\\^`{|}"))
		return false;
	if (user.at)
		host = str_after(host, user.len + 1);
	colon = host.len ? memrchr(host.at, ':', host.len) : NULL;
	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.at))) {
		struct str digits = str_after(host, (size_t)(colon - host.at) + 1);

		if (number_parse(digits, 1, UINT16_MAX, &port))
			return false;
		host = str_first(host, (size_t)(colon - host.at));
	}
	return host.len > 0;
}

static bool is_base_url(struct str text)
{
	return is_url(text) && !has_any(text, "?");
}

/* Its secrets are a user's name and password and whatever stands in the query. */
static void url_print(const struct option *option, const void *field, FILE *to)
{
	struct str url = str_of(*(char *const *)field), user = url_userinfo(url), part;
	_cleanup_(freep) char *masked = NULL;
	size_t before = user.at ? (size_t)(user.at - url.at) : 0;
	struct str rest;
	bool query;

	if (!url.len) {
		text_field_print(option, field, to);
		return;
	}
	rest = str_after(url, before + user.len);
	query = take_until(&rest, '?', &part);
	masked = xasprintf("%.*s%s%.*s%s", STR_ARGS(str_first(url, before)), user.at ? "****" : "",
			   STR_ARGS(query ? part : rest), query ? "?****" : "");
	text_print(str_of(masked), to);
}

#define TEXT_OPS(name_, what_)                                                                     \
	.name = (name_), .what = (what_), .size = sizeof(char *), .clear = text_clear
#define TEXT(name_, what_) TEXT_OPS(name_, what_), .parse = text_parse, .print = text_field_print

const struct type type_text = { TEXT("TEXT", "a text that is not empty") };
const struct type type_path = { TEXT("PATH", "a path") };
const struct type type_glob = { TEXT("GLOB", "a glob like */node") };
const struct type type_user = {
	TEXT_OPS("USER", "a user by name or number"),
	.wrong = user_wrong,
	.parse = user_parse,
	.print = text_field_print,
};
const struct type type_route = {
	TEXT("ROUTE", "a route like /users/{id} or /files/**"),
	.wrong = route_pattern_error,
};
const struct type type_web_path = {
	TEXT("PATH", "a path that begins with /"),
	.check = is_path_of_url,
};
const struct type type_method = { TEXT("METHOD", "a method like GET"), .check = is_token };
const struct type type_baggage = {
	TEXT("KEY", "a key of baggage that may go on spans (user.id, user.*)"),
	.wrong = baggage_wrong,
};
const struct type type_header = {
	TEXT_OPS("HEADER", "a header that may go on spans"),
	.wrong = header_wrong,
	.parse = lower_parse,
	.print = text_field_print,
};
const struct type type_address = {
	TEXT("ADDRESS", "an address like 127.0.0.1:9464, [::1]:9464 or :9464"),
	.check = is_address,
};
const struct type type_base_url = {
	TEXT_OPS("URL", "a URL like http://collector:4318 without a query"),
	.secret = true,
	.check = is_base_url,
	.parse = text_parse,
	.print = url_print,
};
const struct type type_url = {
	TEXT_OPS("URL", "a URL like http://collector:4318/v1/traces"),
	.secret = true,
	.check = is_url,
	.parse = text_parse,
	.print = url_print,
};
