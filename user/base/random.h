/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - fast random numbers for trace and span ids; not for secrets.
 *
 * xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it/): the same seed
 * gives the same numbers, so a replayed tape gives the same ids. Three numbers
 * are made for each span, so what makes them is here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *r, uint64_t seed);
/* Seed from the kernel. 0 or a negative errno; `r` is then untouched. */
int random_seed_system(struct random *r);

static inline uint64_t rotate_left(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

static inline uint64_t random_next(struct random *r)
{
	uint64_t *s = r->state, ret = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return ret;
}

static inline void random_bytes(struct random *r, void *to, size_t len)
{
	char *at = to;

	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		uint64_t next = random_next(r);

		memcpy(at, &next, sizeof(next));
		at += sizeof(next);
	}
	if (len) {
		uint64_t next = random_next(r);

		memcpy(at, &next, len);
	}
}

enum { RANDOM_ID_BYTES = 16 };

/*
 * At most RANDOM_ID_BYTES random bytes of which at least one is not zero, as
 * trace and span ids must be.
 */
static inline void random_id(struct random *r, uint8_t *to, size_t len)
{
	static const uint8_t zero[RANDOM_ID_BYTES];

	do
		random_bytes(r, to, len);
	while (!memcmp(to, zero, len) && len);
}
