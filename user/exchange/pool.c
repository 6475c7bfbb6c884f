/* SPDX-License-Identifier: Apache-2.0 */
#include "user/exchange/pool.h"

#include "user/base/mem.h"

enum { SLAB_BYTES = 16 << 10 };

struct slab {
	struct slab *next;
	char items[];
};

static size_t items_of_a_slab(const struct pool *p)
{
	size_t count = (SLAB_BYTES - sizeof(struct slab)) / p->size;

	return count ? count : 1;
}

void pool_grow(struct pool *p)
{
	size_t count = items_of_a_slab(p);
	struct slab *s = xrealloc(NULL, sizeof(*s) + count * p->size);

	s->next = p->slabs;
	p->slabs = s;
	for (size_t i = count; i-- > 0;)
		pool_give(p, s->items + i * p->size);
}

void pool_free(struct pool *p)
{
	while (p->slabs) {
		struct slab *s = p->slabs;

		p->slabs = s->next;
		ASAN_UNPOISON_MEMORY_REGION(s->items, items_of_a_slab(p) * p->size);
		free(s);
	}
	p->free_items = NULL;
}

void blocks_init(struct blocks *b)
{
	static const size_t large[] = {
		768,
		1024,
		4096,
		sizeof(struct block) + BLOCK_BYTES_MAX,
	};

	static_assert(ARRAY_SIZE(large) == BLOCK_CLASSES - BLOCK_SMALL_CLASSES, "each has a size");
	*b = (struct blocks){};
	for (int i = 0; i < BLOCK_SMALL_CLASSES; i++)
		b->pools[i].size = BLOCK_LEAST + (size_t)i * BLOCK_STEP;
	for (size_t i = 0; i < ARRAY_SIZE(large); i++)
		b->pools[BLOCK_SMALL_CLASSES + i].size = large[i];
}

uint32_t block_large_class(const struct blocks *b, size_t size)
{
	uint32_t class = BLOCK_SMALL_CLASSES;

	while (class < BLOCK_CLASSES && b->pools[class].size < size)
		++class;
	return class;
}

void blocks_free(struct blocks *b)
{
	for (int i = 0; i < BLOCK_CLASSES; i++)
		pool_free(&b->pools[i]);
}
