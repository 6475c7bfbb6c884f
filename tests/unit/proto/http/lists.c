/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/proto/http/lists.c - mirrors user/proto/http/lists.c */
#include "user/proto/http/lists.h"
#include "tests/test.h"

static const struct {
	struct str text;
	const char *values; /* each followed by '|' */
} rows[] = {
	{ STR(""), "" },
	{ STR("a=1"), "a=1|" },
	{ STR("a=1,b=2"), "a=1,b=2|" },
	{ STR("a=1\r\nbaggage: b=2"), "a=1|b=2|" },
	{ STR("a=1 \r\nBAGGAGE :\tb=2 \r\nbaggage:c=3"), "a=1|b=2|c=3|" },
	{ STR("a=1\nbaggage: b=2"), "a=1|b=2|" },
	{ STR("a=1\r\nHost: baggage: x\r\nCookie: b=3\r\nbaggage: b=2"), "a=1|b=2|" },
	{ STR("a=1\r\nbaggages: x=3\r\nbaggag: x=3\r\nno header\r\nbaggage: b=2"), "a=1|b=2|" },
	{ STR("\r\nbaggage: b=2"), "|b=2|" },
	{ STR("a=1\r\nbaggage:"), "a=1||" },
	{ STR("a=1,\r\n\tb=2\r\nHost: x,\r\n y=3\r\nbaggage: c=3"), "a=1,|b=2|c=3|" },
	{ STR("a=1\r\n\r\nbaggage: b=2"), "a=1|b=2|" },
};

TEST(a_list_of_several_headers_has_the_values_of_those_alone)
{
	EACH(i, rows) {
		char *copy = test_tight(rows[i].text.at, rows[i].text.len), found[64], *at = found;
		struct list_walk walk =
			list_walk((struct str){ copy, rows[i].text.len }, STR("baggage"));
		struct str value;

		while (list_value_take(&walk, &value))
			at += sprintf(at, "%.*s|", STR_ARGS(value));
		*at = 0;
		free(copy);
		CHECK(!strcmp(found, rows[i].values));
	}
}
