/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/preempted.h"

#include <assert.h>

#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/base/utf8.h"

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

/* A name of a row among those that grew and have none yet. */
struct nameless {
	struct {
		struct preempted_row *row;
		char name[PREEMPTED_NAME_BYTES];
	} key;
	uint64_t grown;
};

static void name_of(const struct preempted_by *by, char ret[static PREEMPTED_NAME_BYTES])
{
	static_assert(COMM_BYTES * UTF8_GROWTH <= PREEMPTED_NAME_BYTES, "its end may be missing");
	memset(ret, 0, PREEMPTED_NAME_BYTES);
	utf8_put(ret, (struct str){ by->comm, strnlen(by->comm, COMM_BYTES) });
}

static uint64_t *named(struct preempted_row *row, const char *name)
{
	for (size_t i = 0; i < row->count; i++)
		if (!memcmp(row->named[i].name, name, PREEMPTED_NAME_BYTES))
			return &row->named[i].ns;
	return NULL;
}

/* To its name, or to those that may get one. */
static void pair_count(struct table *nameless, const struct pair *pair)
{
	struct nameless *n = xcalloc(1, sizeof(*n)), *known;
	const struct str key = { (const char *)&n->key, sizeof(n->key) };
	uint64_t *ns;

	n->key.row = pair->row;
	name_of(&pair->key.by, n->key.name);
	pair->row->grown += pair->grown;
	ns = named(pair->row, n->key.name);
	known = ns ? NULL : table_find(nameless, key);
	if (known)
		ns = &known->grown;
	if (ns) {
		*ns += pair->grown;
		free(n);
		return;
	}
	n->grown = pair->grown;
	table_put(nameless, key, n);
}

static bool name(void *value, void *context)
{
	struct nameless *n = value;
	struct preempted_row *row = n->key.row;

	(void)context;
	if (row->count < PREEMPTED_NAMES && n->grown >= row->grown / NAMED_SHARE &&
	    strcmp(n->key.name, PREEMPTED_REST)) {
		memcpy(row->named[row->count].name, n->key.name, PREEMPTED_NAME_BYTES);
		row->named[row->count++].ns = n->grown;
	}
	free(n);
	return true;
}

/* By how much each pair grew, once all are known. */
static void count_all(struct preempted *p)
{
	struct table nameless;
	struct pair *pair;
	size_t at = 0;

	table_init(&nameless, SIZE_MAX);
	while ((pair = table_next(&p->pairs, &at)))
		if (pair->grown)
			pair->row->grown = 0;
	at = 0;
	while ((pair = table_next(&p->pairs, &at))) {
		if (pair->grown)
			pair_count(&nameless, pair);
		pair->grown = 0;
	}
	table_sweep(&nameless, name, NULL);
	table_free(&nameless);
}

/* One of the map. False: it is to be dropped. */
static bool pair_look(struct preempted *p, const struct preempted_key *key)
{
	struct preempted_row *row = NULL;
	struct pair *pair;
	uint64_t ns;

	if (!p->options.row(p->options.owner, &key->process, &row))
		return false;
	if (!row)
		return true;
	if (!p->options.read(p->options.context, key, &ns))
		return false;
	pair = pair_of(p, key);
	pair->row = row;
	pair->grown = ns > pair->ns ? ns - pair->ns : 0;
	pair->ns = ns;
	return true;
}

/* Those in the map, which may change under a walk; to be freed. */
static struct preempted_key *keys_of(const struct preempted *p, size_t *count)
{
	struct preempted_key *keys = xcalloc(PREEMPTED_PAIRS + 1, sizeof(*keys));
	size_t n = 0;

	while (n <= PREEMPTED_PAIRS &&
	       p->options.next(p->options.context, n ? &keys[n - 1] : NULL, &keys[n]))
		n++;
	*count = n;
	return keys;
}

/* What is in the map by now is no growth. */
static void succeed(struct preempted *p)
{
	size_t count;
	struct preempted_key *keys = keys_of(p, &count);
	uint64_t ns;

	for (size_t i = 0; i < count; i++)
		if (p->options.read(p->options.context, &keys[i], &ns))
			pair_of(p, &keys[i])->ns = ns;
	free(keys);
}

void preempted_look(struct preempted *p)
{
	size_t count;
	struct preempted_key *keys = keys_of(p, &count);

	for (size_t i = 0; i < count; i++)
		if (!pair_look(p, &keys[i]))
			pair_drop(p, &keys[i]);
	free(keys);
	count_all(p);
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
		uint64_t ns = row->named[i].ns;

		give(str_of(row->named[i].name), ns, resource, since_unix_ns, sink);
		total_ns -= ns < total_ns ? ns : total_ns;
	}
	if (total_ns > row->rest_ns)
		row->rest_ns = total_ns;
	give(STR(PREEMPTED_REST), row->rest_ns, resource, since_unix_ns, sink);
}

struct preempted *preempted_new(const struct preempted_options *options)
{
	struct preempted *p = xcalloc(1, sizeof(*p));

	p->options = *options;
	table_init(&p->pairs, SIZE_MAX); /* the map has a limit */
	if (options->succeeds)
		succeed(p);
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
