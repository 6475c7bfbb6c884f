/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_families.h - to read a delimited protobuf answer, as a scraper does. */
#pragma once

#include "user/base/str.h"
#include "user/export/prometheus/metrics.pb-c.h"

/* Take a family off an answer, to be freed with free_unpacked; NULL when it is none. */
static inline Io__Prometheus__Client__MetricFamily *take_family(struct str *in)
{
	size_t len = 0;
	struct str one;

	for (int shift = 0; in->len && shift < 64; shift += 7) {
		uint8_t byte = (uint8_t)in->at[0];

		len |= (size_t)(byte & 127) << shift;
		*in = str_after(*in, 1);
		if (byte < 128)
			break;
	}
	if (!take(in, len, &one))
		return NULL;
	return io__prometheus__client__metric_family__unpack(NULL, one.len,
							     (const uint8_t *)one.at);
}
