/* SPDX-License-Identifier: Apache-2.0 */
/* memo_keep.c - a head that was read, noted line by line for the next ones like it. */
#include "user/base/mem.h"
#include "user/proto/http1/fields.h"
#include "user/proto/http1/memo.h"

/* At most one head in PASS_LEAST costs its being noted, and at last one in 256. */
enum { PASS_LEAST = 16, IN_VAIN_MAX = 4 };

/* The text of `head` that stands in the line, or HTTP_TEXTS. */
static unsigned int text_in(struct str line, const struct head *head)
{
	for (uint32_t bits = head->seen; bits; bits &= bits - 1) {
		unsigned int which = (unsigned int)__builtin_ctz(bits);
		const char *at = head->texts[which].at;

		if (head->texts[which].len && at >= line.at && at < line.at + line.len)
			return which;
	}
	return HTTP_TEXTS;
}

static void add_text(struct memo *memo, const char *start, unsigned int which, struct str text)
{
	struct text place = { (uint16_t)(text.at - start), (uint16_t)text.len };

	memo->order[memo->text_count++] = (uint8_t)which;
	memo->texts[which] = place;
	memo->text_bytes = place.at + place.len;
}

/* The value is `text`, in `line`, which is without its LF. */
static void add_value(struct memo *memo, const char *start, struct str line, struct str text,
		      unsigned int what)
{
	if (memo->value_count == MEMO_VALUES)
		return;
	memo->values[memo->value_count++] =
		(struct memo_value){ .at = (uint16_t)(text.at - start),
				     .end = (uint16_t)(text.at + text.len - start),
				     .line_end = (uint16_t)(line.at + line.len - start),
				     .what = (uint8_t)what };
}

/* False when the head had better not be kept. */
static bool note_header(struct memo *memo, enum side side, const char *start, struct str line,
			const struct head *head)
{
	unsigned int which = text_in(line, head);
	struct str rest = line, name, value;

	if (which != HTTP_TEXTS) {
		/* A list of several headers. */
		if (head->texts[which].at + head->texts[which].len > line.at + line.len)
			return false;
		add_text(memo, start, which, head->texts[which]);
		add_value(memo, start, line, head->texts[which], which);
		return true;
	}
	if (!take_until(&rest, ':', &name))
		return true;
	value = rest;
	rest = line;
	switch (take_field(&rest, side)) {
	case FIELD_NONE:
		if (!http_captured(line_name(line)))
			add_value(memo, start, line, value, VALUE_UNREAD);
		return true;
	case FIELD_LENGTH:
		value = trim_blank(value);
		for (unsigned int i = 0; i < memo->value_count; i++)
			if (memo->values[i].what == VALUE_LENGTH)
				return false;
		if (memo->framing.has_length && !memo->framing.has_coding)
			add_value(memo, start, line, value, VALUE_LENGTH);
		return true;
	default: /* of the body's framing, or one that came before */
		return true;
	}
}

/* The lines of `whole`, for what may differ in them. A folded one is not worth the thought. */
static bool note_lines(struct memo *memo, enum side side, struct str whole, const struct head *head)
{
	struct str rest = whole, line;

	memo->value_count = memo->text_count = 0;
	memset(memo->texts, 0, sizeof(memo->texts));
	if (!take_until(&rest, '\n', &line))
		return false;
	if (side == ASKING) {
		add_text(memo, whole.at, HTTP_METHOD, head->texts[HTTP_METHOD]);
		add_text(memo, whole.at, HTTP_TARGET, head->texts[HTTP_TARGET]);
		add_value(memo, whole.at, line, head->texts[HTTP_TARGET], HTTP_TARGET);
	}
	while (take_until(&rest, '\n', &line)) {
		if (!line.len || (line.at[0] == '\r' && line.len == 1))
			continue;
		if (line.at[0] == ' ' || line.at[0] == '\t' ||
		    !note_header(memo, side, whole.at, line, head))
			return false;
	}
	/* Empty ones, and two of one line, have no place of their own. */
	return memo->text_count == (unsigned int)__builtin_popcount(head->seen);
}

static void remember(struct memo *memo, enum side side, const struct memo_place *place,
		     struct str whole, struct head *head)
{
	static uint64_t last_number;

	memo->framing = head->framing;
	if (!note_lines(memo, side, whole, head)) {
		memo->len = 0;
		return;
	}
	memo->hint = place->hint;
	memo->of_shape = place->of_shape;
	memo->index = place->index;
	*memo->of_shape = memo->index;
	memo->number = head->number = ++last_number;
	memo->generation = http_generation();
	memo->status = head->status;
	memo->version = head->version;
	memo->flags = head->flags;
	memo->seen = head->seen;
	memo->unlike = 0;
	memo->found = memo->useful = false;
	memcpy(memo->bytes, whole.at, whole.len);
	memo->len = (uint16_t)whole.len;
}

void memo_keep(enum side side, struct str whole, struct head *head)
{
	struct memo_place place = memo_place_of(side, whole);
	struct memo_group *group = place.group;
	struct memo *memo = place.way;

	if (!memo || whole.len > MEMO_BYTES)
		return;
	if (memo_is_usable(memo)) {
		if (memo->found || group->pass)
			return;
		group->in_vain = memo->useful ? 0 : group->in_vain + (group->in_vain < IN_VAIN_MAX);
		group->pass = (uint8_t)((PASS_LEAST << group->in_vain) - 1);
	}
	remember(memo, side, &place, whole, head);
}
