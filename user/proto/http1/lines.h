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
	const char *block; /* what `ends` speaks of */
	const char *next;  /* from here on nothing was looked at */
	const char *last;  /* byte: no line begins after it */
	uint32_t ends;	   /* bit i: a line ends at block[i], not taken yet */
};

/* Of the lines after the first line end in `in`, which has at least that. */
static inline struct lines lines_after(struct str in)
{
	return (struct lines){ .next = in.at, .last = in.at + in.len - 1 };
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

/* The same of fewer bytes than a block has. */
__attribute__((noinline)) static uint32_t line_ends_part(const char *part, size_t len)
{
	char block[LINES_BLOCK] = {};

	memcpy(block, part, len);
	return line_ends(block);
}

/* Look at the next block; false when there is none. */
static inline bool lines_look(struct lines *lines)
{
	size_t left = (size_t)(lines->last - lines->next);

	lines->block = lines->next;
	if (left >= LINES_BLOCK) {
		lines->ends = line_ends(lines->block);
		lines->next += LINES_BLOCK;
		return true;
	}
	lines->ends = line_ends_part(lines->block, left);
	lines->next = lines->last;
	return left > 0;
}

/* The next line that begins with one of `letters`; NULL when there is none. */
static inline const char *lines_take(struct lines *lines, uint32_t letters)
{
	do {
		while (lines->ends) {
			const char *at = lines->block + __builtin_ctz(lines->ends) + 1;

			lines->ends &= lines->ends - 1;
			if (letters >> (*at & 31) & 1)
				return at;
		}
	} while (lines_look(lines));
	return NULL;
}
