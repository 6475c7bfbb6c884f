/* SPDX-License-Identifier: Apache-2.0 */
/*
 * go.c - Go 1.16 to 1.26, stripped programs too: its functions are found in its own line table.
 *
 * From entry to entry only: a return address that is changed ends a Go program.
 */
#include "user/runtime/go/pauses.h"

#include "user/elf/golang.h"

static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	if (!golang_made(image))
		return false;
	golang_version(image, version, RUNTIME_VERSION);
	return true;
}

/* clang-format off */
#define FROM_TO(from_, to_, scope_, kind_, ...)                                                    \
	.hooks = {                                                                                 \
		{ .place = PLACE_GO,                                                               \
		  .name = (from_),                                                                 \
		  .action = PROBE_BEGIN,                                                           \
		  .scope = (scope_),                                                               \
		  .kind = (kind_),                                                                 \
		  __VA_ARGS__ },                                                                   \
		{ .place = PLACE_GO,                                                               \
		  .name = (to_),                                                                   \
		  .action = PROBE_END,                                                             \
		  .scope = (scope_),                                                               \
		  .kind = (kind_) },                                                               \
	}
/* clang-format on */

#define STOP  "runtime.stopTheWorldWithSema"
#define START "runtime.startTheWorldWithSema"

const struct runtime runtime_go = {
	.name = "go",
	.recognise = recognise,
	.describe = go_describe,
	.walks_stacks = true,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "stops of all goroutines",
			.sets = {
				{
					.name = "stop-start",
					.since = "1.22",
					FROM_TO(STOP, START, PROBE_PROCESS, GO_STOP, .value = 1, .value_bytes = 1,
						.collecting = GO_STOPS_TO_COLLECT),
				},
				{
					.name = "stop-start-any",
					FROM_TO(STOP, START, PROBE_PROCESS, GO_STOP_ANY),
				},
			},
		},
		{
			.name = "cycle",
			.without = "cycles of Go's collector",
			.sets = {
				{
					.name = "start-mark-termination",
					FROM_TO("runtime.gcStart", "runtime.gcMarkTermination", PROBE_NOBODY, GO_CYCLE),
				},
			},
		},
	},
};
