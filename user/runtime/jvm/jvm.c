/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvm.c - HotSpot, JDK 17 to 25, whose library is libjvm.so.
 *
 * Distributions build it with marks for SystemTap. The thread that runs the collection hits them
 * all; what an operation is called is read where it begins, before its collection does.
 */
#include "user/runtime/jvm/pauses.h"

#include <stdio.h>

#include "user/elf/symbols.h"

#define VERSION "_ZN19Abstract_VM_Version"

/* 17.0.15; a build without symbols does not say. */
static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	uint32_t major, minor, security;

	if (!symbols_exports(image, "JNI_CreateJavaVM") ||
	    !symbols_exports(image, "gHotSpotVMStructs"))
		return false;
	if (!symbols_value(image, VERSION "17_vm_major_versionE", &major, sizeof(major)) &&
	    !symbols_value(image, VERSION "17_vm_minor_versionE", &minor, sizeof(minor)) &&
	    !symbols_value(image, VERSION "20_vm_security_versionE", &security, sizeof(security)))
		snprintf(version, RUNTIME_VERSION, "%u.%u.%u", major, minor, security);
	return true;
}

const struct runtime runtime_jvm = {
	.name = "jvm",
	.recognise = recognise,
	.describe = jvm_describe,
	.walks_stacks = true,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "pauses of garbage collectors of HotSpot",
			.sets = {
				{
					.name = "usdt",
					.hooks = {
						{ .place = PLACE_USDT,
						  .name = "hotspot:gc__begin",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_GC,
						  .value = 1 },
						{ .place = PLACE_USDT,
						  .name = "hotspot:gc__end",
						  .action = PROBE_END,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_GC },
						{ .place = PLACE_USDT,
						  .name = "hotspot:vmops__begin",
						  .action = PROBE_NOTE,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_GC,
						  .text = 1 },
					},
				},
				{
					.name = "safepoints",
					.hooks = {
						{ .name = "_ZN20SafepointSynchronize5beginEv",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_GC_OR_OTHER },
						{ .name = "_ZN20SafepointSynchronize3endEv",
						  .action = PROBE_END,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_GC_OR_OTHER },
					},
				},
			},
		},
		{
			.name = "safepoint",
			.without = "safepoints of HotSpot",
			.sets = {
				{
					.name = "symbols",
					.hooks = {
						{ .name = "_ZN20SafepointSynchronize5beginEv",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_SAFEPOINT },
						{ .name = "_ZN20SafepointSynchronize3endEv",
						  .action = PROBE_END,
						  .scope = PROBE_PROCESS,
						  .kind = JVM_SAFEPOINT },
					},
				},
			},
		},
	},
};
