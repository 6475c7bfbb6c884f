/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/random.h"

#include <errno.h>
#include <sys/random.h>

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
