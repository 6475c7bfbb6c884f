/* SPDX-License-Identifier: Apache-2.0 */
/* optional.c - mirrors user/capture/optional.c, with kernels that refuse what a test says. */
#include "user/capture/optional.h"

#include <errno.h>

#include "tests/test.h"

struct kernel {
	const char *refuses[2]; /* programs */
	int error, asked;
};

static int try(void *context, const struct feature_state alone[FEATURES])
{
	struct kernel *kernel = context;

	kernel->asked++;
	for (size_t i = 0; i < 2 && kernel->refuses[i]; i++)
		if (feature_uses(alone, kernel->refuses[i]))
			return kernel->error;
	return 0;
}

static void all_used(struct feature_state states[FEATURES])
{
	for (size_t i = 0; i < FEATURES; i++)
		states[i] = (struct feature_state){ .used = &features[i].flavours[0] };
}

static int used(const struct feature_state states[FEATURES])
{
	int count = 0;

	for (size_t i = 0; i < FEATURES; i++)
		count += states[i].used == &features[i].flavours[0];
	return count;
}

TEST(a_feature_whose_program_is_refused_is_gone_without_and_says_why)
{
	struct kernel kernel = { .refuses = { "mark_tasks" }, .error = -E2BIG };
	struct feature_state states[FEATURES];
	const struct feature_state *scheduler = &states[FEATURE_SCHEDULER];

	all_used(states);
	CHECK(optional_give_way(states, try, &kernel));
	CHECK(!scheduler->used && used(states) == FEATURES - 1);
	CHECK(!strcmp(scheduler->reason, "tp_btf: the kernel refuses it: Argument list too long"));
	CHECK(!optional_give_way(states, try, &kernel));
}

TEST(flavours_of_one_feature_may_all_be_refused_and_other_features_too)
{
	struct kernel kernel = { .refuses = { "on_probe_multi", "on_switch" }, .error = -EINVAL };
	struct feature_state states[FEATURES];

	all_used(states);
	CHECK(optional_give_way(states, try, &kernel));
	CHECK(!states[FEATURE_SCHEDULER].used && used(states) == FEATURES - 2);
	CHECK(states[FEATURE_PROBES].used != &features[FEATURE_PROBES].flavours[0]);
	CHECK(strstr(states[FEATURE_PROBES].reason, "uprobe_multi: the kernel refuses it: "));
}

TEST(where_what_is_needed_is_refused_all_that_is_optional_stays)
{
	struct kernel kernel = { .refuses = { "on_send", "on_state" }, .error = -EINVAL };
	struct feature_state states[FEATURES];

	all_used(states);
	CHECK(!optional_give_way(states, try, &kernel));
	CHECK(used(states) == FEATURES && !states[FEATURE_PROBES].reason[0] && kernel.asked == 4);
}
