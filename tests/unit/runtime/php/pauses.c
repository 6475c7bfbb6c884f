/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/php/pauses.c. */
#include "user/runtime/php/pauses.h"
#include "tests/unit/runtime/described.h"

TEST(collections_of_php_look_for_cycles)
{
	static const struct expected rows[] = {
		{ PHP_CYCLES, 0, NULL, "cycles", true },
		{ PHP_CYCLES, PAUSE_NO_DETAIL, NULL, "cycles", true },
		{ 0, 0, NULL, NULL },
	};

	EACH(i, rows)
		CHECK(described(php_describe, &rows[i]));
}
