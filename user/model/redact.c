/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/redact.h"

#include "user/base/mem.h"
#include "user/base/utf8.h"

/* Values of these are credentials of a signed URL; case matters, as to those who check them. */
static const struct str secret_keys[] = {
	STR("X-Amz-Signature"),
	STR("X-Amz-Credential"),
	STR("X-Amz-Security-Token"),
	STR("X-Goog-Signature"),
	STR("AWSAccessKeyId"),
	STR("Signature"),
	STR("sig"),
};

/* Request headers that carry credentials, whatever a user asked for. */
static const struct str secret_headers[] = {
	STR("authorization"),
	STR("proxy-authorization"),
	STR("cookie"),
	STR("cookie2"),
	STR("set-cookie"),
	STR("set-cookie2"),
	STR("x-amz-security-token"),
	STR("x-api-key"),
	STR("x-auth-token"),
	STR("x-access-token"),
	STR("x-csrf-token"),
	STR("x-xsrf-token"),
	STR("x-vault-token"),
	STR("private-token"),
	STR("x-forwarded-authorization"),
};

static const struct str redacted = STR("REDACTED");

static bool is_secret_key(struct str key)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret_keys); i++)
		if (str_eq(secret_keys[i], key))
			return true;
	return false;
}

/* Only these begin a secret key: most parameters need no look at the table. */
static bool may_be_secret(char first)
{
	return first == 'X' || first == 'A' || first == 'S' || first == 's';
}

/* Step over parameters to the next one that may be secret; its start, or the end of `query`. */
static size_t next_candidate(struct str query, size_t from)
{
	while (from < query.len && !may_be_secret(query.at[from])) {
		const char *mark = memchr(query.at + from, '&', query.len - from);

		from = mark ? (size_t)(mark - query.at) + 1 : query.len;
	}
	return from;
}

int redact_query(struct str query, struct buf *ret)
{
	size_t before = ret->len, kept = 0, at = 0;
	struct str rest, parameter, key;
	int r = 0;

	while ((at = next_candidate(query, at)) < query.len) {
		rest = str_after(query, at);
		take_part(&rest, '&', &parameter);
		at += parameter.len;
		if (take_until(&parameter, '=', &key) && is_secret_key(key)) {
			size_t value_at = at - parameter.len;

			r |= buf_add(ret, (struct str){ query.at + kept, value_at - kept });
			r |= buf_add(ret, redacted);
			kept = at;
		}
		at += at < query.len; /* the '&' */
	}
	r |= buf_add(ret, str_after(query, kept));
	if (r)
		ret->len = before;
	return r;
}

/* How many bytes come before the first '/', '?' or '#'; all, if there is none. */
static size_t part_len(struct str s)
{
	size_t len = 0;

	while (len < s.len && s.at[len] != '/' && s.at[len] != '?' && s.at[len] != '#')
		len++;
	return len;
}

/* "user:password@" of the authority that begins `in`; empty when there is none. */
static struct str userinfo(struct str in)
{
	size_t len = part_len(in);
	const char *at = len ? memrchr(in.at, '@', len) : NULL;

	return at ? str_first(in, (size_t)(at - in.at) + 1) : (struct str){};
}

/* The authority stands after "//", with a scheme or nothing before it. */
static int redact_userinfo(struct str *url, struct buf *ret)
{
	size_t scheme = part_len(*url);
	struct str user;
	int r;

	if (!str_starts(str_after(*url, scheme), STR("//")))
		return 0;
	r = buf_add(ret, str_first(*url, scheme + 2));
	*url = str_after(*url, scheme + 2);
	user = userinfo(*url);
	if (!user.len)
		return r;
	*url = str_after(*url, user.len);
	if (memchr(user.at, ':', user.len))
		return r | buf_add(ret, STR("REDACTED:REDACTED@"));
	return r | buf_add(ret, STR("REDACTED@"));
}

int redact_url(struct str url, struct buf *ret)
{
	size_t before = ret->len;
	struct str head, query = {};
	int r = redact_userinfo(&url, ret);
	const char *fragment = url.len ? memchr(url.at, '#', url.len) : NULL;
	size_t len = fragment ? (size_t)(fragment - url.at) : url.len;

	head = str_first(url, len);
	if (take_until(&head, '?', &query)) {
		r |= buf_add(ret, str_first(url, query.len + 1));
		r |= redact_query(head, ret);
	} else {
		r |= buf_add(ret, head);
	}
	r |= buf_add(ret, str_after(url, len));
	if (r)
		ret->len = before;
	return r;
}

static bool between(char c, unsigned char low, unsigned char high)
{
	return (unsigned char)c >= low && (unsigned char)c <= high;
}

/* How many bytes the whole, well-formed character that begins `in` has; 0: none, or a control. */
static size_t character_len(struct str in)
{
	struct str rest = in;
	uint32_t code;

	if (!take_code_point(&rest, &code) || code < 0x20 || (code >= 0x7f && code < 0xa0))
		return 0;
	return in.len - rest.len;
}

/* Are these eight bytes printable ASCII? */
static bool eight_plain(const char *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t eight, not_delete;

	memcpy(&eight, at, 8);
	not_delete = (eight ^ (ones * 0x7f)) - ones;
	return !((eight | (eight - ones * 0x20) | not_delete) & highs);
}

/* How many bytes at the front are printable ASCII. */
static size_t ascii_len(struct str in)
{
	size_t len = 0;

	while (in.len - len >= 8 && eight_plain(in.at + len))
		len += 8;
	if (len && in.len - len < 8 && eight_plain(in.at + in.len - 8))
		return in.len;
	while (len < in.len && between(in.at[len], 0x20, 0x7e))
		len++;
	return len;
}

int redact_text(struct str text, struct buf *ret)
{
	size_t before = ret->len;
	int r = 0;

	while (text.len && !r) {
		size_t plain = ascii_len(text), len = 0;

		r |= buf_add(ret, str_first(text, plain));
		text = str_after(text, plain);
		if (!text.len)
			break;
		len = character_len(text);
		r |= buf_add(ret, len ? str_first(text, len) : STR("\xef\xbf\xbd"));
		text = str_after(text, len ? len : 1);
	}
	if (r)
		ret->len = before;
	return r;
}

bool redact_header_allowed(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret_headers); i++)
		if (str_eq_nocase(secret_headers[i], name))
			return false;
	return true;
}
