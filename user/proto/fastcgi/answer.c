/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - STDOUT, which begins with the lines of a CGI response (RFC 3875 6), and
 * what may stand before and instead of it. Of its lines only the status is kept.
 */
#include "user/base/mem.h"
#include "user/proto/fastcgi/fastcgi.h"

enum { LINE_BYTES = 32 };

/* The lines of a response on their way. */
struct lines {
	char line[LINE_BYTES]; /* of the one in hand, without what is past it */
	size_t len;
	unsigned int count; /* whole ones */
	int status;
	bool located, ended;
};

/* Three digits from 100 to 999 behind spaces; 0: none. */
static int status_read(struct str text)
{
	int status = 0;

	text = str_trim(text);
	if (text.len < 3 || (text.len > 3 && text.at[3] != ' '))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
		status = status * 10 + (text.at[i] - '0');
	}
	return status >= 100 ? status : 0;
}

static void line_end(struct lines *lines)
{
	struct str rest = { lines->line, lines->len }, name;

	lines->len = 0;
	lines->ended = !rest.len;
	lines->count++;
	/* 5: a program that writes the first line of HTTP itself. */
	if (lines->count == 1 && str_starts(rest, STR("HTTP/")) && take_until(&rest, ' ', &name))
		lines->status = status_read(rest);
	else if (!take_until(&rest, ':', &name))
		return;
	else if (str_eq_nocase(name, STR("status")) && !lines->status)
		lines->status = status_read(rest);
	else if (str_eq_nocase(name, STR("location")))
		lines->located = true;
}

/* Bytes used: all of them, or up to the end of the empty line. */
static size_t lines_read(struct lines *lines, struct str in)
{
	size_t used = 0;

	while (used < in.len && !lines->ended) {
		char c = in.at[used++];

		if (c == '\n')
			line_end(lines);
		else if (c != '\r' && lines->len < LINE_BYTES)
			lines->line[lines->len++] = c;
	}
	return used;
}

/* RFC 3875 6.2: without a status it went well, or is elsewhere. */
static int status_of(const struct lines *lines)
{
	if (lines->status)
		return lines->status;
	return lines->located ? 302 : 200;
}

static ssize_t message_fill(struct message *ret, const struct lines *lines, size_t used)
{
	*ret = (struct message){ .head_bytes = (uint16_t)used };
	ret->numbers[HTTP_STATUS] = lines->count ? status_of(lines) : 0;
	return (ssize_t)used;
}

/* The lines end inside this record of STDOUT, whose head stands at `at`. */
static ssize_t fill_marked(struct message *ret, const struct lines *lines, size_t at, size_t used,
			   const struct fastcgi_record *record)
{
	message_fill(ret, lines, at + FASTCGI_HEAD_BYTES + used);
	ret->body = BODY_MARKED;
	ret->body_bytes = record->whole - FASTCGI_HEAD_BYTES - used;
	return ret->head_bytes;
}

/* END_REQUEST at `at`, before the lines ended. */
static ssize_t fill_ended(struct message *ret, const struct lines *lines, size_t at,
			  const struct fastcgi_record *record, struct str content)
{
	message_fill(ret, lines, at + record->whole);
	ret->numbers[HTTP_FLAGS] = (uint8_t)content.at[4];
	return ret->head_bytes;
}

/* No more is seen: what the lines said is what there is. */
static ssize_t fill_cut(struct message *ret, const struct lines *lines, struct str in)
{
	message_fill(ret, lines, in.len);
	ret->cut = true;
	ret->body = BODY_UNKNOWN;
	return (ssize_t)in.len;
}

/* One record from `at`: bytes used when it ends the head, PARSE_MORE when not, PARSE_BAD. */
static ssize_t record_take(struct lines *lines, struct str in, size_t at,
			   const struct fastcgi_record *record, struct message *ret)
{
	struct str content = fastcgi_content(str_after(in, at), record);
	size_t used;

	switch (record->type) {
	case FASTCGI_STDOUT:
		used = lines_read(lines, content);
		return lines->ended ? fill_marked(ret, lines, at, used, record) : PARSE_MORE;
	case FASTCGI_END:
		if (record->content != FASTCGI_BEGIN_BYTES)
			return PARSE_BAD;
		if (in.len - at < record->whole)
			return PARSE_MORE;
		return fill_ended(ret, lines, at, record, content);
	case FASTCGI_STDERR:
	case FASTCGI_GET_VALUES_RESULT:
	case FASTCGI_UNKNOWN_TYPE:
		return PARSE_MORE;
	default:
		return PARSE_BAD;
	}
}

ssize_t fastcgi_answer(struct str in, bool cut, struct message *ret)
{
	struct fastcgi_record record = {};
	struct lines lines = {};
	uint16_t id = 0;
	size_t at = 0;
	ssize_t result;

	do {
		result = fastcgi_record_read(str_after(in, at), &record);
		if (result <= 0)
			break;
		if (!at && (record.type == FASTCGI_GET_VALUES_RESULT ||
			    record.type == FASTCGI_UNKNOWN_TYPE))
			return fastcgi_aside(&record, ret);
		if (record.id && id && record.id != id)
			return PARSE_BAD;
		id = record.id ? record.id : id;
		result = record_take(&lines, in, at, &record, ret);
		at += record.whole;
	} while (result == PARSE_MORE && at <= in.len);
	if (result != PARSE_MORE || !cut)
		return result;
	return id ? fill_cut(ret, &lines, in) : PARSE_BAD;
}
