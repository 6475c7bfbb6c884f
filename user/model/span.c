/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/span.h"

void span_add(struct span *span, struct attribute attribute)
{
	if (span->attribute_count == SPAN_ATTRIBUTES) {
		span->attributes_dropped++;
		return;
	}
	span->attributes[span->attribute_count++] = attribute;
}

void span_add_text(struct span *span, struct str key, struct str text)
{
	span_add(span, attribute_text(key, text));
}

void span_add_int(struct span *span, struct str key, int64_t number)
{
	span_add(span, attribute_int(key, number));
}

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
