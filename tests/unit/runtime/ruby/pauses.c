/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/ruby/pauses.c. */
#include "user/runtime/ruby/pauses.h"
#include "tests/unit/runtime/described.h"

TEST(collections_of_ruby_mark_and_sweep)
{
	static const struct expected rows[] = {
		{ RUBY_MARK, 0, NULL, "mark", true },
		{ RUBY_SWEEP, 0, NULL, "sweep", true },
		{ RUBY_GC, 0, NULL, "gc", true },
		{ RUBY_GC, PAUSE_NO_DETAIL, NULL, "gc", true },
		{ 0, 0, NULL, NULL },
	};

	EACH(i, rows)
		CHECK(described(ruby_describe, &rows[i]));
}
