/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/delta.h"

#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "user/base/mem.h"
#include "user/model/resource.h"

enum { SLOTS = 4096 };

struct row {
	struct row *next;
	struct delta_key key;
	uint64_t since_unix_ns; /* of the mark; 0: none was set */
	uint64_t seen;		/* the collection that asked for it last */
	double mark, now;
	struct histogram mark_histogram, now_histogram; /* classic NULL: not one */
};

struct delta {
	struct row *slots[SLOTS];
	size_t count;
	uint64_t refused, collection, now_unix_ns;
};

struct delta *delta_new(void)
{
	return xcalloc(1, sizeof(struct delta));
}

static void row_free(struct row *row)
{
	histogram_free(&row->mark_histogram);
	histogram_free(&row->now_histogram);
	free(row);
}

void delta_free(struct delta *d)
{
	for (size_t i = 0; d && i < SLOTS; i++)
		while (d->slots[i]) {
			struct row *row = d->slots[i];

			d->slots[i] = row->next;
			row_free(row);
		}
	free(d);
}

/* Each part is hashed with what came before it as the seed. */
static void hash_part(struct delta_key *key, const void *at, size_t len)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(at, len, key->low ^ key->high << 1);

	*key = (struct delta_key){ hash.high64, hash.low64 };
}

static void hash_attribute(struct delta_key *key, const struct attribute *a)
{
	hash_part(key, a->key.at, a->key.len);
	if (a->type == ATTRIBUTE_TEXT || a->type == ATTRIBUTE_TEXTS)
		hash_part(key, a->text.at, a->text.len);
	else
		hash_part(key, &a->number, sizeof(a->number));
}

struct delta_key delta_key(struct str metric, const struct sample *sample)
{
	uint64_t id = sample->resource ? sample->resource->id : UINT64_MAX;
	struct delta_key key = {};

	hash_part(&key, &id, sizeof(id));
	hash_part(&key, metric.at, metric.len);
	for (size_t i = 0; i < sample->attribute_count; i++)
		hash_attribute(&key, &sample->attributes[i]);
	return key;
}

void delta_begin(struct delta *d, uint64_t now_unix_ns)
{
	d->collection++;
	d->now_unix_ns = now_unix_ns;
}

static struct row *row_of(struct delta *d, struct delta_key key)
{
	struct row **slot = &d->slots[key.low % SLOTS], *row;

	for (row = *slot; row; row = row->next)
		if (row->key.high == key.high && row->key.low == key.low)
			break;
	if (!row) {
		if (d->count == DELTA_SERIES) {
			d->refused++;
			return NULL;
		}
		row = xcalloc(1, sizeof(*row));
		row->key = key;
		row->next = *slot;
		*slot = row;
		d->count++;
	}
	row->seen = d->collection;
	return row;
}

int delta_number(struct delta *d, struct delta_key key, double *value, uint64_t *start)
{
	struct row *row = row_of(d, key);
	double grown;

	if (!row)
		return -ENOSPC;
	row->now = *value;
	grown = *value < row->mark ? *value : *value - row->mark;
	if (grown == 0 && row->since_unix_ns)
		return -EAGAIN;
	*value = grown;
	if (row->since_unix_ns)
		*start = row->since_unix_ns;
	return 0;
}

static uint64_t *copy_counts(const uint64_t *counts, size_t count)
{
	uint64_t *copy = xcalloc(count, sizeof(*copy));

	if (count)
		memcpy(copy, counts, count * sizeof(*copy));
	return copy;
}

/* Its counts only: such a copy is read and freed, never observed into. */
static struct histogram histogram_copy(const struct histogram *h)
{
	return (struct histogram){
		.bounds = h->bounds,
		.count = h->count,
		.zero_count = h->zero_count,
		.zero_threshold = h->zero_threshold,
		.sum = h->sum,
		.scale = h->scale,
		.first = h->first,
		.used = h->used,
		.room = h->used,
		.buckets = copy_counts(h->buckets, h->used),
		.classic = copy_counts(h->classic, h->bounds->count + 1),
	};
}

/* Take `mark`, counted at the same or a finer scale, out of `h`. */
static void histogram_subtract(struct histogram *h, const struct histogram *mark)
{
	int shift = mark->scale - h->scale;

	h->count -= mark->count;
	h->zero_count -= mark->zero_count;
	h->sum -= mark->sum;
	for (size_t i = 0; i <= h->bounds->count; i++)
		h->classic[i] -= mark->classic[i];
	for (size_t i = 0; i < mark->used; i++) {
		long at = (((long)mark->first + (long)i) >> shift) - h->first;

		if (at >= 0 && (size_t)at < h->used)
			h->buckets[at] -= mark->buckets[i];
	}
}

int delta_histogram(struct delta *d, struct delta_key key, const struct histogram *now,
		    uint64_t *start, struct histogram *ret)
{
	struct row *row = row_of(d, key);
	const struct histogram *mark;

	if (!row)
		return -ENOSPC;
	histogram_free(&row->now_histogram);
	row->now_histogram = histogram_copy(now);
	mark = &row->mark_histogram;
	if (row->since_unix_ns && now->count == mark->count)
		return -EAGAIN;
	*ret = histogram_copy(now);
	if (mark->classic && now->count >= mark->count && now->scale <= mark->scale)
		histogram_subtract(ret, mark);
	if (row->since_unix_ns)
		*start = row->since_unix_ns;
	return 0;
}

static void row_commit(struct row *row, uint64_t now_unix_ns)
{
	row->mark = row->now;
	row->since_unix_ns = now_unix_ns;
	histogram_free(&row->mark_histogram);
	row->mark_histogram = row->now_histogram;
	row->now_histogram = (struct histogram){};
}

void delta_commit(struct delta *d)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct row **at = &d->slots[i]; *at;) {
			struct row *row = *at;

			if (row->seen == d->collection) {
				row_commit(row, d->now_unix_ns);
				at = &row->next;
				continue;
			}
			*at = row->next;
			row_free(row);
			d->count--;
		}
}

uint64_t delta_refused(const struct delta *d)
{
	return d->refused;
}
