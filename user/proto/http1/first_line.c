/* SPDX-License-Identifier: Apache-2.0 */
/* first_line.c - "GET / HTTP/1.1" and "HTTP/1.1 200 OK". RFC 9112 sections 2.3, 3 and 4. */
#include "user/proto/http1/http1.h"

enum { VERSION_BYTES = sizeof("HTTP/1.1") - 1 };

/* RFC 9110 5.6.2: what a method is made of. */
static const bool is_token[256] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,
	['#'] = true,	      ['$'] = true,	    ['%'] = true,	  ['&'] = true,
	['\''] = true,	      ['*'] = true,	    ['+'] = true,	  ['-'] = true,
	['.'] = true,	      ['^'] = true,	    ['_'] = true,	  ['`'] = true,
	['|'] = true,	      ['~'] = true,
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct str trim_end(struct str s)
{
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* "HTTP/1.x" at the front of `s`. A minor version above 1 is read as 1.1 (RFC 9110 2.5). */
static bool version_read(struct str s, int16_t *ret)
{
	if (s.len < VERSION_BYTES || memcmp(s.at, "HTTP/1.", VERSION_BYTES - 1))
		return false;
	if (s.at[VERSION_BYTES - 1] < '0' || s.at[VERSION_BYTES - 1] > '9')
		return false;
	*ret = s.at[VERSION_BYTES - 1] == '0' ? 10 : 11;
	return true;
}

/* Take a method and the space after it. */
static inline bool take_method(struct str *in, struct str *ret)
{
	size_t len = 0;

	while (len < in->len && is_token[(unsigned char)in->at[len]])
		len++;
	if (!len || len == in->len || !is_space(in->at[len]))
		return false;
	*ret = (struct str){ in->at, len };
	*in = str_after(*in, len + 1);
	return true;
}

bool request_line_read(struct str line, struct head *ret)
{
	struct str method, target = trim_end(line);
	const char *version;

	if (!take_method(&target, &method) || target.len < VERSION_BYTES + 2)
		return false;
	target.len -= VERSION_BYTES;
	version = target.at + target.len;
	if (!is_space(version[-1]) ||
	    !version_read((struct str){ version, VERSION_BYTES }, &ret->version))
		return false;
	target = str_trim(target);
	if (!target.len)
		return false;
	head_keep(ret, HTTP_METHOD, method);
	head_keep(ret, HTTP_TARGET, target);
	return true;
}

/* What a cut line ends with may be a part of the version: "/x HTT" is about "/x". */
static bool drop_version(struct str *target, int16_t *ret)
{
	struct str last = trim_end(*target), wanted = STR("HTTP/1.");
	size_t at = last.len;

	while (at && !is_space(last.at[at - 1]))
		at--;
	last = str_after(last, at);
	if (!at || !last.len)
		return true;
	if (version_read(last, ret) || str_starts(wanted, last)) {
		*target = str_trim(str_first(*target, at));
		return true;
	}
	return !str_starts(last, STR("HTTP/")); /* of another version */
}

bool request_part_read(struct str part, struct head *ret)
{
	struct str method;
	int16_t version = 0;

	if (!take_method(&part, &method))
		return false;
	part = str_trim(part);
	if (!drop_version(&part, &version) || !part.len)
		return false;
	ret->version = version;
	head_keep(ret, HTTP_METHOD, method);
	head_keep(ret, HTTP_TARGET, part);
	return true;
}

bool request_line_begins(struct str part)
{
	size_t len = 0;

	while (len < part.len && is_token[(unsigned char)part.at[len]])
		len++;
	return len == part.len || (len && is_space(part.at[len]));
}

bool status_line_read(struct str line, struct head *ret)
{
	const char *at = line.at + VERSION_BYTES, *end = line.at + line.len;
	unsigned int hundreds, tens, ones;

	if (!version_read(line, &ret->version) || at == end || !is_space(*at))
		return false;
	while (at < end && is_space(*at))
		at++;
	if (end - at < 3 || (end - at > 3 && !is_blank(at[3])))
		return false;
	hundreds = (unsigned int)at[0] - '0';
	tens = (unsigned int)at[1] - '0';
	ones = (unsigned int)at[2] - '0';
	if (!hundreds || hundreds > 9 || tens > 9 || ones > 9)
		return false;
	ret->status = (int16_t)(hundreds * 100 + tens * 10 + ones);
	return true;
}

bool status_line_begins(struct str part)
{
	struct str wanted = STR("HTTP/1.");
	size_t len = part.len < wanted.len ? part.len : wanted.len;

	if (memcmp(part.at, wanted.at, len))
		return false;
	if (part.len > 7 && (part.at[7] < '0' || part.at[7] > '9'))
		return false;
	return part.len <= 8 || is_space(part.at[8]);
}
