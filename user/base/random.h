/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - fast random numbers for trace and span ids; not for secrets.
 *
 * xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it/): the same seed
 * gives the same numbers, so a replayed tape gives the same ids.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *r, uint64_t seed);
/* Seed from the kernel. 0 or a negative errno; `r` is then untouched. */
int random_seed_system(struct random *r);
uint64_t random_next(struct random *r);
void random_bytes(struct random *r, void *to, size_t len);
/* Random bytes of which at least one is not zero, as trace and span ids must be. */
void random_id(struct random *r, uint8_t *to, size_t len);
