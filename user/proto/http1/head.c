/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.c - the lines of a head, and the few headers that say something to us.
 * RFC 9112 sections 2.2 and 5.
 *
 * A line that is no header is stepped over, as servers do that ignore what they
 * cannot read. All that is done for each head is in this file, so that it
 * becomes one function.
 */
#include "user/base/mem.h"
#include "user/proto/http1/fields.h"
#include "user/proto/http1/lines.h"
#include "user/proto/http1/memo_same.h"

/* What the headers of take_field() begin with, and the empty line. */
#define ANSWERING_LETTERS (LETTER('c') | LETTER('t') | LETTER('\r') | LETTER('\n'))
#define ASKING_LETTERS                                                                             \
	(ANSWERING_LETTERS | LETTER('h') | LETTER('u') | LETTER('f') | LETTER('x') | LETTER('b'))

/* The end of the last line that continues the one that ends at `end` (obs-fold, RFC 9112 5.2). */
__attribute__((noinline)) static const char *folded_end(const char *end, const char *stop)
{
	while (end + 1 < stop && (end[1] == ' ' || end[1] == '\t')) {
		const char *next = memchr(end + 1, '\n', (size_t)(stop - end - 1));

		if (!next)
			break;
		end = next;
	}
	return end;
}

/*
 * The value after a name: past the colon (spaces before it are forgiven), to the
 * end of the line and of the lines that continue it, which come again as lines
 * of their own and say nothing then. False when the line has no colon or no end,
 * or is empty so far and may be continued.
 */
static bool take_value(struct str rest, struct str *ret)
{
	const char *at = rest.at, *stop = rest.at + rest.len, *end, *last;

	while (at < stop && *at != ':')
		if (!is_blank(*at++))
			return false;
	end = memchr(at, '\n', (size_t)(stop - at));
	if (!end)
		return false;
	if (end + 1 < stop && (end[1] == ' ' || end[1] == '\t'))
		end = folded_end(end, stop);
	last = end;
	for (at++; at < end && is_blank(*at); at++)
		;
	while (end > at && is_blank(end[-1]))
		end--;
	*ret = (struct str){ at, (size_t)(end - at) };
	return at < end || (last + 1 < stop && last[1] != ' ' && last[1] != '\t');
}

/* From the first value of a list to this one (http/lists.h). */
static void extend(struct str *list, struct str value)
{
	list->len = (size_t)(value.at + value.len - list->at);
}

/* Of a header that comes again the first stands, but for those that say what then. */
static bool keep_field(struct head *head, int field, struct str value)
{
	switch (field) {
	case FIELD_LENGTH:
		return framing_add_length(&head->framing, value);
	case FIELD_CODING:
		framing_add_coding(&head->framing, value);
		return true;
	case FIELD_B3_FLAGS:
		if (str_eq(value, STR("1")))
			head->flags |= HTTP_B3_DEBUG;
		return true;
	case HTTP_TRACEPARENT:
		if (head->seen & 1u << field)
			head->flags |= HTTP_TRACEPARENT_TWICE;
		break;
	case HTTP_TRACESTATE:
	case HTTP_BAGGAGE:
		if (head->seen & 1u << field)
			extend(&head->texts[field], value);
		break;
	}
	if (!(head->seen & 1u << field))
		head_keep(head, (enum http_text)field, value);
	return true;
}

static void keep_captured(struct head *head, struct str rest)
{
	struct str name = line_name(rest), value;
	unsigned int which = http_captured(name);

	if (!which || head->seen & 1u << (HTTP_CAPTURE + which - 1))
		return;
	if (take_value(str_after(rest, name.len), &value))
		head_keep(head, (enum http_text)(HTTP_CAPTURE + which - 1), value);
}

/* A line that may be of interest. False for a length that is none. */
static inline bool line_read(struct head *head, enum side side, struct str rest)
{
	struct str value;
	int field = take_field(&rest, side);

	return field == FIELD_NONE || !take_value(rest, &value) || keep_field(head, field, value);
}

/*
 * The lines after the first. Where the empty line ends, NULL when there is none;
 * PARSE_BAD. Made twice, once for each side.
 */
__attribute__((always_inline)) static inline int fields_read(struct lines *lines, enum side side,
							     uint32_t captured, struct head *head,
							     const char **ret)
{
	uint32_t letters = captured | (side == ASKING ? ASKING_LETTERS : ANSWERING_LETTERS);
	const char *at;

	while ((at = lines_take(lines, letters))) {
		struct str rest = { at, (size_t)(lines->last - at) + 1 };

		if (*at == '\n' || (*at == '\r' && rest.len > 1 && at[1] == '\n'))
			break;
		if (captured)
			keep_captured(head, rest);
		if (!line_read(head, side, rest))
			return PARSE_BAD;
	}
	*ret = at ? at + (*at == '\n' ? 1 : 2) : NULL;
	return 0;
}

static int lines_read(struct lines *lines, const char *first_end, enum side side, struct head *head,
		      const char **ret)
{
	struct str first = { lines->start, (size_t)(first_end - lines->start) };

	if (side == ANSWERING)
		return status_line_read(first, head) ? fields_read(lines, side, 0, head, ret)
						     : PARSE_BAD;
	return request_line_read(first, head)
		       ? fields_read(lines, side, http_captured_letters(), head, ret)
		       : PARSE_BAD;
}

/*
 * No limit cuts a first line that is shorter (limit.head-bytes is 256 at least): its sender
 * stopped, or it stands behind other messages, and how it goes on is anybody's guess.
 */
enum { CUT_LINE_LEAST = 256 };

/* There is no whole line: what can be said of its beginning? */
static ssize_t first_part_read(struct str part, bool cut, enum side side, struct head *ret)
{
	bool begins = side == ASKING ? request_line_begins(part) : status_line_begins(part);

	if (!cut)
		return begins ? PARSE_MORE : PARSE_BAD;
	if (side == ANSWERING || part.len < CUT_LINE_LEAST || !request_part_read(part, ret))
		return PARSE_BAD;
	ret->cut = ret->partial = true;
	return (ssize_t)part.len;
}

/* The same of a head that nothing stands before. */
static ssize_t trimmed_read(struct str in, bool cut, enum side side, struct head *ret)
{
	struct lines lines = lines_of(in);
	const char *line_end = lines_first_end(&lines), *end;

	if (!line_end)
		return first_part_read(in, cut, side, ret);
	if (lines_read(&lines, line_end, side, ret, &end))
		return PARSE_BAD;
	if (end)
		return end - in.at;
	if (!cut)
		return PARSE_MORE;
	ret->cut = true;
	return (const char *)memrchr(in.at, '\n', in.len) + 1 - in.at;
}

/* Bytes used, PARSE_MORE or PARSE_BAD; what `head` holds is then of no use. */
static ssize_t head_read(struct str in, bool cut, enum side side, struct head *head)
{
	ssize_t used;

	head->framing = (struct framing){};
	head->number = 0;
	head->seen = 0;
	head->status = head->version = 0;
	head->flags = 0;
	head->cut = head->partial = false;
	used = trimmed_read(in, cut, side, head);
	if (used > 0 && !head->cut)
		memo_keep(side, str_first(in, (size_t)used), head);
	return used;
}

/* The head stands at `at`. */
static inline void message_fill(const struct head *head, const char *at, struct message *ret)
{
	size_t text_bytes = 0;

	message_init(ret, head->seen, head->status, head->version, head->flags);
	ret->cut = head->cut;
	ret->partial = head->partial;
	ret->likeness = ret->sameness = head->number;
	for (uint32_t bits = head->seen; bits; bits &= bits - 1) {
		unsigned int which = (unsigned int)__builtin_ctz(bits);
		size_t from = (size_t)(head->texts[which].at - at), len = head->texts[which].len;

		ret->texts[which] = (struct text){ (uint16_t)from, (uint16_t)len };
		text_bytes = text_bytes < from + len ? from + len : text_bytes;
	}
	ret->base = at;
	ret->text_bytes = (uint16_t)text_bytes;
}

/* What is not known yet of a message whose head is known. */
static inline void complete(const struct framing *framing, enum side side,
			    const struct message *question, struct message *ret)
{
	if (side == ASKING) {
		ret->numbers[HTTP_GENERATION] = http_generation();
		/* A target that is more than a path and a query says more than its path. */
		if (ret->base[ret->texts[HTTP_TARGET].at] != '/')
			ret->likeness = 0;
	} else {
		/* Of an answer a span says the status, and the version if the question does not. */
		ret->likeness = (uint64_t)ret->numbers[HTTP_STATUS] << 8 |
				(uint64_t)ret->numbers[HTTP_VERSION];
	}
	body_decide(framing, side, question, ret);
}

/* The long way, of a head that is not the same as one that is kept: like one, or to be read. */
static __attribute__((noinline)) ssize_t parse_other(struct str in, bool cut, enum side side,
						     const struct message *question,
						     struct message *ret, struct memo_hints hints)
{
	struct head head;
	ssize_t used = (ssize_t)memo_find_like(side, in, &hints, &head.framing, ret);

	if (!used) {
		used = head_read(in, cut, side, &head);
		if (used <= 0)
			return used;
		message_fill(&head, in.at, ret);
	}
	complete(&head.framing, side, question, ret);
	return used;
}

/* Made twice, once for each side. */
__attribute__((always_inline)) static inline ssize_t head_parse_of(struct str in, bool cut,
								   enum side side,
								   const struct message *question,
								   struct message *ret)
{
	struct memo_hints hints;
	const struct memo *memo;
	const char *start = in.at;
	ssize_t used;

	if (in.len > MESSAGE_HEAD_MAX)
		in.len = MESSAGE_HEAD_MAX;
	/* RFC 9112 2.2: empty lines before a first line are stepped over. */
	while (in.len && is_line_end(in.at[0]))
		in = str_after(in, 1);
	if (!in.len)
		return cut ? PARSE_BAD : PARSE_MORE;
	memo = memo_find_same(side, in, &hints, ret);
	if (memo) {
		complete(&memo->framing, side, question, ret);
		used = memo->len;
	} else {
		used = parse_other(in, cut, side, question, ret, hints);
		if (used <= 0)
			return used;
	}
	used += in.at - start;
	ret->head_bytes = (uint16_t)used;
	return used;
}

ssize_t head_parse(struct str in, bool cut, enum side side, const struct message *question,
		   struct message *ret)
{
	return side == ASKING ? head_parse_of(in, cut, ASKING, question, ret)
			      : head_parse_of(in, cut, ANSWERING, question, ret);
}
