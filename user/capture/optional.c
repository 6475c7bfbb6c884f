/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/optional.h"

#include "user/base/mem.h"

/* The newest programs first. What comes with a flavour of operations goes with it. */
static const enum feature_id optional[] = {
	FEATURE_PROBES,
	FEATURE_SCHEDULER,
	FEATURE_LOOPS,
	FEATURE_UNIX_CLOSE,
};

static bool gives_way(struct feature_state states[FEATURES], enum feature_id id, features_try *try,
		      void *context)
{
	bool gave_way = false;

	while (states[id].used) {
		struct feature_state alone[FEATURES] = {};
		int error;

		alone[id] = states[id];
		error = try(context, alone);
		if (!error)
			break;
		feature_next_flavour(&states[id], id, error);
		gave_way = true;
	}
	return gave_way;
}

bool optional_give_way(struct feature_state states[FEATURES], features_try *try, void *context)
{
	bool gave_way = false;

	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		gave_way |= gives_way(states, optional[i], try, context);
	return gave_way;
}
