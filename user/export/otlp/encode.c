/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/encode.h"

#include <errno.h>

#include "user/model/resource.h"
#include "user/model/span.h"

/* KeyValue, its AnyValue, an ArrayValue and that one's AnyValue: five tags and lengths, one key. */
enum { ATTRIBUTE_BOUND = 6 * FIELD_BOUND };

enum { FLAG_HAS_IS_REMOTE = 0x100, FLAG_IS_REMOTE = 0x200 };

/* All of a Span but its texts, attributes, events and links: 18 fields, two ids. */
enum { SPAN_BOUND = 18 * FIELD_BOUND + TRACE_ID_BYTES + 2 * SPAN_ID_BYTES };

/* A Span.Link: itself, two ids, an attribute and that one's key. */
enum { LINK_BOUND = 3 * FIELD_BOUND + TRACE_ID_BYTES + SPAN_ID_BYTES + ATTRIBUTE_BOUND + 32 };

/* A Span.Event without its name and attributes: itself, a time, the name's length. */
enum { EVENT_BOUND = 3 * FIELD_BOUND };

static bool is_text(const struct attribute *a)
{
	return a->type == ATTRIBUTE_TEXT || a->type == ATTRIBUTE_TEXTS;
}

size_t attributes_bound(const struct attribute *set, size_t count)
{
	size_t bound = count * ATTRIBUTE_BOUND;

	for (size_t i = 0; i < count; i++) {
		bound += UTF8_GROWTH * set[i].key.len;
		if (is_text(&set[i]))
			bound += UTF8_GROWTH * set[i].text.len;
	}
	return bound;
}

static char *put_text_array(char *to, struct str text)
{
	char *array = put_begin(to, 5), *value = put_begin(array, 1);

	return put_end(array, put_end(value, put_text(value, 1, text)));
}

static char *put_value(char *to, const struct attribute *a)
{
	char *value = put_begin(to, 2);

	switch (a->type) {
	case ATTRIBUTE_TEXT:
		return put_end(value, put_text(value, 1, a->text));
	case ATTRIBUTE_INT:
		return put_end(value, put_number(value, 3, (uint64_t)a->number));
	case ATTRIBUTE_BOOL:
		return put_end(value, put_number(value, 2, a->number != 0));
	case ATTRIBUTE_DOUBLE:
		return put_end(value, put_double(value, 4, a->real));
	case ATTRIBUTE_TEXTS:
		return put_end(value, put_text_array(value, a->text));
	}
	return put_end(value, value);
}

char *put_attributes(char *to, unsigned field, const struct attribute *set, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *pair = put_begin(to, field);

		to = put_end(pair, put_value(put_text(pair, 1, set[i].key), &set[i]));
	}
	return to;
}

static char *put_identity(char *to, const struct span *span)
{
	to = put_bytes(to, 1, span->context.trace_id, TRACE_ID_BYTES);
	to = put_bytes(to, 2, span->context.span_id, SPAN_ID_BYTES);
	if (span->context.state.len)
		to = put_text(to, 3, span->context.state);
	if (span->has_parent)
		to = put_bytes(to, 4, span->parent_id, SPAN_ID_BYTES);
	to = put_text(to, 5, span->name);
	to = put_number(to, 6, span->kind);
	to = put_fixed64(to, 7, span->start_unix_ns);
	return put_fixed64(to, 8, span->end_unix_ns);
}

static size_t events_bound(const struct span *span)
{
	size_t bound = span->event_count * EVENT_BOUND;

	for (size_t i = 0; i < span->event_count; i++)
		bound += UTF8_GROWTH * span->events[i].name.len +
			 attributes_bound(span->events[i].attributes,
					  span->events[i].attribute_count);
	return bound;
}

static char *put_events(char *to, const struct span *span)
{
	for (size_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];
		char *content = put_begin(to, 11), *end;

		end = put_text(put_fixed64(content, 1, event->unix_ns), 2, event->name);
		to = put_end(content,
			     put_attributes(end, 3, event->attributes, event->attribute_count));
	}
	return span->events_dropped ? put_number(to, 12, span->events_dropped) : to;
}

static char *put_links(char *to, const struct span *span)
{
	for (size_t i = 0; i < span->link_count; i++) {
		const struct span_link *link = &span->links[i];
		const struct attribute confidence = span_link_confidence(link);
		char *content = put_begin(to, 13), *end;

		end = put_bytes(content, 1, link->trace_id, TRACE_ID_BYTES);
		end = put_bytes(end, 2, link->span_id, SPAN_ID_BYTES);
		to = put_end(content, put_attributes(end, 4, &confidence, 1));
	}
	return span->links_dropped ? put_number(to, 14, span->links_dropped) : to;
}

static char *put_outcome(char *to, const struct span *span)
{
	uint32_t flags = span->context.flags | FLAG_HAS_IS_REMOTE;
	char *status;

	if (span->error_type.len && !span_find(span, STR("error.type"))) {
		struct attribute error = attribute_text(STR("error.type"), span->error_type);

		to = put_attributes(to, 9, &error, 1);
	}
	if (span->attributes_dropped)
		to = put_number(to, 10, span->attributes_dropped);
	to = put_links(put_events(to, span), span);
	if (span->status != STATUS_UNSET) {
		status = put_begin(to, 15);
		to = put_end(status, put_number(status, 3, span->status));
	}
	if (span->has_parent && span->parent_is_remote)
		flags |= FLAG_IS_REMOTE;
	return put_fixed32(to, 16, flags);
}

int span_encode(struct buf *to, const struct span *span)
{
	size_t texts = span->name.len + span->context.state.len + span->error_type.len;
	size_t bound = SPAN_BOUND + ATTRIBUTE_BOUND + sizeof("error.type") + UTF8_GROWTH * texts +
		       events_bound(span) + span->link_count * LINK_BOUND +
		       attributes_bound(span->attributes, span->attribute_count);
	char *at = buf_reserve(to, bound), *content, *end;

	if (!at)
		return -ENOSPC;
	content = put_begin(at, 2);
	end = put_identity(content, span);
	end = put_attributes(end, 9, span->attributes, span->attribute_count);
	end = put_end(content, put_outcome(end, span));
	to->len += (size_t)(end - at);
	return 0;
}

static char *put_resource(char *to, const struct resource *resource)
{
	const struct attribute own[] = {
		attribute_text(STR("service.name"), STR("sonde")),
		attribute_text(STR("service.version"), STR(SONDE_VERSION)),
	};
	char *content = put_begin(to, 1);

	if (!resource)
		return put_end(content, put_attributes(content, 1, own, 2));
	return put_end(content,
		       put_attributes(content, 1, resource->attributes, resource->attribute_count));
}

static char *put_scope(char *to)
{
	char *content = put_begin(to, 1);

	to = put_bytes(content, 1, OTLP_SCOPE_NAME, sizeof(OTLP_SCOPE_NAME) - 1);
	return put_end(content, put_bytes(to, 2, SONDE_VERSION, sizeof(SONDE_VERSION) - 1));
}

/* The schema's URL, as field 3 of scope and resource alike. */
enum { SCHEMA_BYTES = 1 + 1 + sizeof(OTLP_SCHEMA_URL) - 1 };

static char *put_schema(char *to)
{
	return put_bytes(to, 3, OTLP_SCHEMA_URL, sizeof(OTLP_SCHEMA_URL) - 1);
}

int envelope_begin(struct buf *to, const struct resource *resource, size_t items_bytes)
{
	size_t bound = 12 * FIELD_BOUND + sizeof(OTLP_SCOPE_NAME SONDE_VERSION) +
		       sizeof("service.namesondeservice.version" SONDE_VERSION) +
		       (resource ? attributes_bound(resource->attributes, resource->attribute_count)
				 : 2 * ATTRIBUTE_BOUND);
	/* Made behind the place of the headers, whose length depends on theirs. */
	char *at = buf_reserve(to, 2 * bound), *made = at + bound, *scope, *end, *to_end;
	size_t scope_bytes;

	if (!at)
		return -ENOSPC;
	scope = put_resource(made, resource);
	end = put_scope(scope);
	scope_bytes = (size_t)(end - scope) + items_bytes + SCHEMA_BYTES;
	to_end = put_tag(at, 1, WIRE_BYTES);
	to_end = put_varint(to_end, (size_t)(scope - made) + 1 + varint_length(scope_bytes) +
					    scope_bytes + SCHEMA_BYTES);
	memmove(to_end, made, (size_t)(scope - made));
	to_end += scope - made;
	to_end = put_varint(put_tag(to_end, 2, WIRE_BYTES), scope_bytes);
	memmove(to_end, scope, (size_t)(end - scope));
	to->len += (size_t)(to_end + (end - scope) - at);
	return 0;
}

int envelope_end(struct buf *to)
{
	char *at = buf_reserve(to, 2 * SCHEMA_BYTES);

	if (!at)
		return -ENOSPC;
	to->len += (size_t)(put_schema(put_schema(at)) - at);
	return 0;
}
