/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.c - mirrors user/model/sampler.c */
#include <errno.h>
#include <math.h>

#include "tests/test.h"
#include "user/model/sampler.h"

enum { IDS = 100000 };

/* splitmix64: the same ids in every run. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void next_id(uint64_t *state, uint8_t id[TRACE_ID_BYTES])
{
	uint64_t halves[] = { next_random(state), next_random(state) };

	memcpy(id, halves, sizeof(halves));
}

TEST(a_ratio_samples_its_share_and_all_that_a_smaller_one_does)
{
	static const double ratios[] = { 0, 0.0001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.999, 1 };
	enum { RATIOS = sizeof(ratios) / sizeof(ratios[0]) };
	uint64_t taken[RATIOS] = {}, state = 1;
	uint8_t id[TRACE_ID_BYTES];

	for (int n = 0; n < IDS; n++) {
		bool before = false;

		next_id(&state, id);
		for (size_t i = 0; i < RATIOS; i++) {
			struct sampler s = { SAMPLER_RATIO, ratios[i] };
			bool now = sampler_decides(&s, id, NULL);

			CHECK(now || !before);
			taken[i] += now;
			before = now;
		}
	}
	for (size_t i = 0; i < RATIOS; i++) {
		double deviation = sqrt(IDS * ratios[i] * (1 - ratios[i]));

		CHECK(fabs((double)taken[i] - IDS * ratios[i]) <= 4 * deviation);
	}
	CHECK(taken[0] == 0 && taken[RATIOS - 1] == IDS);
}

TEST(only_the_low_56_bits_of_the_id_decide)
{
	struct sampler s = { SAMPLER_RATIO, 0.5 };
	uint8_t high[TRACE_ID_BYTES], low[TRACE_ID_BYTES] = {};

	memset(high, 0xff, sizeof(high));
	high[9] = 0x7f;
	low[9] = 0x80;
	CHECK(!sampler_decides(&s, high, NULL) && sampler_decides(&s, low, NULL));
}

static const struct {
	enum sampler_kind kind;
	double ratio;
	bool root, sampled, not_sampled; /* what is decided without parent, and by its flag */
} decisions[] = {
	{ SAMPLER_ALWAYS_ON, 0, true, true, true },
	{ SAMPLER_ALWAYS_OFF, 0, false, false, false },
	{ SAMPLER_RATIO, 0, false, false, false },
	{ SAMPLER_RATIO, 1, true, true, true },
	{ SAMPLER_PARENT_ALWAYS_ON, 0, true, true, false },
	{ SAMPLER_PARENT_ALWAYS_OFF, 0, false, true, false },
	{ SAMPLER_PARENT_RATIO, 0, false, true, false },
	{ SAMPLER_PARENT_RATIO, 1, true, true, false },
};

TEST(the_parent_based_kinds_follow_a_parent_and_the_others_do_not)
{
	static const uint8_t on = TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM, off = TRACE_FLAG_RANDOM;
	uint8_t id[TRACE_ID_BYTES] = { 1 };

	EACH(i, decisions) {
		struct sampler s = { decisions[i].kind, decisions[i].ratio };

		CHECK(sampler_decides(&s, id, NULL) == decisions[i].root);
		CHECK(sampler_decides(&s, id, &on) == decisions[i].sampled);
		CHECK(sampler_decides(&s, id, &off) == decisions[i].not_sampled);
	}
}

TEST(samplers_go_by_opentelemetrys_names)
{
	enum sampler_kind kind = SAMPLER_RATIO;

	CHECK(!sampler_parse(STR("parentbased_always_off"), &kind));
	CHECK(kind == SAMPLER_PARENT_ALWAYS_OFF);
	CHECK(!sampler_parse(STR("traceidratio"), &kind) && kind == SAMPLER_RATIO);
	CHECK(sampler_parse(STR("Always_On"), &kind) == -EINVAL && kind == SAMPLER_RATIO);
	CHECK(sampler_parse(STR(""), &kind) == -EINVAL);
}
