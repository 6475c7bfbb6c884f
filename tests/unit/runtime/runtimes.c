/* SPDX-License-Identifier: Apache-2.0 */
/* runtimes.c - mirrors user/runtime/runtimes.c: what each runtime says once for both halves. */
#include "tests/test.h"
#include "user/runtime/runtime.h"

static struct pause described(const struct runtime *runtime, uint16_t kind, uint64_t detail)
{
	const struct record_pause record = { .kind = kind, .detail = detail };
	struct pause pause;

	runtime->describe(&record, &pause);
	return pause;
}

typedef void visit_begin(const struct runtime *runtime, const struct purpose *purpose,
			 const struct hook *hook);

static void each_of(const struct runtime *runtime, const struct purpose *purpose,
		    visit_begin *visit)
{
	for (size_t s = 0; s < PURPOSE_SETS && purpose->sets[s].name; s++)
		for (size_t h = 0; h < SET_HOOKS && purpose->sets[s].hooks[h].name; h++)
			if (purpose->sets[s].hooks[h].action == PROBE_BEGIN)
				visit(runtime, purpose, &purpose->sets[s].hooks[h]);
}

/* Each place where pauses of a runtime begin. */
static void each_begin(visit_begin *visit)
{
	for (size_t r = 0; runtimes[r]; r++)
		for (size_t p = 0; p < RUNTIME_PURPOSES && runtimes[r]->purposes[p].name; p++)
			each_of(runtimes[r], &runtimes[r]->purposes[p], visit);
}

static void both_halves_agree(const struct runtime *runtime, const struct purpose *purpose,
			      const struct hook *hook)
{
	uint64_t collects = hook_collects(purpose, hook);

	for (uint64_t detail = 0; detail < 70; detail++)
		CHECK(collects_with(collects, detail) ==
		      described(runtime, hook->kind, detail).is_collection);
	CHECK(collects_with(collects, PAUSE_NO_DETAIL) ==
	      described(runtime, hook->kind, PAUSE_NO_DETAIL).is_collection);
}

TEST(what_is_told_of_as_collection_moves_the_clocks_as_collection)
{
	each_begin(both_halves_agree);
}

static void is_told(const struct runtime *runtime, const struct purpose *purpose,
		    const struct hook *hook)
{
	(void)purpose;
	CHECK(described(runtime, hook->kind, PAUSE_NO_DETAIL).kind.len ||
	      described(runtime, hook->kind, 1).kind.len);
}

TEST(no_probe_is_for_what_nobody_is_told_of)
{
	each_begin(is_told);
}

TEST(a_detail_past_those_of_a_mask_is_no_collection_unless_all_are)
{
	CHECK(collects_with(1ULL << 63, 63) && !collects_with(1ULL << 63, 127));
	CHECK(!collects_with(1, 64) && !collects_with(0, 0));
	CHECK(collects_with(COLLECTS_ALL, 64) && collects_with(COLLECTS_ALL, PAUSE_NO_DETAIL));
}
