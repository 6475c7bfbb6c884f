/* SPDX-License-Identifier: Apache-2.0 */
/*
 * go.c - Go 1.19 to 1.26, stripped programs too: its functions are found in its own line table.
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
#define STOP_TO_START(kind_, ...)                                                                  \
	.hooks = {                                                                                 \
		{ .place = PLACE_GO,                                                               \
		  .name = "runtime.stopTheWorldWithSema",                                          \
		  .action = PROBE_BEGIN,                                                           \
		  .scope = PROBE_PROCESS,                                                          \
		  .kind = (kind_),                                                                 \
		  __VA_ARGS__ },                                                                   \
		{ .place = PLACE_GO,                                                               \
		  .name = "runtime.startTheWorldWithSema",                                         \
		  .action = PROBE_END,                                                             \
		  .scope = PROBE_PROCESS,                                                          \
		  .kind = (kind_) },                                                               \
	}
/* clang-format on */

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
					STOP_TO_START(GO_STOP, .value = 1, .value_bytes = 1,
						      .collecting = GO_STOPS_TO_COLLECT),
				},
				{
					.name = "stop-start-any",
					STOP_TO_START(GO_STOP_ANY),
				},
			},
		},
	},
};
