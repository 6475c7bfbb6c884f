/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/go/pauses.h"

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

/* Before 1.22 nothing tells what the world is stopped for; it is for a collection all but always. */
static struct str word_of(const struct record_pause *record, bool *ret_is_collection)
{
	*ret_is_collection = true;
	if (record->kind == GO_STOP_ANY)
		return STR("stop-the-world");
	if (record->detail == GO_MARK_TERMINATION)
		return STR("mark-termination");
	if (record->detail == GO_SWEEP_TERMINATION)
		return STR("sweep-termination");
	*ret_is_collection = false;
	return STR("stop-the-world-other");
}

void go_describe(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){};
	if (record->kind != GO_STOP && record->kind != GO_STOP_ANY)
		return;
	ret->kind = word_of(record, &ret->is_collection);
	if (ret->is_collection)
		ret->group = &go_gc;
}
