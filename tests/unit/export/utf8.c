/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - mirrors user/export/utf8.c */
#include "user/export/utf8.h"
#include "tests/test.h"

static const struct {
	struct str in, out;
} rows[] = {
	{ STR(""), STR("") },
	{ STR("plain and longer than eight"), STR("plain and longer than eight") },
	{ STR("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	  STR("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
	{ STR("a\xff"
	      "b"),
	  STR("a\xef\xbf\xbd"
	      "b") },
	{ STR("\xc0\x80"), STR("\xef\xbf\xbd\xef\xbf\xbd") },		      /* NUL, too long */
	{ STR("\xed\xa0\x80"), STR("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") }, /* a surrogate */
	{ STR("\xf4\x90\x80\x80"), STR("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") },
	{ STR("\xe0\x9f\xbf"), STR("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") },
	{ STR("12345678\xe2\x82"), STR("12345678\xef\xbf\xbd\xef\xbf\xbd") }, /* cut */
	{ STR("1234567\xe2\x82\xac"
	      "1234567"),
	  STR("1234567\xe2\x82\xac"
	      "1234567") },
};

TEST(texts_leave_as_valid_utf8)
{
	EACH(i, rows) {
		char *in = test_tight(rows[i].in.at, rows[i].in.len), out[128];
		char *end = utf8_put(out, (struct str){ in, rows[i].in.len });

		free(in);
		CHECK(str_eq((struct str){ out, (size_t)(end - out) }, rows[i].out));
		CHECK(utf8_valid_length(rows[i].out) == rows[i].out.len);
		CHECK((utf8_valid_length(rows[i].in) == rows[i].in.len) ==
		      str_eq(rows[i].in, rows[i].out));
	}
}
