/* SPDX-License-Identifier: Apache-2.0 */
/* runtimes.c - mirrors user/runtime/runtimes.c: what each runtime says once for both halves. */
#include "tests/test.h"
#include "user/runtime/runtime.h"

static bool is_collection(const struct runtime *runtime, uint16_t kind, uint64_t detail)
{
	const struct record_pause record = { .kind = kind, .detail = detail };
	struct pause pause;

	runtime->describe(&record, &pause);
	return pause.is_collection;
}

/* How many details the halves see in another way. */
static int differences(const struct runtime *runtime, const struct purpose *purpose,
		       const struct hook *hook)
{
	uint64_t collects = hook_collects(purpose, hook);
	int count = 0;

	for (uint64_t detail = 0; detail < 70; detail++)
		count += collects_with(collects, detail) !=
			 is_collection(runtime, hook->kind, detail);
	return count + (collects_with(collects, PAUSE_NO_DETAIL) !=
			is_collection(runtime, hook->kind, PAUSE_NO_DETAIL));
}

static int differences_of_set(const struct runtime *runtime, const struct purpose *purpose,
			      const struct hook_set *set)
{
	int count = 0;

	for (size_t h = 0; h < SET_HOOKS && set->hooks[h].name; h++)
		if (set->hooks[h].action == PROBE_BEGIN)
			count += differences(runtime, purpose, &set->hooks[h]);
	return count;
}

TEST(what_is_told_of_as_collection_moves_the_clocks_as_collection)
{
	for (size_t r = 0; runtimes[r]; r++)
		for (size_t p = 0; p < RUNTIME_PURPOSES && runtimes[r]->purposes[p].name; p++) {
			const struct purpose *purpose = &runtimes[r]->purposes[p];

			for (size_t s = 0; s < PURPOSE_SETS && purpose->sets[s].name; s++)
				CHECK(!differences_of_set(runtimes[r], purpose, &purpose->sets[s]));
		}
}

TEST(a_detail_past_those_of_a_mask_is_no_collection_unless_all_are)
{
	CHECK(collects_with(1ULL << 63, 63) && !collects_with(1ULL << 63, 127));
	CHECK(!collects_with(1, 64) && !collects_with(0, 0));
	CHECK(collects_with(COLLECTS_ALL, 64) && collects_with(COLLECTS_ALL, PAUSE_NO_DETAIL));
}
