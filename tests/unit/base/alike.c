/* SPDX-License-Identifier: Apache-2.0 */
/* alike.c - the first byte that differs is found wherever it is, and none behind the end is seen. */
#include "user/base/alike.h"
#include "tests/test.h"

enum { ROOM = 130 };

TEST(the_first_byte_that_differs_is_found_at_every_place_of_every_length)
{
	for (size_t len = 0; len <= ROOM; len++)
		for (size_t at = 0; at <= len; at++) {
			char *a = calloc(1, len + 1), *b = calloc(1, len + 1);

			/* Without the byte more, so that reading behind the end is seen. */
			a = realloc(a, len ? len : 1);
			b = realloc(b, len ? len : 1);
			if (at < len)
				memset(b + at, 1, len - at);
			CHECK(alike(a, b, len) == at);
			free(a);
			free(b);
		}
}
