/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/table.h"

#include <errno.h>
#include <xxhash.h>

#include "user/base/mem.h"
#include "user/base/random.h"

enum { FEWEST_SLOTS = 16 };

/* What is looked for, of either kind. */
struct wanted {
	uint32_t hash;
	bool is_number;
	struct str bytes;
	uint64_t number;
};

static struct wanted wanted_bytes(const struct table *t, struct str key)
{
	return (struct wanted){
		.hash = (uint32_t)XXH3_64bits_withSeed(key.at, key.len, t->seed),
		.bytes = key,
	};
}

static struct wanted wanted_number(const struct table *t, uint64_t key)
{
	return (struct wanted){
		.hash = (uint32_t)XXH3_64bits_withSeed(&key, sizeof(key), t->seed),
		.is_number = true,
		.number = key,
	};
}

void table_init(struct table *t, size_t limit)
{
	struct random random;

	*t = (struct table){ .limit = limit < UINT32_MAX / 2 ? limit : UINT32_MAX / 2 };
	if (random_seed_system(&random) < 0)
		random_seed(&random, (uintptr_t)t); /* the kernel before its first entropy */
	t->seed = random_next(&random);
}

void table_free(struct table *t)
{
	free(t->slots);
	t->slots = NULL;
	t->room = t->count = 0;
}

static bool matches(const struct table_slot *slot, const struct wanted *w)
{
	if (slot->hash != w->hash)
		return false;
	if (w->is_number)
		return slot->number == w->number;
	return str_eq((struct str){ slot->bytes, slot->len }, w->bytes);
}

/* The slot that holds it, or NULL. */
static struct table_slot *find(const struct table *t, const struct wanted *w)
{
	size_t mask = t->room - 1;

	if (!t->count)
		return NULL;
	for (size_t i = w->hash & mask; t->slots[i].value; i = (i + 1) & mask)
		if (matches(&t->slots[i], w))
			return &t->slots[i];
	return NULL;
}

static struct table_slot *free_slot(const struct table *t, uint32_t hash)
{
	size_t mask = t->room - 1, i = hash & mask;

	while (t->slots[i].value)
		i = (i + 1) & mask;
	return &t->slots[i];
}

static void resize(struct table *t, size_t room)
{
	struct table_slot *old = t->slots;
	size_t old_room = t->room;

	t->slots = xcalloc(room, sizeof(*t->slots));
	t->room = room;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].value)
			*free_slot(t, old[i].hash) = old[i];
	free(old);
}

static void shrink(struct table *t)
{
	size_t room = t->room;

	while (room > FEWEST_SLOTS && t->count * 8 < room)
		room /= 2;
	if (room < t->room)
		resize(t, room);
}

static int put(struct table *t, const struct wanted *w, void *value)
{
	struct table_slot *slot;

	if (find(t, w))
		return -EEXIST;
	if (t->count >= t->limit || w->bytes.len > UINT32_MAX) {
		t->refused++;
		return -ENOSPC;
	}
	if ((t->count + 1) * 4 > t->room * 3)
		resize(t, t->room ? t->room * 2 : FEWEST_SLOTS);
	slot = free_slot(t, w->hash);
	*slot = (struct table_slot){ .hash = w->hash,
				     .len = (uint32_t)w->bytes.len,
				     .value = value };
	if (w->is_number)
		slot->number = w->number;
	else
		slot->bytes = w->bytes.at;
	t->count++;
	return 0;
}

/* Close the gap at `hole`: what stands behind it and may stand earlier moves up. */
static void close_gap(struct table *t, size_t hole)
{
	size_t mask = t->room - 1;

	for (size_t i = (hole + 1) & mask; t->slots[i].value; i = (i + 1) & mask) {
		size_t home = t->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->slots[hole] = t->slots[i];
		hole = i;
	}
	t->slots[hole] = (struct table_slot){};
	t->count--;
}

static void *remove_wanted(struct table *t, const struct wanted *w)
{
	struct table_slot *slot = find(t, w);
	void *value;

	if (!slot)
		return NULL;
	value = slot->value;
	close_gap(t, (size_t)(slot - t->slots));
	shrink(t);
	return value;
}

void *table_find(const struct table *t, struct str key)
{
	struct wanted w = wanted_bytes(t, key);
	struct table_slot *slot = find(t, &w);

	return slot ? slot->value : NULL;
}

int table_put(struct table *t, struct str key, void *value)
{
	struct wanted w = wanted_bytes(t, key);

	return put(t, &w, value);
}

void *table_remove(struct table *t, struct str key)
{
	struct wanted w = wanted_bytes(t, key);

	return remove_wanted(t, &w);
}

void *table_find_u64(const struct table *t, uint64_t key)
{
	struct wanted w = wanted_number(t, key);
	struct table_slot *slot = find(t, &w);

	return slot ? slot->value : NULL;
}

int table_put_u64(struct table *t, uint64_t key, void *value)
{
	struct wanted w = wanted_number(t, key);

	return put(t, &w, value);
}

void *table_remove_u64(struct table *t, uint64_t key)
{
	struct wanted w = wanted_number(t, key);

	return remove_wanted(t, &w);
}

void *table_next(const struct table *t, size_t *at)
{
	while (*at < t->room) {
		void *value = t->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}

/*
 * Start behind a free slot: then no run of entries wraps round the start, and
 * closing a gap never moves an entry to where the sweep has been already.
 */
void table_sweep(struct table *t, bool (*drop)(void *value, void *context), void *context)
{
	size_t mask = t->room - 1, start = 0;

	if (!t->count)
		return;
	while (t->slots[start].value)
		start++;
	for (size_t n = 1; n < t->room; n++) {
		size_t i = (start + n) & mask;

		while (t->slots[i].value && drop(t->slots[i].value, context))
			close_gap(t, i);
	}
	shrink(t);
}
