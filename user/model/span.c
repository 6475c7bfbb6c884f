/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/span.h"

const struct attribute *span_find(const struct span *span, struct str key)
{
	return attribute_find(span->attributes, span->attribute_count, key);
}

const char *span_kind_name(enum span_kind kind)
{
	static const char *const names[] = {
		[SPAN_INTERNAL] = "INTERNAL", [SPAN_SERVER] = "SERVER",
		[SPAN_CLIENT] = "CLIENT",     [SPAN_PRODUCER] = "PRODUCER",
		[SPAN_CONSUMER] = "CONSUMER",
	};

	return names[kind];
}
