/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - a hash table from bytes or numbers to pointers, for hot paths.
 *
 * Open addressing with linear probing; a removal closes its gap, so there are
 * no tombstones and a table that lives for weeks stays as fast as a new one.
 * Keys may be chosen by a peer: they are hashed by XXH3 with a seed that is the
 * table's own and random. One table has keys of one kind.
 *
 * Keys that are bytes are borrowed: they stay where they are for as long as
 * they are in the table, usually inside the value. Values are never NULL and
 * are not owned.
 */
#pragma once

#include "user/base/str.h"

struct table_slot {
	uint32_t hash;
	uint32_t len; /* of the bytes */
	union {
		const char *bytes;
		uint64_t number;
	};
	void *value; /* NULL: the slot is free */
};

struct table {
	struct table_slot *slots;
	size_t room; /* slots, a power of two or 0 */
	size_t count;
	size_t limit; /* entries at most */
	uint64_t seed;
	uint64_t refused; /* puts that the limit stopped */
};

void table_init(struct table *t, size_t limit);
/* Free the slots; the table is empty and usable again. */
void table_free(struct table *t);

void *table_find(const struct table *t, struct str key);
/* 0, -EEXIST when the key is there, -ENOSPC (and counted) when the table is full. */
int table_put(struct table *t, struct str key, void *value);
/* The value that was there, or NULL. */
void *table_remove(struct table *t, struct str key);

void *table_find_u64(const struct table *t, uint64_t key);
int table_put_u64(struct table *t, uint64_t key, void *value);
void *table_remove_u64(struct table *t, uint64_t key);

/*
 * Step through the values: start with `*at` 0; NULL when there are no more. The
 * order means nothing, and the table must not change meanwhile.
 */
void *table_next(const struct table *t, size_t *at);
/* Remove every entry of which `drop` says true; it may free the value and its key. */
void table_sweep(struct table *t, bool (*drop)(void *value, void *context), void *context);
