/* SPDX-License-Identifier: Apache-2.0 */
/* random.c - mirrors user/base/random.c. */
#include "user/base/random.h"
#include "tests/test.h"

TEST(xoshiro_gives_the_numbers_of_its_definition)
{
	/* By hand from the state 1 2 3 4: rotl(2 * 5, 7) * 9, and on. */
	struct random r = { { 1, 2, 3, 4 } };

	CHECK(random_next(&r) == 11520);
	CHECK(random_next(&r) == 0);
	CHECK(random_next(&r) == 1509978240);
	CHECK(random_next(&r) == UINT64_C(1215971899390074240));
}

TEST(the_same_seed_gives_the_same_numbers_and_another_seed_others)
{
	struct random a, b, c;

	random_seed(&a, 7);
	random_seed(&b, 7);
	random_seed(&c, 8);
	for (int i = 0; i < 100; i++) {
		uint64_t n = random_next(&a);

		CHECK(n == random_next(&b) && n != random_next(&c));
	}
}

TEST(the_kernel_seeds_differently_each_time)
{
	struct random a = {}, b = {};

	CHECK(!random_seed_system(&a) && !random_seed_system(&b));
	CHECK(random_next(&a) != random_next(&b));
}

TEST(random_bytes_fill_any_length_and_no_more)
{
	struct random r;

	random_seed(&r, 1);
	for (size_t len = 0; len < 40; len++) {
		uint8_t bytes[42] = {}, seen[40] = {};

		for (int round = 0; round < 20; round++) {
			random_bytes(&r, bytes + 1, len);
			for (size_t i = 0; i < len; i++)
				seen[i] |= bytes[i + 1];
		}
		CHECK(!bytes[0] && !bytes[len + 1]);
		for (size_t i = 0; i < len; i++)
			CHECK(seen[i]);
	}
}

TEST(an_id_is_never_all_zero)
{
	struct random r;

	random_seed(&r, 3);
	for (int i = 0; i < 10000; i++) {
		uint8_t id = 0;

		random_id(&r, &id, 1);
		CHECK(id);
	}
}
