/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/nodejs/pauses.h"

/* v8::GCType. */
enum { SCAVENGE = 1, MINOR_MARK_SWEEP = 2, MARK_COMPACT = 4, INCREMENTAL = 8, WEAK_CALLBACKS = 16 };

/* v8::internal::GarbageCollector. */
enum { COLLECTOR_SCAVENGER, COLLECTOR_MARK_COMPACTOR, COLLECTOR_MINOR };

static const struct metric_group v8js_gc = {
	.metrics = { {
		.name = "v8js.gc.duration",
		.unit = "s",
		.help = "Garbage collection duration.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &request_duration_bounds,
	} },
	.measures = { MEASURE_DURATION },
	.keys = { STR("v8js.gc.type") },
};

static struct str by_type(uint64_t type)
{
	if (type == PAUSE_NO_DETAIL)
		return (struct str){};
	if (type & MARK_COMPACT)
		return STR("major");
	if (type & (SCAVENGE | MINOR_MARK_SWEEP))
		return STR("minor");
	if (type & INCREMENTAL)
		return STR("incremental");
	return type & WEAK_CALLBACKS ? STR("weakcb") : (struct str){};
}

static struct str by_collector(uint64_t collector)
{
	if (collector == COLLECTOR_MARK_COMPACTOR)
		return STR("major");
	return collector <= COLLECTOR_MINOR ? STR("minor") : (struct str){};
}

static struct str type_of(const struct record_pause *record)
{
	switch ((enum nodejs_kind)record->kind) {
	case NODEJS_GC_TYPE:
		return by_type(record->detail);
	case NODEJS_GC_COLLECTOR:
		return by_collector(record->detail);
	case NODEJS_GC_ANY:
		break;
	}
	return (struct str){};
}

void nodejs_describe(const struct record_pause *record, struct pause *ret)
{
	struct str type = type_of(record);

	*ret = (struct pause){ .kind = type.len ? type : STR("gc"), .is_collection = true };
	/* The conventions' histogram has no place for what is not known. */
	if (!type.len)
		return;
	ret->group = &v8js_gc;
	ret->attributes[ret->attribute_count++] = attribute_text(v8js_gc.keys[0], type);
}
