/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/runtime/jvm/pauses.c; names as JDK 17 and 25 say them of themselves. */
#include "user/runtime/jvm/pauses.h"
#include "tests/unit/runtime/described.h"

#define GC(operation, full, kind, ...)                                                             \
	{                                                                                          \
		JVM_GC, full, operation, kind, true, "jvm.gc.duration",                            \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

TEST(collections_of_hotspot_have_the_names_and_actions_of_its_beans)
{
	static const struct expected rows[] = {
		GC("G1CollectForAllocation", 0, "minor", "G1 Young Generation", "end of minor GC"),
		GC("G1CollectForAllocation", 1, "major", "G1 Old Generation", "end of major GC"),
		GC("G1CollectFull", 1, "major", "G1 Old Generation", "end of major GC"),
		GC("G1CollectFull", 0, "major", "G1 Old Generation", "end of major GC"),
		GC("G1CollectFull", PAUSE_NO_DETAIL, "major", "G1 Old Generation",
		   "end of major GC"),
		GC("G1PauseRemark", 0, "remark", "G1 Concurrent GC", "end of concurrent GC pause"),
		GC("G1PauseCleanup", 0, "cleanup", "G1 Concurrent GC",
		   "end of concurrent GC pause"),
		GC("ParallelGCFailedAllocation", 0, "minor", "PS Scavenge", "end of minor GC"),
		GC("ParallelGCSystemGC", 1, "major", "PS MarkSweep", "end of major GC"),
		GC("ParallelCollectForAllocation", 0, "minor", "PS Scavenge", "end of minor GC"),
		GC("ParallelCollectForAllocation", 1, "major", "PS MarkSweep", "end of major GC"),
		GC("ParallelGCCollect", 1, "major", "PS MarkSweep", "end of major GC"),
		GC("GenCollectForAllocation", 0, "minor", "Copy", "end of minor GC"),
		GC("GenCollectFull", 1, "major", "MarkSweepCompact", "end of major GC"),
		GC("SerialCollectForAllocation", 1, "major", "MarkSweepCompact", "end of major GC"),
		GC("SerialGCCollect", 1, "major", "MarkSweepCompact", "end of major GC"),
		GC("ZMarkStart", 0, "mark-start", "ZGC Pauses", "end of GC pause"),
		GC("ZMarkEnd", 0, "mark-end", "ZGC Pauses", "end of GC pause"),
		GC("XRelocateStart", 0, "relocate-start", "ZGC Pauses", "end of GC pause"),
		GC("ZMarkStartYoung", 0, "mark-start", "ZGC Minor Pauses", "end of GC pause"),
		GC("ZMarkStartYoungAndOld", 0, "mark-start", "ZGC Major Pauses", "end of GC pause"),
		GC("ZRelocateStartOld", 1, "relocate-start", "ZGC Major Pauses", "end of GC pause"),
		GC("ShenandoahInitMark", 0, "init-mark", "Shenandoah Pauses", "Init Mark"),
		GC("ShenandoahFinalMarkStartEvac", 0, "final-mark", "Shenandoah Pauses",
		   "Final Mark"),
		GC("ShenandoahDegeneratedGC", 0, "degenerated", "Shenandoah Pauses",
		   "Degenerated GC"),
		GC("ShenandoahFullGC", 1, "major", "Shenandoah Pauses", "Full GC"),
	};

	EACH(i, rows)
		CHECK(described(jvm_describe, &rows[i]));
}

TEST(a_collection_of_hotspot_that_is_not_known_has_no_name)
{
	static const struct expected rows[] = {
		GC("", 0, "gc"),
		GC("G1CollectFor", 0, "gc"),
		GC("CollectForMetadataAllocation", 1, "gc"),
		GC("G1CollectForAllocation", PAUSE_NO_DETAIL, "gc"),
	};

	EACH(i, rows)
		CHECK(described(jvm_describe, &rows[i]));
}

TEST(a_stop_is_a_collection_where_nothing_tells_them_apart)
{
	static const struct expected row = { JVM_GC_OR_OTHER, 0, NULL, "stop", true };

	CHECK(described(jvm_describe, &row));
}

TEST(a_safepoint_is_a_pause_and_no_collection)
{
	static const struct expected rows[] = {
		{ JVM_SAFEPOINT, 0, "G1CollectFull", "safepoint", false },
		{ 0, 0, NULL, NULL },
		{ JVM_GC_OR_OTHER + 1, 0, NULL, NULL },
	};

	EACH(i, rows)
		CHECK(described(jvm_describe, &rows[i]));
}
