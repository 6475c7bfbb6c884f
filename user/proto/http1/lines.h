/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - where the lines of a head begin that may be of interest.
 *
 * Most headers say nothing to us. Line ends are looked for 32 bytes at a time,
 * and a line is only visited when its first letter is one of those asked for.
 */
#pragma once

#include "user/base/str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LINES_BLOCK = 32 };

/* A set of first letters, whatever their case; by its low bits a control character is in it too. */
#define LETTER(letter) (1u << ((letter)&31))

struct lines {
	const char *start;
	const char *after; /* the second byte of the block that `ends` speaks of */
	const char *next;  /* from here on nothing was looked at */
	const char *last;  /* byte: no line begins after it */
	uint32_t ends;	   /* bit i: a line begins at after[i], not taken yet */
};

/* `in` is not empty. */
static inline struct lines lines_of(struct str in)
{
	return (struct lines){ .start = in.at, .next = in.at, .last = in.at + in.len - 1 };
}

static inline uint32_t line_ends(const char *block)
{
#ifdef __SSE2__
	__m128i lf = _mm_set1_epi8('\n');
	__m128i low = _mm_loadu_si128((const __m128i *)block);
	__m128i high = _mm_loadu_si128((const __m128i *)(block + 16));

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(low, lf)) |
	       (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(high, lf)) << 16;
#else
	uint32_t ends = 0;

	for (int i = 0; i < LINES_BLOCK; i++)
		ends |= (uint32_t)(block[i] == '\n') << i;
	return ends;
#endif
}

/* Of a block's last `len` bytes, or of as few as there are. */
static inline uint32_t line_ends_part(const struct lines *lines, size_t len)
{
	uint32_t ends = 0;

	if (lines->last - lines->start >= LINES_BLOCK)
		return line_ends(lines->last - LINES_BLOCK) >> (LINES_BLOCK - len);
	for (size_t i = 0; i < len; i++)
		ends |= (uint32_t)(lines->next[i] == '\n') << i;
	return ends;
}

/* Look at the next block; false when there is none. */
static inline bool lines_look(struct lines *lines)
{
	size_t left = (size_t)(lines->last - lines->next);

	lines->after = lines->next + 1;
	if (left >= LINES_BLOCK) {
		lines->ends = line_ends(lines->next);
		lines->next += LINES_BLOCK;
		return true;
	}
	if (!left)
		return false;
	lines->ends = line_ends_part(lines, left);
	lines->next = lines->last;
	return true;
}

/* Where the first line ends; it is not taken. NULL when it does not. */
static inline const char *lines_first_end(struct lines *lines)
{
	while (!lines->ends)
		if (!lines_look(lines))
			return *lines->last == '\n' ? lines->last : NULL;
	return lines->after + __builtin_ctz(lines->ends) - 1;
}

/* The next line but the first that begins with one of `letters`; NULL when there is none. */
static inline const char *lines_take(struct lines *lines, uint32_t letters)
{
	do {
		while (lines->ends) {
			const char *at = lines->after + (unsigned int)__builtin_ctz(lines->ends);

			lines->ends &= lines->ends - 1;
			if (letters & 1u << (*at & 31))
				return at;
		}
	} while (lines_look(lines));
	return NULL;
}
