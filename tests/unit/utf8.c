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
