/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/nodejs/pauses.c. */
#include "user/runtime/nodejs/pauses.h"
#include "tests/unit/runtime/described.h"

#define V8(kind, number, type)                                                                     \
	{                                                                                          \
		kind, number, NULL, type, true, "v8js.gc.duration",                                \
		{                                                                                  \
			type                                                                       \
		}                                                                                  \
	}

TEST(collections_of_v8_have_the_conventions_types)
{
	static const struct expected rows[] = {
		V8(NODEJS_GC_TYPE, 1, "minor"),	      V8(NODEJS_GC_TYPE, 2, "minor"),
		V8(NODEJS_GC_TYPE, 4, "major"),	      V8(NODEJS_GC_TYPE, 4 | 8, "major"),
		V8(NODEJS_GC_TYPE, 8, "incremental"), V8(NODEJS_GC_TYPE, 16, "weakcb"),
		V8(NODEJS_GC_COLLECTOR, 0, "minor"),  V8(NODEJS_GC_COLLECTOR, 1, "major"),
		V8(NODEJS_GC_COLLECTOR, 2, "minor"),
	};

	EACH(i, rows)
		CHECK(described(nodejs_describe, &rows[i]));
}

TEST(a_collection_of_v8_whose_type_is_not_known_is_counted_as_one)
{
	static const struct expected rows[] = {
		{ NODEJS_GC_TYPE, 0, NULL, "gc", true },
		{ NODEJS_GC_TYPE, 32, NULL, "gc", true },
		{ NODEJS_GC_TYPE, PAUSE_NO_DETAIL, NULL, "gc", true },
		{ NODEJS_GC_COLLECTOR, 3, NULL, "gc", true },
		{ NODEJS_GC_COLLECTOR, PAUSE_NO_DETAIL, NULL, "gc", true },
		{ NODEJS_GC_ANY, 1, NULL, "gc", true },
	};

	EACH(i, rows)
		CHECK(described(nodejs_describe, &rows[i]));
}
