/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h - a borrowed run of bytes, and the only way parsers read one.
 *
 * A struct str never owns its bytes and is not NUL-terminated. Each take_*()
 * moves the front of `in` forward when it succeeds and leaves everything alone
 * when it does not, so a parser that gives up half way has changed nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct str {
	const char *at;
	size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).len, (s).at

static inline struct str str_of(const char *text)
{
	return text ? (struct str){ text, strlen(text) } : (struct str){};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.at, b.at, a.len));
}

/* Equal but for the case of ASCII letters. */
static inline bool str_eq_nocase(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || !strncasecmp(a.at, b.at, a.len));
}

static inline bool str_starts(struct str s, struct str with)
{
	return s.len >= with.len && !memcmp(s.at, with.at, with.len);
}

/* What is left of `s` after its first `len` bytes; `len` is at most s.len. */
static inline struct str str_after(struct str s, size_t len)
{
	return (struct str){ s.at + len, s.len - len };
}

/* The first `len` bytes of `s`, or all of it. */
static inline struct str str_first(struct str s, size_t len)
{
	return (struct str){ s.at, s.len < len ? s.len : len };
}

/* `s` without spaces and tabs at either end. */
static inline struct str str_trim(struct str s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = str_after(s, 1);
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Take exactly `len` bytes. False if fewer are there. */
static inline bool take(struct str *in, size_t len, struct str *ret)
{
	if (in->len < len)
		return false;
	*ret = (struct str){ in->at, len };
	*in = str_after(*in, len);
	return true;
}

/* Take what stands before the first `mark` and the mark; `ret` has no mark. False if none. */
static inline bool take_until(struct str *in, char mark, struct str *ret)
{
	const char *end = in->len ? memchr(in->at, mark, in->len) : NULL;

	if (!end)
		return false;
	*ret = (struct str){ in->at, (size_t)(end - in->at) };
	*in = str_after(*in, ret->len + 1);
	return true;
}

/* Take what stands before the first `mark`, or everything; the mark goes too. False if empty. */
static inline bool take_part(struct str *in, char mark, struct str *ret)
{
	if (!in->len)
		return false;
	if (!take_until(in, mark, ret)) {
		*ret = *in;
		*in = (struct str){};
	}
	return true;
}
