/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/random.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

static uint64_t rotate_left(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

/* splitmix64: spreads one number over the state, which must not be all zero. */
void random_seed(struct random *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		r->state[i] = z ^ (z >> 31);
	}
}

int random_seed_system(struct random *r)
{
	uint64_t seed;
	ssize_t got;

	do
		got = getrandom(&seed, sizeof(seed), 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(seed))
		return got < 0 ? -errno : -EIO;
	random_seed(r, seed);
	return 0;
}

uint64_t random_next(struct random *r)
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

void random_bytes(struct random *r, void *to, size_t len)
{
	char *at = to;

	while (len) {
		uint64_t next = random_next(r);
		size_t part = len < sizeof(next) ? len : sizeof(next);

		memcpy(at, &next, part);
		at += part;
		len -= part;
	}
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

void random_id(struct random *r, uint8_t *to, size_t len)
{
	do
		random_bytes(r, to, len);
	while (all_zero(to, len) && len);
}
