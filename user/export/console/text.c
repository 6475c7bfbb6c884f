/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/utf8.h"
#include "user/export/console/line.h"
#include "user/model/resource.h"
#include "user/model/span.h"

/* Widths of the columns; what is longer pushes the rest to the right. */
enum { SERVICE_COLUMNS = 16, KIND_COLUMNS = 8, NAME_COLUMNS = 32, STATUS_COLUMNS = 3 };

/* A request slower than this is worth a look. */
#define SLOW_NS NS_PER_S

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define GREEN  "\033[32m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

static size_t columns_of(struct str s)
{
	size_t columns = 0;

	for (size_t i = 0; i < s.len; i++)
		columns += (s.at[i] & 0xc0) != 0x80;
	return columns;
}

/* Is the character that begins here one that moves a terminal? C0, DEL, or C1 as UTF-8. */
static size_t control_length(struct str s)
{
	unsigned char c = (unsigned char)s.at[0];

	if (c < 0x20 || c == 0x7f)
		return 1;
	return s.len > 1 && c == 0xc2 && (unsigned char)s.at[1] < 0xa0 ? 2 : 0;
}

static void add_clean(struct buf *to, struct str s)
{
	char *end = buf_reserve(to, UTF8_GROWTH * s.len + 1), *at = end;
	struct str valid;
	size_t control;

	if (!end)
		return;
	end = utf8_put(end, s);
	valid = (struct str){ at, (size_t)(end - at) };
	/* In place: two bytes of a control character or one become "?". */
	while (valid.len) {
		control = control_length(valid);
		*at = control ? '?' : valid.at[0];
		at++;
		valid = str_after(valid, control ? control : 1);
	}
	to->len = (size_t)(at - to->at);
}

static void add_column(struct buf *to, struct str s, size_t columns)
{
	size_t before = to->len, used;

	add_clean(to, s);
	used = to->len < before ? 0 : columns_of((struct str){ to->at + before, to->len - before });
	for (; used < columns; used++)
		buf_add_byte(to, ' ');
	buf_add(to, STR("  "));
}

static void add_color(struct buf *to, bool colors, const char *color)
{
	if (colors)
		buf_add(to, str_of(color));
}

static void add_time(struct buf *to, uint64_t unix_ns)
{
	time_t seconds = (time_t)(unix_ns / NS_PER_S);
	struct tm parts = {};

	localtime_r(&seconds, &parts);
	buf_printf(to, "%02d:%02d:%02d.%03u", parts.tm_hour, parts.tm_min, parts.tm_sec,
		   (unsigned)(unix_ns % NS_PER_S / NS_PER_MS));
}

static void add_duration(struct buf *to, uint64_t duration_ns, bool colors)
{
	if (duration_ns >= SLOW_NS)
		add_color(to, colors, YELLOW);
	if (duration_ns >= 10 * NS_PER_S)
		buf_printf(to, "  %9.3f s   ", (double)duration_ns / (double)NS_PER_S);
	else
		buf_printf(to, "  %9.3f ms  ", (double)duration_ns / (double)NS_PER_MS);
	if (duration_ns >= SLOW_NS)
		add_color(to, colors, PLAIN);
}

static void add_kind(struct buf *to, enum span_kind kind)
{
	const char *name = span_kind_name(kind);
	char lower[16] = {};

	for (size_t i = 0; name[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower(name[i]);
	add_column(to, str_of(lower), KIND_COLUMNS);
}

static void add_status(struct buf *to, const struct span *span, bool colors)
{
	const struct attribute *code = span_find(span, STR("http.response.status_code"));
	bool failed = span->status == STATUS_ERROR;
	char number[24] = "-";

	if (code && code->type == ATTRIBUTE_INT)
		snprintf(number, sizeof(number), "%lld", (long long)code->number);
	add_color(to, colors, failed ? RED : GREEN);
	buf_printf(to, "%-*s", STATUS_COLUMNS, number);
	/* An error's type that is the status code has been said. */
	if (span->error_type.len && !str_eq(span->error_type, str_of(number))) {
		buf_add(to, STR("  "));
		add_clean(to, span->error_type);
	}
	add_color(to, colors, PLAIN);
}

/* Of what a span may belong to there is more than a line has room for. */
static void add_links(struct buf *to, const struct span *span)
{
	size_t links = span->link_count + span->links_dropped;

	if (links)
		buf_printf(to, "  %zu link%s", links, links > 1 ? "s" : "");
}

/* Of what happened meanwhile, how much. */
static void add_events(struct buf *to, const struct span *span)
{
	size_t events = span->event_count + span->events_dropped;

	if (events)
		buf_printf(to, "  %zu event%s", events, events > 1 ? "s" : "");
}

int line_text(struct buf *to, const struct span *span, bool colors)
{
	uint64_t duration_ns = span->end_unix_ns > span->start_unix_ns
				       ? span->end_unix_ns - span->start_unix_ns
				       : 0;

	add_color(to, colors, DIM);
	add_time(to, span->start_unix_ns);
	add_color(to, colors, PLAIN);
	add_duration(to, duration_ns, colors);
	add_column(to, span->resource ? span->resource->service_name : STR("-"), SERVICE_COLUMNS);
	add_kind(to, span->kind);
	add_column(to, span->name, NAME_COLUMNS);
	add_status(to, span, colors);
	add_links(to, span);
	add_events(to, span);
	buf_add_byte(to, '\n');
	return to->full ? -ENOSPC : 0;
}
