/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/span.h"

#include <stddef.h>

#include "user/base/mem.h"
#include "user/model/resource.h"

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

static size_t texts_size(const struct span *span)
{
	size_t size = span->name.len + span->error_type.len + span->context.state.len;

	for (size_t i = 0; i < span->attribute_count; i++) {
		const struct attribute *a = &span->attributes[i];

		size += a->key.len + (attribute_is_text(a) ? a->text.len : 0);
	}
	return size;
}

static void text_move(struct str *text, char **to)
{
	if (text->len)
		memcpy(*to, text->at, text->len);
	text->at = *to;
	*to += text->len;
}

static void events_move(struct span *copy, char **to)
{
	size_t size = copy->event_count * sizeof(*copy->events);

	if (size)
		memcpy(*to, copy->events, size);
	copy->events = (const struct span_event *)(const void *)*to;
	*to += size;
}

struct span *span_copy(const struct span *span)
{
	size_t size = offsetof(struct span, attributes) +
		      span->attribute_count * sizeof(span->attributes[0]);
	size_t events = span->event_count * sizeof(*span->events);
	struct span *copy = xcalloc(1, size + events + texts_size(span));
	char *to = (char *)copy + size;

	memcpy(copy, span, size);
	events_move(copy, &to);
	copy->scratch = NULL;
	copy->routes = NULL;
	resource_ref(copy->resource);
	text_move(&copy->name, &to);
	text_move(&copy->error_type, &to);
	text_move(&copy->context.state, &to);
	for (size_t i = 0; i < copy->attribute_count; i++) {
		struct attribute *a = &copy->attributes[i];

		text_move(&a->key, &to);
		if (attribute_is_text(a))
			text_move(&a->text, &to);
	}
	return copy;
}

void span_free(struct span *span)
{
	if (!span)
		return;
	resource_unref((struct resource *)(uintptr_t)span->resource);
	free(span);
}
