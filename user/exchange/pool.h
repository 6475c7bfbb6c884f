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
 * All bytes of heads and of held records that are kept at once. 100,000 waiting
 * questions of 256 bytes are 26 MB; 4,000 connections that each drip a head of
 * 16 KiB reach it.
 */
#define KEPT_BYTES_MAX (64 << 20)

enum { BLOCK_CLASSES = 4 };

struct block {
	uint32_t class;
	uint32_t capacity;
	char bytes[];
};

struct blocks {
	struct pool pools[BLOCK_CLASSES];
	size_t kept;
};

/* The smallest block, head and all; the most that one holds: one operation's record. */
enum { BLOCK_LEAST = 256, BLOCK_BYTES_MAX = sizeof(struct record_turn) + OP_BYTES };

void blocks_init(struct blocks *b);
/* The smallest that holds `len` bytes; BLOCK_CLASSES: none does. */
uint32_t block_class(const struct blocks *b, size_t len);

/* A block of at least `len` bytes; NULL when that is too much. */
static inline struct block *block_take(struct blocks *b, size_t len)
{
	uint32_t class = len <= BLOCK_LEAST - sizeof(struct block) ? 0 : block_class(b, len);
	struct block *block;

	if (class == BLOCK_CLASSES || b->kept + b->pools[class].size > KEPT_BYTES_MAX)
		return NULL;
	b->kept += b->pools[class].size;
	block = pool_take(&b->pools[class]);
	block->class = class;
	block->capacity = (uint32_t)(b->pools[class].size - sizeof(*block));
	return block;
}

/* `block` may be NULL. */
static inline void block_give(struct blocks *b, struct block *block)
{
	if (!block)
		return;
	b->kept -= b->pools[block->class].size;
	pool_give(&b->pools[block->class], block);
}

void blocks_free(struct blocks *b);
