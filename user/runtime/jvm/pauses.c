/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/jvm/pauses.h"

#include "user/base/mem.h"

static const double gc_bounds_s[] = { 0.01, 0.1, 1, 10 };
static const struct histogram_bounds gc_bounds = { .at = gc_bounds_s,
						   .count = ARRAY_SIZE(gc_bounds_s) };

static const struct metric_group jvm_gc = {
	.metrics = { {
		.name = "jvm.gc.duration",
		.unit = "s",
		.help = "Duration of JVM garbage collection actions.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &gc_bounds,
	} },
	.measures = { MEASURE_DURATION },
	.keys = { STR("jvm.gc.name"), STR("jvm.gc.action") },
};

/* What a stop is: its kind, the bean and what that says. */
struct stop {
	struct str kind, name, action;
};

#define MINOR(bean)                                                                                \
	{                                                                                          \
		STR("minor"), STR(bean), STR("end of minor GC")                                    \
	}
#define MAJOR(bean)                                                                                \
	{                                                                                          \
		STR("major"), STR(bean), STR("end of major GC")                                    \
	}
#define G1_CONCURRENT(kind)                                                                        \
	{                                                                                          \
		STR(kind), STR("G1 Concurrent GC"), STR("end of concurrent GC pause")              \
	}
#define ZGC(kind, bean)                                                                            \
	{                                                                                          \
		STR(kind), STR(bean), STR("end of GC pause")                                       \
	}
#define SHENANDOAH(kind, action)                                                                   \
	{                                                                                          \
		STR(kind), STR("Shenandoah Pauses"), STR(action)                                   \
	}

/* By the operation's name; `full` where it may be both and says so: young collections. */
static const struct operation {
	struct str name;
	struct stop stop, full;
} operations[] = {
	{ STR("G1CollectForAllocation"), MINOR("G1 Young Generation"), MAJOR("G1 Old Generation") },
	{ STR("G1TryInitiateConcMark"), MINOR("G1 Young Generation"), MAJOR("G1 Old Generation") },
	{ STR("G1CollectFull"), MAJOR("G1 Old Generation"), {} },
	{ STR("G1PauseRemark"), G1_CONCURRENT("remark"), {} },
	{ STR("G1PauseCleanup"), G1_CONCURRENT("cleanup"), {} },
	{ STR("ParallelGCFailedAllocation"), MINOR("PS Scavenge"), MAJOR("PS MarkSweep") },
	{ STR("ParallelCollectForAllocation"), MINOR("PS Scavenge"), MAJOR("PS MarkSweep") },
	{ STR("ParallelGCSystemGC"), MAJOR("PS MarkSweep"), {} },
	{ STR("ParallelGCCollect"), MAJOR("PS MarkSweep"), {} },
	{ STR("GenCollectForAllocation"), MINOR("Copy"), MAJOR("MarkSweepCompact") },
	{ STR("SerialCollectForAllocation"), MINOR("Copy"), MAJOR("MarkSweepCompact") },
	{ STR("GenCollectFull"), MAJOR("MarkSweepCompact"), {} },
	{ STR("SerialGCCollect"), MAJOR("MarkSweepCompact"), {} },
	{ STR("ZMarkStart"), ZGC("mark-start", "ZGC Pauses"), {} },
	{ STR("ZMarkEnd"), ZGC("mark-end", "ZGC Pauses"), {} },
	{ STR("ZRelocateStart"), ZGC("relocate-start", "ZGC Pauses"), {} },
	{ STR("XMarkStart"), ZGC("mark-start", "ZGC Pauses"), {} },
	{ STR("XMarkEnd"), ZGC("mark-end", "ZGC Pauses"), {} },
	{ STR("XRelocateStart"), ZGC("relocate-start", "ZGC Pauses"), {} },
	{ STR("ZMarkStartYoung"), ZGC("mark-start", "ZGC Minor Pauses"), {} },
	{ STR("ZMarkEndYoung"), ZGC("mark-end", "ZGC Minor Pauses"), {} },
	{ STR("ZRelocateStartYoung"), ZGC("relocate-start", "ZGC Minor Pauses"), {} },
	{ STR("ZMarkStartYoungAndOld"), ZGC("mark-start", "ZGC Major Pauses"), {} },
	{ STR("ZMarkEndOld"), ZGC("mark-end", "ZGC Major Pauses"), {} },
	{ STR("ZRelocateStartOld"), ZGC("relocate-start", "ZGC Major Pauses"), {} },
	{ STR("ShenandoahInitMark"), SHENANDOAH("init-mark", "Init Mark"), {} },
	{ STR("ShenandoahFinalMarkStartEvac"), SHENANDOAH("final-mark", "Final Mark"), {} },
	{ STR("ShenandoahInitUpdateRefs"), SHENANDOAH("init-update", "Init Update Refs"), {} },
	{ STR("ShenandoahFinalUpdateRefs"), SHENANDOAH("final-update", "Final Update Refs"), {} },
	{ STR("ShenandoahFinalRoots"), SHENANDOAH("final-roots", "Final Roots"), {} },
	{ STR("ShenandoahDegeneratedGC"), SHENANDOAH("degenerated", "Degenerated GC"), {} },
	{ STR("ShenandoahFullGC"), SHENANDOAH("major", "Full GC"), {} },
};

/* NULL where it may be of two kinds, and which was not read. */
static const struct stop *stop_by(const struct operation *operation, uint64_t full)
{
	if (!operation->full.kind.len)
		return &operation->stop;
	if (full == PAUSE_NO_DETAIL)
		return NULL;
	return full ? &operation->full : &operation->stop;
}

static const struct stop *stop_of(const struct record_pause *record)
{
	struct str name = str_of(record->text);

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (str_eq(operations[i].name, name))
			return stop_by(&operations[i], record->detail);
	return NULL;
}

static void describe_gc(const struct record_pause *record, struct pause *ret)
{
	const struct stop *stop = stop_of(record);

	ret->is_collection = true;
	ret->group = &jvm_gc;
	ret->kind = stop ? stop->kind : STR("gc");
	if (!stop)
		return;
	ret->attributes[ret->attribute_count++] = attribute_text(jvm_gc.keys[0], stop->name);
	ret->attributes[ret->attribute_count++] = attribute_text(jvm_gc.keys[1], stop->action);
}

void jvm_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){};
	if (record->kind == JVM_GC)
		describe_gc(record, ret);
	else if (record->kind == JVM_SAFEPOINT)
		ret->kind = STR("safepoint");
	else if (record->kind == JVM_GC_OR_OTHER)
		*ret = (struct pause){ .kind = STR("stop"), .is_collection = true };
}
