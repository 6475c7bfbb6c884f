/* SPDX-License-Identifier: Apache-2.0 */
/* sampler.h - which spans are exported; decided once a span, after metrics were made. */
#pragma once

#include "user/model/trace_context.h"

enum sampler_kind {
	SAMPLER_ALWAYS_ON,
	SAMPLER_ALWAYS_OFF,
	SAMPLER_RATIO,
	SAMPLER_PARENT_ALWAYS_ON,
	SAMPLER_PARENT_ALWAYS_OFF,
	SAMPLER_PARENT_RATIO,
};

struct sampler {
	enum sampler_kind kind;
	double ratio; /* 0 to 1, for the RATIO kinds */
};

static inline bool sampler_has_ratio(enum sampler_kind kind)
{
	return kind == SAMPLER_RATIO || kind == SAMPLER_PARENT_RATIO;
}

/* By OTEL_TRACES_SAMPLER's names. -EINVAL for any other. */
int sampler_parse(struct str name, enum sampler_kind *ret);

/*
 * `parent_flags` is NULL where the request did not say: no parent, or one that leaves it open. The RATIO kinds compare
 * the trace id's low 56 bits with a threshold, so that a trace sampled at one
 * ratio is sampled at each higher one, on every host.
 */
bool sampler_decides(const struct sampler *sampler, const uint8_t trace_id[TRACE_ID_BYTES],
		     const uint8_t *parent_flags);
