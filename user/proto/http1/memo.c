/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.c - the walk along a kept head and a new one.
 *
 *	kept  GET /users/7 HTTP/1.1\r\nHost: shop\r\n...
 *	new   GET /users/1234 HTTP/1.1\r\nHost: shop\r\n...
 *	      ==== same ==|--- to the line's end ---|== same, 3 bytes further ==
 *
 * Where they differ inside a value, the walk goes on at the end of its line, and
 * remembers that step. The message is written when the walk has come to the end.
 */
#include "user/proto/http1/memo_same.h"

#include "user/base/alike.h"
#include "user/base/mem.h"

enum { STEPS_MAX = 12, UNLIKE_MAX = 16 };

/* Questions are not alike when one of these differs: a span that is counted only may show it. */
#define TELLING                                                                                    \
	(1u << HTTP_HOST | 1u << HTTP_FORWARDED | 1u << HTTP_X_FORWARDED_PROTO |                   \
	 1u << HTTP_X_FORWARDED_HOST)

struct memo memo_ways[SIDES][MEMO_WAYS];
static struct memo_group groups[SIDES][MEMO_GROUPS];

static inline struct memo_place place_of(enum side side, const struct memo_hints *hints)
{
	struct memo_group *group = &groups[side][hints->begin >> (64 - MEMO_GROUP_BITS)];

	return (struct memo_place){
		.way = memo_way(side, hints),
		.group = group,
		.of_shape = &group->ways[hints->shape >> (64 - MEMO_SHAPE_BITS)],
		.hint = hints->hint,
		.index = (uint8_t)(hints->hint >> (64 - MEMO_WAY_BITS)),
	};
}

struct memo_place memo_place_of(enum side side, struct str in)
{
	struct memo_hints hints;

	return memo_hints_of(side, in, &hints) ? place_of(side, &hints) : (struct memo_place){};
}

/* A value of another length, or a text that is another one. */
struct step {
	uint16_t at;	 /* of the value in the kept head */
	uint16_t len;	 /* of the new one */
	ptrdiff_t shift; /* of what follows */
};

struct walk {
	struct memo *memo;
	struct str in;
	size_t at;	 /* in the kept head: up to here they are the same */
	ptrdiff_t shift; /* where that is in the new one, from there */
	const struct memo_value *value, *last_value; /* the next of the memo's, and behind all */
	size_t step_count;
	uint32_t other;	       /* bit i: text i is another one */
	struct str new_length; /* Content-Length, when that is another one */
	struct step steps[STEPS_MAX];
};

/* The value in whose line the walk stands, behind its first byte or at it; NULL when in none. */
static inline const struct memo_value *value_here(struct walk *w)
{
	const struct memo_value *value = w->value;

	while (value < w->last_value && value->line_end < w->at)
		value++;
	w->value = value;
	return value < w->last_value && value->at <= w->at ? value : NULL;
}

/* May `text` stand for the value? Not where reading the line might say something else. */
static inline bool take_other(struct walk *w, const struct memo_value *value, struct str text)
{
	if (value->what == VALUE_UNREAD)
		return true;
	if (!text.len || is_blank(text.at[0]) || is_blank(text.at[text.len - 1]))
		return false;
	if (value->what == VALUE_LENGTH)
		w->new_length = text;
	else
		w->other |= 1u << value->what;
	return true;
}

/* Go on at the line's end, which is `shift` further in the new head than in the kept one. */
static inline bool step_to(struct walk *w, const struct memo_value *value, struct str text,
			   ptrdiff_t shift)
{
	w->at = value->line_end;
	if (shift == w->shift) {
		/* A date stays for a second: then there is no difference. */
		if (value->what == VALUE_UNREAD)
			memcpy(w->memo->bytes + value->at, text.at, text.len);
		return true;
	}
	if (w->step_count == STEPS_MAX)
		return false;
	w->steps[w->step_count++] = (struct step){ value->at, (uint16_t)text.len, shift };
	w->shift = shift;
	return true;
}

/* The heads differ where the walk stands: step over that, if it is in a value. */
static bool step_over(struct walk *w)
{
	const struct memo_value *value = value_here(w);
	const char *here = w->in.at + w->at + w->shift, *from, *line_end;
	struct str text;
	size_t after;

	if (!value)
		return false;
	line_end = memchr(here, '\n', (size_t)(w->in.at + w->in.len - here));
	if (!line_end)
		return false;
	from = w->in.at + value->at + w->shift;
	after = value->line_end - value->end;
	if ((size_t)(line_end - from) < after ||
	    alike(line_end - after, w->memo->bytes + value->end, after) < after)
		return false;
	text = (struct str){ from, (size_t)(line_end - after - from) };
	return take_other(w, value, text) &&
	       step_to(w, value, text, line_end - w->in.at - value->line_end);
}

/* Are the heads the same but for values? */
static inline bool walk(struct walk *w)
{
	const struct memo *memo = w->memo;

	for (;;) {
		size_t left = w->in.len - (size_t)((ptrdiff_t)w->at + w->shift);

		left = left < memo->len - w->at ? left : memo->len - w->at;
		w->at += alike(memo->bytes + w->at, w->in.at + w->at + w->shift, left);
		if (w->at == memo->len)
			return true;
		if ((ptrdiff_t)w->at + w->shift == (ptrdiff_t)w->in.len || !step_over(w))
			return false;
	}
}

/* The texts of a head that has taken these steps. */
static void texts_shift(const struct memo *memo, const char *at, const struct step *step,
			const struct step *last, struct message *ret)
{
	const uint8_t *which = memo->order, *end = which + memo->text_count;
	ptrdiff_t shift = 0;
	struct text text = {};

	ret->base = at;
	for (; which < end; which++) {
		text = memo->texts[*which];
		for (; step < last && step->at < text.at; step++)
			shift = step->shift;
		if (step < last && step->at == text.at)
			text.len = step->len;
		text.at = (uint16_t)(text.at + shift);
		ret->texts[*which] = text;
	}
	ret->text_bytes = text.at + text.len;
}

/* Those that go on to differ in what they are told apart by are not worth their place. */
static void count_unlike(struct memo *memo, bool unlike)
{
	memo->unlike = unlike ? memo->unlike + 1 : 0;
	if (memo->unlike > UNLIKE_MAX)
		memo->len = 0;
}

static size_t find_like(struct memo *memo, struct str in, struct framing *framing,
			struct message *ret)
{
	struct framing another = {};
	struct walk w;

	w.memo = memo;
	w.in = in;
	w.value = memo->values;
	w.last_value = memo->values + memo->value_count;
	w.at = w.step_count = w.new_length.len = w.other = 0;
	w.shift = 0;
	if (!walk(&w) || (w.new_length.len && !framing_add_length(&another, w.new_length)))
		return 0;
	*framing = w.new_length.len ? another : memo->framing;
	memo_found(memo, ret);
	texts_shift(memo, in.at, w.steps, w.steps + w.step_count, ret);
	if (w.other & TELLING)
		ret->likeness = 0;
	if (w.other & (TELLING | 1u << HTTP_TARGET))
		ret->sameness = 0;
	count_unlike(memo, w.other & TELLING);
	return (size_t)((ptrdiff_t)w.at + w.shift);
}

/* The way that this head would have belongs to another: is it to be kept there instead? */
static bool takes_over(const struct memo_place *place)
{
	if (!memo_is_usable(place->way))
		return true;
	if (place->group->pass)
		place->group->pass--;
	else if (!place->way->found)
		return true;
	/* What is not found until the next one asks will go. */
	place->way->found = false;
	return false;
}

size_t memo_find_like(enum side side, struct str in, const struct memo_hints *hints,
		      struct framing *framing, struct message *ret)
{
	struct memo_place place = place_of(side, hints);
	struct memo *memo = place.way;
	size_t used;

	if (!hints->hint)
		return 0;
	if (memo->hint == place.hint && memo_is_usable(memo) &&
	    (used = find_like(memo, in, framing, ret)))
		return used;
	if (takes_over(&place))
		return 0;
	memo = &memo_ways[side][*place.of_shape];
	return memo_is_usable(memo) ? find_like(memo, in, framing, ret) : 0;
}
