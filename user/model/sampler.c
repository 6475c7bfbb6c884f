/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/sampler.h"

#include <errno.h>

#include "user/base/mem.h"

enum { RANDOM_BITS = 56 };

static const struct {
	struct str name;
	enum sampler_kind kind;
} samplers[] = {
	{ STR("always_on"), SAMPLER_ALWAYS_ON },
	{ STR("always_off"), SAMPLER_ALWAYS_OFF },
	{ STR("traceidratio"), SAMPLER_RATIO },
	{ STR("parentbased_always_on"), SAMPLER_PARENT_ALWAYS_ON },
	{ STR("parentbased_always_off"), SAMPLER_PARENT_ALWAYS_OFF },
	{ STR("parentbased_traceidratio"), SAMPLER_PARENT_RATIO },
};

int sampler_parse(struct str name, enum sampler_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(samplers); i++)
		if (str_eq(samplers[i].name, name)) {
			*ret = samplers[i].kind;
			return 0;
		}
	return -EINVAL;
}

/* The id's random part, low 56 bits, lies in the upper `ratio` of all values. */
static bool ratio_takes(double ratio, const uint8_t trace_id[TRACE_ID_BYTES])
{
	const double all = (double)(UINT64_C(1) << RANDOM_BITS);
	uint64_t random = 0;

	if (!(ratio > 0))
		return false;
	if (ratio >= 1)
		return true;
	for (size_t i = TRACE_ID_BYTES - RANDOM_BITS / 8; i < TRACE_ID_BYTES; i++)
		random = random << 8 | trace_id[i];
	return random >= (uint64_t)((1 - ratio) * all);
}

bool sampler_decides(const struct sampler *sampler, const uint8_t trace_id[TRACE_ID_BYTES],
		     const uint8_t *parent_flags)
{
	if (parent_flags && sampler->kind >= SAMPLER_PARENT_ALWAYS_ON)
		return *parent_flags & TRACE_FLAG_SAMPLED;
	switch (sampler->kind) {
	case SAMPLER_ALWAYS_ON:
	case SAMPLER_PARENT_ALWAYS_ON:
		return true;
	case SAMPLER_RATIO:
	case SAMPLER_PARENT_RATIO:
		return ratio_takes(sampler->ratio, trace_id);
	case SAMPLER_ALWAYS_OFF:
	case SAMPLER_PARENT_ALWAYS_OFF:
		break;
	}
	return false;
}
