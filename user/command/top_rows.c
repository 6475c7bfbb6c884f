/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/top_rows.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/model/histogram.h"
#include "user/worker/inspect_answer.h"

enum { KEY_BYTES = 64, INDEX_MAX = 1 << 20 };

static const struct histogram_bounds no_bounds;

/* One service and kind while its instances are added up. */
struct sum {
	struct top_line line;
	struct histogram histogram;
	char *key; /* owned; what the table borrows */
};

static long long number_of(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static uint64_t growth(const json_t *before, const json_t *after, const char *key)
{
	long long was = number_of(before, key), is = number_of(after, key);

	return is > was ? (uint64_t)(is - was) : 0;
}

static void key_of(const json_t *row, char ret[KEY_BYTES])
{
	const char *kind = json_string_value(json_object_get(row, "kind"));

	snprintf(ret, KEY_BYTES, "%lld %.32s", number_of(row, "id"), kind ? kind : "");
}

static json_t *before_of(json_t *index, const json_t *row)
{
	char key[KEY_BYTES];

	key_of(row, key);
	return json_object_get(index, key);
}

/* Is it a histogram as histogram.h has them? */
static bool is_sound(const json_t *row)
{
	long long scale = number_of(row, "scale"), first = number_of(row, "first");

	return scale <= HISTOGRAM_SCALE && scale > -16 && first > -INDEX_MAX && first < INDEX_MAX &&
	       json_array_size(json_object_get(row, "buckets")) <= HISTOGRAM_BUCKETS;
}

/* The buckets of `after` less those of `before`, whose scale may be finer. */
static void subtract(const json_t *before, struct histogram *h)
{
	const json_t *buckets = json_object_get(before, "buckets");
	int first = (int)number_of(before, "first"),
	    shift = (int)number_of(before, "scale") - h->scale;

	for (size_t i = 0; shift >= 0 && i < json_array_size(buckets); i++) {
		int at = ((first + (int)i) >> shift) - h->first;
		uint64_t was = (uint64_t)json_integer_value(json_array_get(buckets, i));

		if (at >= 0 && (size_t)at < h->used)
			h->buckets[at] -= was < h->buckets[at] ? was : h->buckets[at];
	}
}

/* What `after` counted since `before`, which may be NULL. */
static void difference(const json_t *before, const json_t *after, struct histogram *ret)
{
	const json_t *buckets = json_object_get(after, "buckets");

	histogram_init(ret, &no_bounds);
	ret->scale = (int)number_of(after, "scale");
	ret->first = (int)number_of(after, "first");
	ret->used = json_array_size(buckets);
	ret->buckets = xcalloc(ret->used + 1, sizeof(*ret->buckets));
	for (size_t i = 0; i < ret->used; i++)
		ret->buckets[i] = (uint64_t)json_integer_value(json_array_get(buckets, i));
	ret->zero_count = growth(before, after, "zero");
	ret->min = 0;
	ret->max = INFINITY;
	if (before)
		subtract(before, ret);
	ret->count = ret->zero_count;
	for (size_t i = 0; i < ret->used; i++)
		ret->count += ret->buckets[i];
}

static char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return xstrdup(text ? text : "");
}

static struct sum *sum_of(struct table *sums, const json_t *row)
{
	struct sum *sum = xcalloc(1, sizeof(*sum)), *there;

	sum->line.service = text_of(row, "service");
	sum->line.namespace = text_of(row, "namespace");
	sum->line.kind = text_of(row, "kind");
	sum->key = xasprintf("%s\n%s\n%s", sum->line.namespace, sum->line.service, sum->line.kind);
	there = table_find(sums, str_of(sum->key));
	if (!there && !table_put(sums, str_of(sum->key), sum)) {
		histogram_init(&sum->histogram, &no_bounds);
		return sum;
	}
	free(sum->line.service);
	free(sum->line.namespace);
	free(sum->line.kind);
	free(sum->key);
	free(sum);
	return there;
}

static void add_row(struct table *sums, const json_t *before, const json_t *after)
{
	struct sum *sum = sum_of(sums, after);
	struct histogram h;

	if (!sum || !is_sound(after))
		return;
	difference(before && is_sound(before) ? before : NULL, after, &h);
	histogram_merge(&sum->histogram, &h);
	histogram_free(&h);
	sum->line.requests += growth(before, after, "requests");
	sum->line.errors += growth(before, after, "errors");
	sum->line.open += (uint64_t)number_of(after, "open");
}

/* By id and kind. */
static json_t *index_rows(const json_t *rows)
{
	json_t *index = json_object();
	char key[KEY_BYTES];

	for (size_t i = 0; i < json_array_size(rows); i++) {
		key_of(json_array_get(rows, i), key);
		json_object_set(index, key, json_array_get(rows, i));
	}
	return index;
}

static int by_rate(const void *a, const void *b)
{
	const struct top_line *x = a, *y = b;

	if (x->requests != y->requests)
		return x->requests < y->requests ? 1 : -1;
	return strcmp(x->service, y->service) ? strcmp(x->service, y->service)
					      : strcmp(x->kind, y->kind);
}

static char *service_key(const char *namespace, const char *service)
{
	return xasprintf("%s\n%s", namespace ? namespace : "", service ? service : "");
}

/* The longest of an instance since the answer before, as near as buckets tell. */
static double pause_since(const json_t *before, const json_t *after)
{
	struct histogram h;
	double pause_s;

	difference(before && is_sound(before) ? before : NULL, after, &h);
	pause_s = histogram_quantile(&h, 1);
	histogram_free(&h);
	return pause_s;
}

/* Of all instances of a service, by its key. An agent of an older release tells of none. */
static json_t *longest_pauses(const json_t *before, const json_t *after)
{
	const json_t *rows = json_object_get(after, "pauses");
	json_t *index = index_rows(json_object_get(before, "pauses")), *longest = json_object();

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		_cleanup_(freep) char *key =
			service_key(json_string_value(json_object_get(row, "namespace")),
				    json_string_value(json_object_get(row, "service")));
		double pause_s = is_sound(row) ? pause_since(before_of(index, row), row) : 0;

		if (pause_s > json_real_value(json_object_get(longest, key)))
			json_object_set_new(longest, key, json_real(pause_s));
	}
	json_decref(index);
	return longest;
}

static double pause_of(json_t *longest, const struct top_line *line)
{
	_cleanup_(freep) char *key = service_key(line->namespace, line->service);

	return json_real_value(json_object_get(longest, key));
}

/* The lines take over the texts. */
static void take_lines(struct table *sums, json_t *longest, struct top_table *ret)
{
	struct sum *sum;
	size_t at = 0;

	ret->lines = xcalloc(sums->count + 1, sizeof(*ret->lines));
	while ((sum = table_next(sums, &at))) {
		sum->line.rate = (double)sum->line.requests / ret->interval_s;
		sum->line.errors_rate = (double)sum->line.errors / ret->interval_s;
		sum->line.p50_s = histogram_quantile(&sum->histogram, 0.5);
		sum->line.p99_s = histogram_quantile(&sum->histogram, 0.99);
		sum->line.pause_s = pause_of(longest, &sum->line);
		ret->lines[ret->count++] = sum->line;
		histogram_free(&sum->histogram);
		free(sum->key);
		free(sum);
	}
	qsort(ret->lines, ret->count, sizeof(*ret->lines), by_rate);
}

int top_compare(const json_t *before, const json_t *after, struct top_table *ret)
{
	const json_t *rows = json_object_get(after, "rows");
	struct top_table table = {
		.interval_s =
			(double)(number_of(after, "at_ns") - number_of(before, "at_ns")) / 1e9,
		.left_out = (uint64_t)number_of(after, "left_out"),
	};
	struct table sums;
	json_t *index, *longest;

	if (!json_is_array(rows) || !json_is_array(json_object_get(before, "rows")) ||
	    table.interval_s <= 0)
		return -EINVAL;
	index = index_rows(json_object_get(before, "rows"));
	table_init(&sums, TOP_ROWS);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		add_row(&sums, before_of(index, row), row);
	}
	longest = longest_pauses(before, after);
	take_lines(&sums, longest, &table);
	json_decref(longest);
	table_free(&sums);
	json_decref(index);
	*ret = table;
	return 0;
}

void top_table_free(struct top_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->lines[i].service);
		free(table->lines[i].namespace);
		free(table->lines[i].kind);
	}
	free(table->lines);
	*table = (struct top_table){};
}
