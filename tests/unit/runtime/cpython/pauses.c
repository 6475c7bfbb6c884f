/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/cpython/pauses.c. */
#include "user/runtime/cpython/pauses.h"
#include "tests/unit/runtime/described.h"

TEST(collections_of_cpython_have_their_generation_and_waits_for_its_lock_are_none)
{
	static const struct expected rows[] = {
		{ CPYTHON_GC, 0, NULL, "gen0", true },
		{ CPYTHON_GC, 2, NULL, "gen2", true },
		{ CPYTHON_GC, 3, NULL, "collection", true },
		{ CPYTHON_GC, PAUSE_NO_DETAIL, NULL, "collection", true },
		{ CPYTHON_GC_ANY, 0, NULL, "collection", true },
		{ CPYTHON_GC_ASKED, 1, NULL, "collection", true },
		{ CPYTHON_GC_ASKED, PAUSE_NO_DETAIL, NULL, NULL },
		{ CPYTHON_GIL, 0, NULL, "gil", false },
		{ 0, 0, NULL, NULL },
	};

	EACH(i, rows)
		CHECK(described(cpython_describe, &rows[i]));
}
