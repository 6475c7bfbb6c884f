/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/go/pauses.h"

/* runtime.stwReason of Go 1.22 and later; the others are no collection's. */
enum { STOP_UNKNOWN, STOP_MARK_TERMINATION, STOP_SWEEP_TERMINATION };

static const struct metric_group go_gc = {
	.metrics = { {
		.name = "go.memory.gc.pause.duration",
		.unit = "s",
		.help = "From deciding to stop the world until it is started again, for the "
			"garbage collector.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &pause_duration_bounds,
	} },
	.measures = { MEASURE_DURATION },
};

static struct str reason_name(uint64_t reason)
{
	switch (reason) {
	case STOP_UNKNOWN:
		return STR("stop-the-world");
	case STOP_MARK_TERMINATION:
		return STR("mark-termination");
	case STOP_SWEEP_TERMINATION:
		return STR("sweep-termination");
	}
	return STR("stop-the-world-other");
}

/* Before 1.22 nothing tells what the world is stopped for; it is for a collection all but always. */
static bool is_collection(uint64_t reason)
{
	return reason <= STOP_SWEEP_TERMINATION;
}

void go_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){};
	if (record->kind != GO_STOP)
		return;
	ret->kind = reason_name(record->detail);
	ret->is_collection = is_collection(record->detail);
	if (ret->is_collection)
		ret->group = &go_gc;
}
