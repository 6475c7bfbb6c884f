/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/series_match.h"

#include <stddef.h>

/* How a value is compared: texts of 2 to 16 bytes by two words, which may overlap. */
enum shape {
	SHAPE_TEXT_8,
	SHAPE_TEXT_4,
	SHAPE_TEXT_2,
	SHAPE_NUMBER,
	SHAPE_TEXT,
	SHAPE_TEXTS,
	SHAPE_ABSENT,
	SHAPE_END,
};

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* `width` bytes as a number; a constant, so that this is one load. */
static inline __attribute__((always_inline)) uint64_t load(const char *at, size_t width)
{
	uint64_t word = 0;

	memcpy(&word, at, width);
	return word;
}

static enum shape shape_of(const struct attribute *a)
{
	if (!a)
		return SHAPE_ABSENT;
	if (a->type == ATTRIBUTE_TEXTS)
		return SHAPE_TEXTS;
	if (a->type != ATTRIBUTE_TEXT)
		return SHAPE_NUMBER;
	if (a->text.len > 16 || a->text.len < 2)
		return SHAPE_TEXT;
	return a->text.len >= 8 ? SHAPE_TEXT_8 : a->text.len >= 4 ? SHAPE_TEXT_4 : SHAPE_TEXT_2;
}

static void want_set(struct want *want, const struct attribute *a)
{
	static const size_t widths[] = {
		[SHAPE_TEXT_8] = 8, [SHAPE_TEXT_4] = 4, [SHAPE_TEXT_2] = 2
	};

	if (want->shape == SHAPE_NUMBER) {
		want->len = a->type;
		want->words[0] = (uint64_t)a->number;
		return;
	}
	want->len = (uint32_t)a->text.len;
	if (want->shape > SHAPE_TEXT_2) {
		want->words[0] = (uintptr_t)a->text.at;
		return;
	}
	memcpy(&want->words[0], a->text.at, widths[want->shape]);
	memcpy(&want->words[1], a->text.at + a->text.len - widths[want->shape],
	       widths[want->shape]);
}

void wants_set(struct wants *wants, const struct metric_group *group,
	       const struct series_values *values, const struct span *span,
	       const struct attribute *attributes)
{
	struct want *want = wants->at;

	wants->reach = wants->present = 0;
	for (enum shape shape = 0; shape < SHAPE_END; shape++) {
		const struct attribute *own = attributes;

		for (size_t i = 0; i < values->count; i++) {
			const struct attribute *a = values->at[i];

			if (shape_of(a) == shape) {
				*want = (struct want){ .key = group->keys[i].at,
						       .shape = (uint8_t)shape,
						       .which = (uint8_t)i };
				if (a) {
					wants->present++;
					size_t place = (size_t)(a - span->attributes);

					want->offset =
						(uint16_t)((const char *)a - (const char *)span);
					want_set(want, own);
					if (wants->reach <= place)
						wants->reach = place + 1;
				}
				want++;
			}
			own += !!a;
		}
	}
	*want = (struct want){ .shape = SHAPE_END };
}

static inline const struct attribute *place_of(const struct want *want, const struct span *span)
{
	return (const struct attribute *)((const char *)span + want->offset);
}

/* Check the wants of one shape of text; false when one is not met, at which `*at` is left. */
static inline __attribute__((always_inline)) bool texts_match(const struct want **at,
							      const struct span *span,
							      enum shape shape, size_t width)
{
	const struct want *want = *at;
	bool good = true;

	for (; want->shape == shape; want++) {
		const struct attribute *a = place_of(want, span);

		if (a->key.at != want->key || a->type != ATTRIBUTE_TEXT ||
		    a->text.len != want->len || load(a->text.at, width) != want->words[0] ||
		    load(a->text.at + want->len - width, width) != want->words[1]) {
			good = false;
			break;
		}
	}
	*at = want;
	return good;
}

static bool text_matches(const struct want *want, const struct span *span)
{
	const struct attribute *a = place_of(want, span);
	enum attribute_type type = want->shape == SHAPE_TEXT ? ATTRIBUTE_TEXT : ATTRIBUTE_TEXTS;
	struct str text = { (const char *)(uintptr_t)want->words[0], want->len };

	return a->key.at == want->key && a->type == type && str_eq(a->text, text);
}

/* Most spans lack a key or two, error.type above all, so this is not span_find(). */
static bool is_absent(struct str key, const struct span *span)
{
	const struct attribute *a = span->attributes, *end = a + span->attribute_count;

	for (; a < end; a++)
		if (a->key.len == key.len && *a->key.at == *key.at &&
		    !memcmp(a->key.at, key.at, key.len))
			return false;
	return true;
}

/* The last shape: the first want that is not met, or NULL. */
static __attribute__((noinline)) const struct want *absent_check(const struct want *want,
								 const struct metric_group *group,
								 const struct span *span)
{
	for (; want->shape != SHAPE_END; want++)
		if (!is_absent(group->keys[want->which], span))
			return want;
	return NULL;
}

const struct want *wants_check(const struct wants *wants, const struct metric_group *group,
			       const struct span *span)
{
	const struct want *at = wants->at;

	if (span->attribute_count < wants->reach || !texts_match(&at, span, SHAPE_TEXT_8, 8) ||
	    !texts_match(&at, span, SHAPE_TEXT_4, 4) || !texts_match(&at, span, SHAPE_TEXT_2, 2))
		return at;
	for (; at->shape == SHAPE_NUMBER; at++) {
		const struct attribute *a = place_of(at, span);

		if (a->key.at != at->key || a->type != at->len ||
		    (uint64_t)a->number != at->words[0])
			return at;
	}
	for (; at->shape < SHAPE_ABSENT; at++)
		if (!text_matches(at, span))
			return at;
	/* Whose attributes are all accounted for has no other. */
	if (at->shape == SHAPE_END || span->attribute_count == wants->present)
		return NULL;
	return absent_check(at, group, span);
}

void telling_learn(struct telling *t, size_t which, const struct metric_group *group,
		   const struct series_values *values, const struct span *span)
{
	size_t i = 0;

	if (!values->at[which])
		return;
	while (i < t->count && t->at[i].which != which)
		i++;
	if (i == TELLING_KEYS)
		i = which % TELLING_KEYS;
	else if (i == t->count)
		t->count++;
	t->at[i].which = which;
	t->at[i].key = group->keys[which].at;
	t->at[i].place = (size_t)(values->at[which] - span->attributes);
}

static inline uint64_t guess_of(const struct attribute *a)
{
	struct str text = a->text;

	if (a->type != ATTRIBUTE_TEXT)
		return a->type == ATTRIBUTE_TEXTS ? 0 : (uint64_t)a->number;
	/* Routes differ in the middle as often as at the ends. */
	if (text.len >= 8)
		return load(text.at, 8) + load(text.at + text.len / 2 - 4, 8) * MIX +
		       load(text.at + text.len - 8, 8) * 3;
	if (text.len >= 4)
		return load(text.at, 4) + load(text.at + text.len - 4, 4) * MIX;
	return text.len >= 2 ? load(text.at, 2) : text.len;
}

uint64_t telling_guess(const struct telling *t, const struct span *span)
{
	uint64_t guess = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct attribute *a = &span->attributes[t->at[i].place];

		if (t->at[i].place < span->attribute_count && a->key.at == t->at[i].key)
			guess = (guess + guess_of(a)) * MIX;
	}
	return guess;
}
