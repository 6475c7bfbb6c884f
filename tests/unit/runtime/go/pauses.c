/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/go/pauses.c. */
#include "user/runtime/go/pauses.h"
#include "tests/unit/runtime/described.h"

TEST(the_world_of_go_is_stopped_for_collections_and_else)
{
	static const struct expected rows[] = {
		{ GO_STOP_ANY, 0, NULL, "stop-the-world", true, "go.memory.gc.pause.duration" },
		{ GO_STOP, 0, NULL, "stop-the-world-other", false },
		{ GO_STOP, 1, NULL, "mark-termination", true, "go.memory.gc.pause.duration" },
		{ GO_STOP, 2, NULL, "sweep-termination", true, "go.memory.gc.pause.duration" },
		{ GO_STOP, 7, NULL, "stop-the-world-other", false },
		{ GO_STOP, PAUSE_NO_DETAIL, NULL, "stop-the-world-other", false },
		{ GO_STOP_ANY + 1, 1, NULL, NULL },
	};

	EACH(i, rows)
		CHECK(described(go_describe, &rows[i]));
}
