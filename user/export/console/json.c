/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "user/base/hex.h"
#include "user/base/utf8.h"
#include "user/export/console/line.h"
#include "user/model/resource.h"
#include "user/model/span.h"

/* The length of the start of `s` that can stand in a JSON string as it is. */
static size_t plain_length(struct str s)
{
	size_t valid = utf8_valid_length(s), i;

	for (i = 0; i < valid; i++)
		if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f || s.at[i] == '"' ||
		    s.at[i] == '\\')
			break;
	return i;
}

static void add_escaped(struct buf *to, unsigned char byte)
{
	static const char short_forms[][3] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"
	};

	if (byte < sizeof(short_forms) / sizeof(short_forms[0]) && short_forms[byte][0])
		buf_add(to, (struct str){ short_forms[byte], 2 });
	else if (byte < 0x80)
		buf_printf(to, "\\u%04x", byte);
	else
		buf_add(to, STR("\xef\xbf\xbd"));
}

static void add_string(struct buf *to, struct str s)
{
	buf_add_byte(to, '"');
	while (s.len && !to->full) {
		size_t plain = plain_length(s);

		buf_add(to, str_first(s, plain));
		s = str_after(s, plain);
		if (!s.len)
			break;
		add_escaped(to, (unsigned char)s.at[0]);
		s = str_after(s, 1);
	}
	buf_add_byte(to, '"');
}

static void add_hex(struct buf *to, const uint8_t *id, size_t len)
{
	buf_add_byte(to, '"');
	buf_add_hex(to, id, len);
	buf_add_byte(to, '"');
}

static void add_double(struct buf *to, double real)
{
	if (isfinite(real))
		buf_printf(to, "%.17g", real);
	else
		buf_add(to, STR("null")); /* JSON has no other word for it */
}

static void add_value(struct buf *to, const struct attribute *a)
{
	switch (a->type) {
	case ATTRIBUTE_TEXT:
		add_string(to, a->text);
		break;
	case ATTRIBUTE_INT:
		buf_printf(to, "%lld", (long long)a->number);
		break;
	case ATTRIBUTE_BOOL:
		buf_add(to, a->number ? STR("true") : STR("false"));
		break;
	case ATTRIBUTE_DOUBLE:
		add_double(to, a->real);
		break;
	case ATTRIBUTE_TEXTS:
		buf_add_byte(to, '[');
		add_string(to, a->text);
		buf_add_byte(to, ']');
		break;
	}
}

static void add_attributes(struct buf *to, const struct attribute *set, size_t count)
{
	buf_add(to, STR(",\"attributes\":{"));
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_byte(to, ',');
		add_string(to, set[i].key);
		buf_add_byte(to, ':');
		add_value(to, &set[i]);
	}
	buf_add_byte(to, '}');
}

static void add_member(struct buf *to, const char *key, struct str value)
{
	buf_printf(to, ",\"%s\":", key);
	add_string(to, value);
}

/* "trace_id":"...","span_id":"..." */
static void add_pair(struct buf *to, const uint8_t *trace_id, const uint8_t *span_id)
{
	buf_add(to, STR("\"trace_id\":"));
	add_hex(to, trace_id, TRACE_ID_BYTES);
	buf_add(to, STR(",\"span_id\":"));
	add_hex(to, span_id, SPAN_ID_BYTES);
}

static void add_ids(struct buf *to, const struct span *span)
{
	buf_add_byte(to, ',');
	add_pair(to, span->context.trace_id, span->context.span_id);
	buf_add(to, STR(",\"parent_span_id\":"));
	add_hex(to, span->parent_id, span->has_parent ? SPAN_ID_BYTES : 0);
}

/* Most spans have none, and no such member. */
static void add_links(struct buf *to, const struct span *span)
{
	if (!span->link_count && !span->links_dropped)
		return;
	buf_add(to, STR(",\"links\":["));
	for (size_t i = 0; i < span->link_count; i++) {
		const struct attribute confidence = span_link_confidence(&span->links[i]);

		buf_add(to, i ? STR(",{") : STR("{"));
		add_pair(to, span->links[i].trace_id, span->links[i].span_id);
		add_attributes(to, &confidence, 1);
		buf_add_byte(to, '}');
	}
	buf_printf(to, "],\"links_dropped\":%u", span->links_dropped);
}

/* The same. */
static void add_events(struct buf *to, const struct span *span)
{
	if (!span->event_count && !span->events_dropped)
		return;
	buf_add(to, STR(",\"events\":["));
	for (size_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];

		buf_add(to, i ? STR(",{\"name\":") : STR("{\"name\":"));
		add_string(to, event->name);
		buf_printf(to, ",\"time_unix_nano\":%llu", (unsigned long long)event->unix_ns);
		add_attributes(to, event->attributes, event->attribute_count);
		buf_add_byte(to, '}');
	}
	buf_printf(to, "],\"events_dropped\":%u", span->events_dropped);
}

static struct str status_name(enum span_status status)
{
	static const struct str names[] = { [STATUS_UNSET] = STR("UNSET"),
					    [STATUS_OK] = STR("OK"),
					    [STATUS_ERROR] = STR("ERROR") };

	return names[status];
}

int line_json(struct buf *to, const struct span *span)
{
	buf_add(to, STR("{\"name\":"));
	add_string(to, span->name);
	add_member(to, "kind", str_of(span_kind_name(span->kind)));
	add_ids(to, span);
	add_member(to, "trace_state", span->context.state);
	buf_printf(to, ",\"flags\":%u,\"start_unix_nano\":%llu,\"end_unix_nano\":%llu",
		   span->context.flags, (unsigned long long)span->start_unix_ns,
		   (unsigned long long)span->end_unix_ns);
	add_member(to, "service", span->resource ? span->resource->service_name : STR(""));
	add_attributes(to, span->attributes, span->attribute_count);
	add_links(to, span);
	add_events(to, span);
	add_member(to, "status", status_name(span->status));
	add_member(to, "error_type", span->error_type);
	buf_add(to, STR("}\n"));
	return to->full ? -ENOSPC : 0;
}
