/* SPDX-License-Identifier: Apache-2.0 */
/* alike.h - how far two runs of bytes are the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

enum { ALIKE_BLOCK = 16 };

/* Bit i: byte i of the two blocks is the same. */
static inline uint32_t alike_bits(const char *a, const char *b)
{
	__m128i left = _mm_loadu_si128((const __m128i *)(const void *)a);
	__m128i right = _mm_loadu_si128((const __m128i *)(const void *)b);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(left, right));
}

/* Which of them is the first that is not; ALIKE_BLOCK when all are. */
static inline size_t alike_block(const char *a, const char *b)
{
	return (size_t)__builtin_ctz(~alike_bits(a, b));
}

/* Are two blocks of it the same? */
static inline bool alike_pair(const char *a, const char *b)
{
	return (alike_bits(a, b) & alike_bits(a + ALIKE_BLOCK, b + ALIKE_BLOCK)) == 0xffff;
}
#else
enum { ALIKE_BLOCK = 8 };

static inline size_t alike_block(const char *a, const char *b)
{
	size_t same = 0;

	if (!memcmp(a, b, ALIKE_BLOCK))
		return ALIKE_BLOCK;
	while (a[same] == b[same])
		same++;
	return same;
}

static inline bool alike_pair(const char *a, const char *b)
{
	return !memcmp(a, b, 2 * (size_t)ALIKE_BLOCK);
}
#endif

/* How many of the first `len` bytes are the same before one differs. */
static inline size_t alike(const char *a, const char *b, size_t len)
{
	size_t at = 0, same;

	while (len - at >= 2 * ALIKE_BLOCK && alike_pair(a + at, b + at))
		at += 2 * ALIKE_BLOCK;
	for (; len - at >= ALIKE_BLOCK; at += ALIKE_BLOCK) {
		same = alike_block(a + at, b + at);
		if (same < ALIKE_BLOCK)
			return at + same;
	}
	if (len >= ALIKE_BLOCK) { /* the last block overlaps what was looked at */
		at = len - ALIKE_BLOCK;
		return at + alike_block(a + at, b + at);
	}
	while (at < len && a[at] == b[at])
		at++;
	return at;
}
