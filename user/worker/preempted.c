/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/preempted.h"

#include "user/base/mem.h"
#include "user/base/table.h"

enum { NAMED_SHARE = 100 };

/* A pair of the map, as it was at the last look. */
struct pair {
	struct preempted_key key;
	struct preempted_row *row;
	uint64_t ns, grown;
};

struct preempted {
	struct preempted_options options;
	struct table pairs;
};

const struct metric preempted_metric = {
	.name = "sonde.preempted",
	.unit = "s",
	.help = "How long tasks that could run waited, by the program that ran instead.",
	.kind = METRIC_COUNTER,
};

static struct str key_of(const struct preempted_key *key)
{
	return (struct str){ (const char *)key, sizeof(*key) };
}

static struct pair *pair_of(struct preempted *p, const struct preempted_key *key)
{
	struct pair *pair = table_find(&p->pairs, key_of(key));

	if (pair)
		return pair;
	pair = xcalloc(1, sizeof(*pair));
	pair->key = *key;
	table_put(&p->pairs, key_of(&pair->key), pair);
	return pair;
}

static void pair_drop(struct preempted *p, const struct preempted_key *key)
{
	struct pair *pair = table_remove(&p->pairs, key_of(key));

	p->options.drop(p->options.context, key);
	free(pair);
}

static bool is_named(const struct preempted_row *row, const struct preempted_by *by, size_t *ret)
{
	for (*ret = 0; *ret < row->count; ++*ret)
		if (!memcmp(&row->named[*ret].by, by, sizeof(*by)))
			return true;
	return false;
}

/* How much all pairs of a row grew. */
static uint64_t grown_of(const struct preempted *p, const struct preempted_row *row)
{
	const struct pair *pair;
	uint64_t sum = 0;
	size_t at = 0;

	while ((pair = table_next(&p->pairs, &at)))
		if (pair->row == row)
			sum += pair->grown;
	return sum;
}

static void pair_count(const struct preempted *p, struct pair *pair)
{
	struct preempted_row *row = pair->row;
	size_t i;

	if (is_named(row, &pair->key.by, &i)) {
		row->named[i].ns += pair->grown;
	} else if (row->count < PREEMPTED_NAMES && pair->grown >= grown_of(p, row) / NAMED_SHARE) {
		row->named[row->count].by = pair->key.by;
		row->named[row->count++].ns = pair->grown;
	}
}

void preempted_look(struct preempted *p)
{
	struct preempted_key *keys = xcalloc(PREEMPTED_PAIRS + 1, sizeof(*keys));
	struct pair *pair;
	size_t count = 0, at = 0;

	while (count <= PREEMPTED_PAIRS &&
	       p->options.next(p->options.context, count ? &keys[count - 1] : NULL, &keys[count]))
		count++;
	for (size_t i = 0; i < count; i++) {
		struct preempted_row *row = p->options.row(p->options.owner, &keys[i].process);
		uint64_t ns;

		if (!row || !p->options.read(p->options.context, &keys[i], &ns)) {
			pair_drop(p, &keys[i]);
			continue;
		}
		pair = pair_of(p, &keys[i]);
		pair->row = row;
		pair->grown = ns > pair->ns ? ns - pair->ns : 0;
		pair->ns = ns;
	}
	free(keys);
	while ((pair = table_next(&p->pairs, &at)))
		if (pair->grown)
			pair_count(p, pair);
	at = 0;
	while ((pair = table_next(&p->pairs, &at)))
		pair->grown = 0;
}

static void give(struct str by, uint64_t ns, const struct resource *resource,
		 uint64_t since_unix_ns, struct metric_sink *sink)
{
	const struct attribute attribute = attribute_text(STR("by"), by);

	sink->sample(sink, &(struct sample){ .resource = resource,
					     .attributes = &attribute,
					     .attribute_count = 1,
					     .start_unix_ns = since_unix_ns,
					     .value = (double)ns / 1e9 });
}

void preempted_give(struct preempted_row *row, const struct resource *resource, uint64_t total_ns,
		    uint64_t since_unix_ns, struct metric_sink *sink)
{
	for (size_t i = 0; i < row->count; i++) {
		const char *comm = row->named[i].by.comm;
		uint64_t ns = row->named[i].ns;

		give((struct str){ comm, strnlen(comm, COMM_BYTES) }, ns, resource, since_unix_ns,
		     sink);
		total_ns -= ns < total_ns ? ns : total_ns;
	}
	if (total_ns > row->rest_ns)
		row->rest_ns = total_ns;
	give(STR("other"), row->rest_ns, resource, since_unix_ns, sink);
}

struct preempted *preempted_new(const struct preempted_options *options)
{
	struct preempted *p = xcalloc(1, sizeof(*p));

	p->options = *options;
	table_init(&p->pairs, SIZE_MAX); /* the map has a limit */
	return p;
}

static bool drop_pair(void *value, void *context)
{
	(void)context;
	free(value);
	return true;
}

void preempted_free(struct preempted *p)
{
	if (!p)
		return;
	table_sweep(&p->pairs, drop_pair, NULL);
	table_free(&p->pairs);
	free(p);
}
