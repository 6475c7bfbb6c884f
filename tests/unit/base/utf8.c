/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - mirrors user/base/utf8.c. */
#include "user/base/utf8.h"
#include "tests/test.h"

TEST(each_shortest_and_longest_code_point_is_taken)
{
	static const struct {
		struct str in;
		uint32_t code;
	} rows[] = {
		{ STR("\x00"), 0 },
		{ STR("\x7f"), 0x7f },
		{ STR("\xc2\x80"), 0x80 },
		{ STR("\xdf\xbf"), 0x7ff },
		{ STR("\xe0\xa0\x80"), 0x800 },
		{ STR("\xef\xbf\xbf"), 0xffff },
		{ STR("\xf0\x90\x80\x80"), 0x10000 },
		{ STR("\xf4\x8f\xbf\xbf"), 0x10ffff },
	};

	EACH(i, rows) {
		for (size_t len = 0; len < rows[i].in.len; len++) {
			char *copy = test_tight(rows[i].in.at, len);
			struct str in = { copy, len };
			uint32_t code = 42;

			CHECK(!take_code_point(&in, &code) && code == 42 && in.len == len);
			free(copy);
		}
		{
			struct str in = rows[i].in;
			uint32_t code;

			CHECK(take_code_point(&in, &code) && code == rows[i].code && !in.len);
		}
	}
}

TEST(overlong_surrogate_and_stray_bytes_are_refused)
{
	static const struct str rows[] = {
		{ "\x80", 1 },
		{ "\xc0\x80", 2 },
		{ "\xc1\xbf", 2 },
		{ "\xe0\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 3 },
		{ "\xf0\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 4 },
		{ "\xf8\x88\x80\x80", 4 },
		{ "\xc2\x41", 2 },
	};

	EACH(i, rows) {
		struct str in = rows[i];
		uint32_t code;

		CHECK(!take_code_point(&in, &code) && in.len == rows[i].len);
		CHECK(!utf8_is_plain(rows[i]));
	}
	CHECK(utf8_is_plain(STR("a \xc3\xa9")) && !utf8_is_plain(STR("a\tb")));
	CHECK(!utf8_is_plain(STR("\xc2\x9b")) && !utf8_is_plain(STR("\x7f")));
}

static const struct {
	struct str in, out;
} made_valid[] = {
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
	EACH(i, made_valid) {
		char *in = test_tight(made_valid[i].in.at, made_valid[i].in.len), out[128];
		char *end = utf8_put(out, (struct str){ in, made_valid[i].in.len });

		free(in);
		CHECK(str_eq((struct str){ out, (size_t)(end - out) }, made_valid[i].out));
		CHECK(utf8_valid_length(made_valid[i].out) == made_valid[i].out.len);
		CHECK((utf8_valid_length(made_valid[i].in) == made_valid[i].in.len) ==
		      str_eq(made_valid[i].in, made_valid[i].out));
	}
}
