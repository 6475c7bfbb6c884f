/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - mirrors user/exchange/pool.c: blocks of all sizes, bounded together. */
#include "user/exchange/pool.h"
#include "tests/test.h"
#include "user/base/mem.h"

TEST(a_block_has_the_room_that_was_asked_for_and_little_more)
{
	struct blocks b;

	blocks_init(&b);
	for (size_t len = 0; len <= BLOCK_BYTES_MAX; len += len < 1100 ? 1 : 50) {
		struct block *block = block_take(&b, len);

		CHECK(block && block->capacity >= len);
		CHECK(b.kept == sizeof(*block) + block->capacity);
		CHECK(len + sizeof(*block) > BLOCK_SMALL || b.kept <= BLOCK_LEAST ||
		      b.kept < len + sizeof(*block) + BLOCK_STEP);
		memset(block->bytes, 'x', block->capacity);
		block_give(&b, block);
		CHECK(!b.kept);
	}
	CHECK(!block_take(&b, BLOCK_BYTES_MAX + 1) && !b.kept);
	blocks_free(&b);
}

TEST(blocks_stay_apart_and_within_what_may_be_kept)
{
	static struct block *blocks[200];
	struct blocks b;

	blocks_init(&b);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = block_take(&b, i * 5);
		CHECK(blocks[i]);
		memset(blocks[i]->bytes, (int)i, blocks[i]->capacity);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		for (size_t at = 0; at < blocks[i]->capacity; at++)
			CHECK(blocks[i]->bytes[at] == (char)i);
		block_give(&b, blocks[i]);
	}
	CHECK(!b.kept);
	b.kept = KEPT_BYTES_MAX - BLOCK_LEAST + 1;
	CHECK(!block_take(&b, 1));
	b.kept--;
	blocks[0] = block_take(&b, 1);
	CHECK(blocks[0] && b.kept == KEPT_BYTES_MAX && !block_take(&b, 1));
	blocks_free(&b);
}
