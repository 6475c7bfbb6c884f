/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodejs.c - Node.js 18 to 26, as one program or as libnode.so.
 *
 * V8's functions have names of C++, and types of arguments come and go with its releases: they are
 * found by how their names begin. From 24 on these names are in .symtab alone, so a stripped one
 * has none. In 18 the callbacks exist with fewer arguments and are never called: they are inlined.
 */
#include "user/runtime/nodejs/pauses.h"

#include <stdio.h>

#include "user/elf/symbols.h"

#define HEAP		 "_ZN2v88internal4Heap"
#define TRACER		 "_ZN2v88internal8GCTracer"
#define TYPE_FLAGS_SCOPE "ENS_6GCTypeENS_15GCCallbackFlagsENS0_8GCTracer"

static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	uint32_t numbers[3];

	if (!symbols_exports(image, "node_module_register"))
		return false;
	if (!symbols_value(image, "_ZZ21napi_get_node_versionE7version", numbers, sizeof(numbers)))
		snprintf(version, RUNTIME_VERSION, "%u.%u.%u", numbers[0], numbers[1], numbers[2]);
	return true;
}

const struct runtime runtime_nodejs = {
	.name = "nodejs",
	.recognise = recognise,
	.describe = nodejs_describe,
	.runs_to_end = true,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "garbage collections of V8",
			.sets = {
				{
					.name = "callbacks",
					.hooks = {
						{ .name = HEAP "23CallGCPrologueCallbacks" TYPE_FLAGS_SCOPE,
						  .is_prefix = true,
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_TYPE,
						  .value = 2,
						  .value_bytes = 4 },
						{ .name = HEAP "23CallGCEpilogueCallbacks" TYPE_FLAGS_SCOPE,
						  .is_prefix = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_TYPE },
					},
				},
				{
					.name = "tracer",
					.hooks = {
						{ .name = TRACER "20StartObservablePauseE",
						  .is_prefix = true,
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_COLLECTOR },
						{ .name = TRACER "10StartCycleE",
						  .is_prefix = true,
						  .action = PROBE_NOTE,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_COLLECTOR,
						  .value = 2,
						  .value_bytes = 4 },
						{ .name = TRACER "19StopObservablePauseE",
						  .is_prefix = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_COLLECTOR },
					},
				},
				{
					.name = "collect-garbage",
					.hooks = {
						{ .name = HEAP "14CollectGarbageE",
						  .is_prefix = true,
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_ANY },
						{ .name = HEAP "14CollectGarbageE",
						  .is_prefix = true,
						  .at_return = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = NODEJS_GC_ANY },
					},
				},
			},
		},
	},
};
