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

static inline __m128i alike_bytes(const char *a, const char *b)
{
	return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
			      _mm_loadu_si128((const __m128i *)(const void *)b));
}

/* Which of a block's bytes is the first that differs; ALIKE_BLOCK when none does. */
static inline size_t alike_block(const char *a, const char *b)
{
	return (size_t)__builtin_ctz(~(unsigned int)_mm_movemask_epi8(alike_bytes(a, b)));
}

/* Are four blocks the same? */
static inline bool alike_four(const char *a, const char *b)
{
	__m128i low = _mm_and_si128(alike_bytes(a, b), alike_bytes(a + 16, b + 16));
	__m128i high = _mm_and_si128(alike_bytes(a + 32, b + 32), alike_bytes(a + 48, b + 48));

	return _mm_movemask_epi8(_mm_and_si128(low, high)) == 0xffff;
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

static inline bool alike_four(const char *a, const char *b)
{
	return !memcmp(a, b, 4 * (size_t)ALIKE_BLOCK);
}
#endif

/* How many of the first `len` bytes are the same before one differs. */
static inline size_t alike(const char *a, const char *b, size_t len)
{
	size_t at = 0, same;

	while (at + 4 * ALIKE_BLOCK <= len && alike_four(a + at, b + at))
		at += 4 * ALIKE_BLOCK;
	for (; at + ALIKE_BLOCK <= len; at += ALIKE_BLOCK) {
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
