/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo_same.h - is a head the same as a kept one? Asked of each head, so that it is part of who
 * asks: head.c; and memo.c, which goes on where it is only like one.
 */
#pragma once

#include "user/proto/http1/memo.h"

enum { MEMO_SHAPE_AT = 24, MEMO_LEAST = 16 };

#define MEMO_MIX UINT64_C(0x9e3779b97f4a7c15)

extern struct memo memo_ways[SIDES][MEMO_WAYS];

static inline uint64_t memo_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Bytes of a first line that tell its target from most others: where that begins and ends. */
static inline uint64_t memo_target_word(const char *line, const char *line_end)
{
	enum { FIRST = sizeof("GET"), LAST = sizeof("/target HTTP/1.1\r") };

	if (line_end - line < LAST)
		return memo_word(line + FIRST);
	return memo_word(line + FIRST) + memo_word(line_end - LAST) * MEMO_MIX;
}

/*
 * Heads of one group begin with one method, or status, and one first header; of one shape are those
 * that go on alike. The target, which varies most, has no say in either, but in the way. False when
 * the head is too short.
 */
static inline bool memo_hints_of(enum side side, struct str in, struct memo_hints *ret)
{
	const char *from = in.at + sizeof(uint64_t), *line_end;
	uint64_t begin = 0, shape, target = 0;
	size_t left;

	if (side == ASKING) {
		line_end = memchr(in.at, '\n', in.len);
		if (!line_end || in.len < MEMO_LEAST)
			return false;
		from = line_end + 1;
		begin = (unsigned char)in.at[0] << 8 | (unsigned char)in.at[1];
		target = memo_target_word(in.at, line_end);
	}
	if (in.at + in.len < from + 2 * sizeof(uint64_t))
		return false;
	left = (size_t)(in.at + in.len - from) - sizeof(uint64_t);
	shape = memo_word(from + (left < MEMO_SHAPE_AT ? left : MEMO_SHAPE_AT)) +
		memo_word(from + (left < 2 * MEMO_SHAPE_AT ? left : 2 * MEMO_SHAPE_AT)) * 3;
	ret->shape = shape * MEMO_MIX;
	ret->begin = (begin + memo_word(from) + memo_word(from + sizeof(uint64_t)) * 3) * MEMO_MIX;
	ret->hint = (target + ret->shape + ret->begin) * MEMO_MIX;
	return true;
}

static inline struct memo *memo_way(enum side side, const struct memo_hints *hints)
{
	return &memo_ways[side][hints->hint >> (64 - MEMO_WAY_BITS)];
}

/* The texts of a head that stands at `at`. */
static inline void memo_texts_fill(const struct memo *memo, const char *at, struct message *ret)
{
	ret->base = at;
	if (!memo->text_count)
		return;
	ret->text_bytes = memo->text_bytes;
	memcpy(ret->texts, memo->texts, sizeof(memo->texts));
}

static inline void memo_found(struct memo *memo, struct message *ret)
{
	memo->found = memo->useful = true;
	*memo->of_shape = memo->index;
	message_init(ret, memo->seen, memo->status, memo->version, memo->flags);
	ret->likeness = ret->sameness = memo->number;
}

/*
 * When `in` begins with a head that is kept: that one, and `ret` but for what body_decide() fills
 * in from its framing. Else NULL, nothing is written but `hints`, which are for memo_find_like().
 */
__attribute__((always_inline)) static inline const struct memo *memo_find_same(
	enum side side, struct str in, struct memo_hints *hints, struct message *ret)
{
	struct memo *memo;

	if (!memo_hints_of(side, in, hints)) {
		*hints = (struct memo_hints){};
		return NULL;
	}
	memo = memo_way(side, hints);
	if (memo->hint != hints->hint || !memo_is_usable(memo) || memo->len > in.len ||
	    memcmp(memo->bytes, in.at, memo->len))
		return NULL;
	memo_found(memo, ret);
	memo_texts_fill(memo, in.at, ret);
	return memo;
}
