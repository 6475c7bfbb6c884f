/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* wait_bucket.h - where a wait of so many nanoseconds is counted in struct scheduled. */
#pragma once

#include "headers/capture.h"

#define SHIFT_WHERE_EMPTY(bits_)                                                                   \
	do {                                                                                       \
		if (mantissa >> (64 - (bits_)))                                                    \
			exponent += (bits_);                                                       \
		else                                                                               \
			mantissa <<= (bits_);                                                      \
	} while (0)

/* `ns`, which is not 0, shifted until its top bit is set; 2^`exponent` was the highest in it. */
static inline __attribute__((always_inline)) __u64 wait_mantissa(__u64 ns, __u32 *exponent_ret)
{
	__u64 mantissa = ns;
	__u32 exponent = 0;

	SHIFT_WHERE_EMPTY(32);
	SHIFT_WHERE_EMPTY(16);
	SHIFT_WHERE_EMPTY(8);
	SHIFT_WHERE_EMPTY(4);
	SHIFT_WHERE_EMPTY(2);
	SHIFT_WHERE_EMPTY(1);
	*exponent_ret = exponent;
	return mantissa;
}

/*
 * The boundaries are 1 s * 2^(n/4). Four of them lie in each octave of nanoseconds, at these
 * mantissas, whose top bit is set; rounded down, which changes no answer for a whole number.
 * The last one is 1 s itself: 10^9 is no power of two. Without loops and tables, for the kernel.
 */
static inline __attribute__((always_inline)) __u32 wait_bucket(__u64 ns)
{
	const __u32 skipped = 30 * WAIT_STEPS + WAIT_FIRST;
	__u32 exponent, bucket; /* counted from 2^-30 s, just below a nanosecond */
	__u64 mantissa;

	if (!ns)
		return 0;
	mantissa = wait_mantissa(ns, &exponent);
	bucket = WAIT_STEPS * exponent + (mantissa > 0x8dc3b8960164a7d9) +
		 (mantissa > 0xa8965f74bf065071) + (mantissa > 0xc87c3e7d03cdbec3) +
		 (mantissa > 0xee6b280000000000);
	bucket = bucket < skipped ? 0 : 1 + bucket - skipped;
	return bucket < WAIT_BUCKETS ? bucket : WAIT_BUCKETS - 1;
}

#undef SHIFT_WHERE_EMPTY
