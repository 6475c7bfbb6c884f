/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - memory for what comes and goes with each request.
 *
 * A pool hands out items of one size from slabs and keeps what is given back,
 * so that steady traffic allocates nothing. Who takes from a pool bounds how
 * many. Blocks are bytes of a few sizes, bounded together by KEPT_BYTES_MAX.
 */
#pragma once

#include "headers/record.h"
#include "user/base/str.h"

struct pool {
	size_t size; /* of an item; a multiple of 8 */
	void *free_items;
	struct slab *slabs;
};

/* Contents are not defined. */
void *pool_take(struct pool *p);
void pool_give(struct pool *p, void *item);
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

/* The most that one block holds: one operation's record. */
enum { BLOCK_BYTES_MAX = sizeof(struct record_turn) + OP_BYTES };

void blocks_init(struct blocks *b);
/* A block of at least `len` bytes; NULL when that is too much. */
struct block *block_take(struct blocks *b, size_t len);
/* `block` may be NULL. */
void block_give(struct blocks *b, struct block *block);
void blocks_free(struct blocks *b);
