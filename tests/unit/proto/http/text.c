/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http/text.c - mirrors user/proto/http/text.c */
#include "user/proto/http/text.h"

#include "tests/test.h"
#include "user/base/mem.h"

enum { WORDS = 17 }; /* bytes: two that are looked at together eight by eight, and one alone */

TEST(text_is_borrowed_only_when_every_byte_is_printable)
{
	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < WORDS; at++) {
			_cleanup_(buf_free) struct buf scratch = buf_new(256);
			struct span span = { .scratch = &scratch };
			char text[WORDS];
			struct str clean;

			memset(text, '~', sizeof(text));
			text[at] = (char)byte;
			text_reserve(&span);
			clean = text_clean(&span, (struct str){ text, sizeof(text) });
			CHECK((clean.at == text) == (byte >= 0x20 && byte <= 0x7e));
			CHECK(clean.len >= WORDS && !memchr(clean.at, '\n', clean.len));
		}
}

TEST(an_empty_text_may_be_nowhere)
{
	_cleanup_(buf_free) struct buf scratch = buf_new(256);
	struct span span = { .scratch = &scratch };

	CHECK(!text_clean(&span, (struct str){}).len && !scratch.len);
}

TEST(text_in_scratch_does_not_move)
{
	_cleanup_(buf_free) struct buf scratch = buf_new(16384);
	struct span span = { .scratch = &scratch };
	struct str first;

	text_reserve(&span);
	first = text_number(&span, 404);
	for (int i = 0; i < 1000; i++)
		text_pair(&span, STR("a"), STR("b"));
	CHECK(first.at == scratch.at && str_eq(first, STR("404")));
}

TEST(text_that_does_not_fit_is_dropped_and_counted)
{
	_cleanup_(buf_free) struct buf scratch = buf_new(8);
	struct span span = { .scratch = &scratch };

	text_reserve(&span);
	CHECK(!text_url(&span, STR("http"), STR("a"), STR("/"), STR("")).len);
	CHECK(scratch.len == 0 && span.attributes_dropped > 0);
	CHECK(str_eq(text_pair(&span, STR("GET"), STR("/long")), STR("GET")));
	CHECK(str_eq(text_list(&span, STR("a=1"), STR("x")), STR("a=1")));
	span.attributes_dropped = 0;
	CHECK(!text_list(&span, STR("a=123\r\nx:b=2"), STR("x")).len && !scratch.len);
	CHECK(!text_baggage(&span, STR("%41bcdefghi")).len && span.attributes_dropped == 2);
}
