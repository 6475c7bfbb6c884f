/* SPDX-License-Identifier: Apache-2.0 */
/* redact.c - mirrors user/model/redact.c */
#include <errno.h>

#include "tests/test.h"
#include "user/model/redact.h"

struct row {
	struct str in, want;
};

#define SAME(text)                                                                                 \
	{                                                                                          \
		STR(text), STR(text)                                                               \
	}

static const struct row queries[] = {
	SAME(""),
	SAME("a=1&b=2"),
	SAME("&&a&"),
	SAME("Sig=1&signature=2&sigma=3&x-amz-signature=4&my-sig=5"),
	SAME("sig"),
	{ STR("sig=abc"), STR("sig=REDACTED") },
	{ STR("sig="), STR("sig=REDACTED") },
	{ STR("a=1&sig=abc%3D&b=2"), STR("a=1&sig=REDACTED&b=2") },
	{ STR("sig=a=b&sig=c&"), STR("sig=REDACTED&sig=REDACTED&") },
	{ STR("X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3&X-Amz-Date=4"),
	  STR("X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED"
	      "&X-Amz-Date=4") },
	{ STR("X-Goog-Signature=1&AWSAccessKeyId=2&Signature=3"),
	  STR("X-Goog-Signature=REDACTED&AWSAccessKeyId=REDACTED&Signature=REDACTED") },
};

static const struct row urls[] = {
	SAME(""),
	SAME("http://example.com/a?b=c#d"),
	SAME("/users/a:b@c?x=http://u:p@h"),
	SAME("http://example.com/a@b:c@d"),
	SAME("http://example.com?mail=a@b"),
	SAME("mailto:a@b"),
	{ STR("https://user:password@example.com/"),
	  STR("https://REDACTED:REDACTED@example.com/") },
	{ STR("https://user:p@ss@example.com"), STR("https://REDACTED:REDACTED@example.com") },
	{ STR("https://user@example.com:80/"), STR("https://REDACTED@example.com:80/") },
	{ STR("//u:p@h/"), STR("//REDACTED:REDACTED@h/") },
	{ STR("http://u:p@h?sig=1#sig=2"), STR("http://REDACTED:REDACTED@h?sig=REDACTED#sig=2") },
	{ STR("http://h/a?sig=1&b=2#f?sig=3"), STR("http://h/a?sig=REDACTED&b=2#f?sig=3") },
	{ STR("http://h#f?sig=3"), STR("http://h#f?sig=3") },
};

#define BAD "\xef\xbf\xbd"

static const struct row texts[] = {
	SAME(""),
	SAME("GET /index.html?a=b ~"),
	SAME("gr\xc3\xbc\xc3\x9f"
	     "e, \xe4\xb8\x96\xe7\x95\x8c \xf0\x9f\x8c\x8d"),
	SAME("\xee\x80\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf\xc2\xa0"),
	{ STR("\x1b[31mred\x1b[0m"), STR(BAD "[31mred" BAD "[0m") },
	{ STR("a\0b\r\n\x7f"), STR("a" BAD "b" BAD BAD BAD) },
	{ STR("12345678\x7f"
	      "abcdefg"),
	  STR("12345678" BAD "abcdefg") },
	{ STR("1234567\x1f"), STR("1234567" BAD) },
	{ STR("\xc2\x9b"), STR(BAD BAD) }, /* a C1 control */
	{ STR("\x80\xbf\xfe\xff"), STR(BAD BAD BAD BAD) },
	{ STR("\xc0\xaf\xc1\xbf"), STR(BAD BAD BAD BAD) }, /* overlong */
	{ STR("\xe0\x80\xaf"), STR(BAD BAD BAD) },	   /* overlong */
	{ STR("\xed\xa0\x80"), STR(BAD BAD BAD) },	   /* a surrogate */
	{ STR("\xf4\x90\x80\x80"), STR(BAD BAD BAD BAD) }, /* past U+10FFFF */
	{ STR("\xe4\xb8"), STR(BAD BAD) },		   /* cut short */
	{ STR("\xf0\x9f\x8c"), STR(BAD BAD BAD) },
	{ STR("\xe4\xb8x"), STR(BAD BAD "x") },
};

static bool holds(const struct row *row, int (*redact)(struct str in, struct buf *ret))
{
	struct buf out = buf_new(1024);
	char *copy = test_tight(row->in.at, row->in.len);
	bool same;

	buf_add(&out, STR("before "));
	same = !redact((struct str){ copy, row->in.len }, &out) &&
	       str_eq(str_after(buf_str(&out), 7), row->want);
	if (!same)
		printf("\"%.*s\" became \"%.*s\"\n", STR_ARGS(row->in), STR_ARGS(buf_str(&out)));
	buf_free(&out);
	free(copy);
	return same;
}

TEST(values_of_signature_keys_leave_a_query)
{
	EACH(i, queries)
		CHECK(holds(&queries[i], redact_query));
}

TEST(user_and_password_leave_a_url)
{
	EACH(i, urls)
		CHECK(holds(&urls[i], redact_url));
}

TEST(text_becomes_valid_utf8_without_controls)
{
	EACH(i, texts)
		CHECK(holds(&texts[i], redact_text));
}

TEST(what_finds_no_room_is_left_out_whole)
{
	struct buf out = buf_new(12);

	CHECK(!buf_add(&out, STR("abc")));
	CHECK(redact_query(STR("a=1&sig=2&b=3"), &out) == -ENOSPC);
	CHECK(redact_url(STR("http://u:p@h/"), &out) == -ENOSPC);
	CHECK(redact_text(STR("\x01\x02\x03\x04"), &out) == -ENOSPC);
	CHECK(str_eq(buf_str(&out), STR("abc")));
	CHECK(!redact_text(STR("\x01\x02\x03"), &out) && out.len == 12);
	buf_free(&out);
}

TEST(nothing_redacted_into_an_empty_buffer_is_nothing)
{
	struct buf out = buf_new(12);

	CHECK(!redact_query(STR(""), &out) && !redact_url(STR(""), &out));
	CHECK(!redact_text(STR(""), &out) && !out.len && !out.full);
}

TEST(headers_with_credentials_are_never_allowed)
{
	CHECK(!redact_header_allowed(STR("Authorization")));
	CHECK(!redact_header_allowed(STR("cookie")));
	CHECK(!redact_header_allowed(STR("X-API-KEY")));
	CHECK(!redact_header_allowed(STR("proxy-authorization")));
	CHECK(redact_header_allowed(STR("x-request-id")));
	CHECK(redact_header_allowed(STR("cookies")));
}
