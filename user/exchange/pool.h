/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - memory for what comes and goes with each request.
 *
 * A pool hands out items of one size from slabs and keeps what is given back,
 * so that steady traffic allocates nothing. Who takes from a pool bounds how
 * many. Blocks are bytes of a few sizes, bounded together by KEPT_BYTES_MAX.
 */
#pragma once

#include <sanitizer/asan_interface.h>

#include "headers/record.h"
#include "user/base/str.h"

/* A free item's first bytes link it; the rest is poisoned where ASan looks. */
struct pool_item {
	struct pool_item *next;
};

struct pool {
	size_t size; /* of an item; a multiple of 8 */
	struct pool_item *free_items;
	struct slab *slabs;
};

void pool_grow(struct pool *p);

/* Contents are not defined. */
static inline void *pool_take(struct pool *p)
{
	struct pool_item *item;

	if (!p->free_items)
		pool_grow(p);
	item = p->free_items;
	p->free_items = item->next;
	ASAN_UNPOISON_MEMORY_REGION(item, p->size);
	return item;
}

static inline void pool_give(struct pool *p, void *item)
{
	struct pool_item *freed = item;

	freed->next = p->free_items;
	p->free_items = freed;
	ASAN_POISON_MEMORY_REGION(freed + 1, p->size - sizeof(*freed));
}

void pool_free(struct pool *p);

/*
 * All bytes of open exchanges, heads and held records that are kept at once.
 * 100,000 waiting questions of 256 bytes are 26 MB; 4,000 connections that each
 * drip a head of 16 KiB reach it.
 */
#define KEPT_BYTES_MAX (64 << 20)

/* Steps of BLOCK_STEP bytes to BLOCK_SMALL, for what is kept of most exchanges; then a few sizes. */
enum { BLOCK_LEAST = 288, BLOCK_STEP = 32, BLOCK_SMALL = 512 };
enum { BLOCK_SMALL_CLASSES = (BLOCK_SMALL - BLOCK_LEAST) / BLOCK_STEP + 1 };
enum { BLOCK_CLASSES = BLOCK_SMALL_CLASSES + 4 };

struct block {
	uint32_t class;
	uint32_t capacity;
	char bytes[];
};

struct blocks {
	struct pool pools[BLOCK_CLASSES];
	size_t kept;
};

/* The most that a block holds: one operation's record. */
enum { BLOCK_BYTES_MAX = sizeof(struct record_turn) + OP_BYTES };

void blocks_init(struct blocks *b);
/* The smallest of more than BLOCK_SMALL bytes, its head included; BLOCK_CLASSES: too much. */
uint32_t block_large_class(const struct blocks *b, size_t size);

/* `size` bytes, and maybe some more, and what they are given back by; NULL when that is too much. */
static inline void *blocks_take(struct blocks *b, size_t size, uint32_t *ret_class)
{
	uint32_t class;

	if (size <= BLOCK_LEAST)
		class = 0;
	else if (size <= BLOCK_SMALL)
		class = ((uint32_t)size - BLOCK_LEAST + BLOCK_STEP - 1) / BLOCK_STEP;
	else
		class = block_large_class(b, size);
	if (class == BLOCK_CLASSES || b->kept + b->pools[class].size > KEPT_BYTES_MAX)
		return NULL;
	b->kept += b->pools[class].size;
	*ret_class = class;
	return pool_take(&b->pools[class]);
}

static inline void blocks_give(struct blocks *b, void *bytes, uint32_t class)
{
	b->kept -= b->pools[class].size;
	pool_give(&b->pools[class], bytes);
}

/* A block of at least `len` bytes; NULL when that is too much. */
static inline struct block *block_take(struct blocks *b, size_t len)
{
	uint32_t class;
	struct block *block = blocks_take(b, sizeof(*block) + len, &class);

	if (!block)
		return NULL;
	block->class = class;
	block->capacity = (uint32_t)(b->pools[class].size - sizeof(*block));
	return block;
}

/* `block` may be NULL. */
static inline void block_give(struct blocks *b, struct block *block)
{
	if (block)
		blocks_give(b, block, block->class);
}

void blocks_free(struct blocks *b);
