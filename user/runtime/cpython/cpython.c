/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpython.c - CPython 3.8 to 3.13, as one program or as libpython3.N.so.
 *
 * Distributions build it with marks for SystemTap, others have the names of its functions: the one
 * that collects was called collect() before 3.10. Without either there is none of it to be seen.
 */
#include "user/runtime/cpython/pauses.h"

#include <stdio.h>
#include <string.h>

#include "user/elf/symbols.h"

#define LIBRARY "libpython"

/* Since 3.11 a variable says it; before, the library's name says as much as 3.9. */
static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	char name[64];
	uint64_t hex;

	if (!symbols_exports(image, "PyGC_Collect") ||
	    !symbols_exports(image, "PyEval_RestoreThread"))
		return false;
	image_soname(image, name, sizeof(name));
	if (!symbols_value(image, "Py_Version", &hex, sizeof(hex)))
		snprintf(version, RUNTIME_VERSION, "%u.%u.%u", (unsigned)(hex >> 24) & 255,
			 (unsigned)(hex >> 16) & 255, (unsigned)(hex >> 8) & 255);
	else if (!strncmp(name, LIBRARY, strlen(LIBRARY)))
		snprintf(version, RUNTIME_VERSION, "%.*s",
			 (int)strspn(name + strlen(LIBRARY), "0123456789."),
			 name + strlen(LIBRARY));
	if (*version && version[strlen(version) - 1] == '.') /* of "libpython3.9.so" */
		version[strlen(version) - 1] = '\0';
	return true;
}

/* clang-format off: a set of a function and its return */
#define CALLS_OF(function_, kind_, ...)                                                            \
	.hooks = {                                                                                 \
		{ .name = (function_),                                                             \
		  .action = PROBE_BEGIN,                                                           \
		  .scope = PROBE_THREAD,                                                           \
		  .kind = (kind_),                                                                 \
		  __VA_ARGS__ },                                                                   \
		{ .name = (function_),                                                             \
		  .at_return = true,                                                               \
		  .action = PROBE_END,                                                             \
		  .scope = PROBE_THREAD,                                                           \
		  .kind = (kind_) },                                                               \
	}
/* clang-format on */

#define SECOND_IS_GENERATION .value = 2, .value_bytes = 4, .value_signed = true

const struct runtime runtime_cpython = {
	.name = "cpython",
	.recognise = recognise,
	.describe = cpython_describe,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "garbage collections of CPython",
			.sets = {
				{
					.name = "usdt",
					.hooks = {
						{ .place = PLACE_USDT,
						  .name = "python:gc__start",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = CPYTHON_GC,
						  .value = 1 },
						{ .place = PLACE_USDT,
						  .name = "python:gc__done",
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = CPYTHON_GC },
					},
				},
				/* It looks itself whether a collection is due, and tells callbacks if so. */
				{
					.name = "gc_collect_main-callback",
					.since = "3.13",
					.hooks = {
						{ .name = "gc_collect_main",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = CPYTHON_GC_ASKED },
						{ .name = "gc_collect_main",
						  .at_return = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = CPYTHON_GC_ASKED },
						{ .name = "invoke_gc_callback",
						  .action = PROBE_NOTE,
						  .scope = PROBE_THREAD,
						  .kind = CPYTHON_GC_ASKED,
						  .constant = 1 },
					},
				},
				{
					.name = "gc_collect_main",
					CALLS_OF("gc_collect_main", CPYTHON_GC, SECOND_IS_GENERATION),
				},
				{
					.name = "collect",
					.since = "3.9",
					CALLS_OF("collect", CPYTHON_GC, SECOND_IS_GENERATION),
				},
				{
					.name = "collect-any",
					CALLS_OF("collect", CPYTHON_GC_ANY),
				},
			},
		},
		{
			.name = "gil",
			.without = "waiting for CPython's lock",
			.sets = {
				{
					.name = "take_gil",
					CALLS_OF("take_gil", CPYTHON_GIL),
				},
			},
		},
	},
};
