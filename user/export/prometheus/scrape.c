/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/scrape.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "user/base/loop.h"
#include "user/base/mem.h"
#include "user/model/resource.h"

enum { FIRST_ROOM = 256 };

static const struct metric target_info = {
	.name = "target.info",
	.unit = "",
	.help = "What is known about the instance of a service.",
	.kind = METRIC_GAUGE,
};

static const char *const drop_names[] = {
	[DROP_DUPLICATE] = "duplicate", [DROP_CONFLICT] = "conflict", [DROP_LABELS] = "labels",
	[DROP_FAMILIES] = "families",	[DROP_SIZE] = "size",
};

static_assert(ARRAY_SIZE(drop_names) == DROPS, "a name for each reason");

const char *drop_name(enum drop drop)
{
	return drop_names[drop];
}

/* Put a number into its place; `at` has room. False if it is there already. */
static bool place(uint64_t *at, size_t room, uint64_t number)
{
	size_t i = number & (room - 1);

	for (; at[i]; i = (i + 1) & (room - 1))
		if (at[i] == number)
			return false;
	at[i] = number;
	return true;
}

/* Open addressing, at most half full; 0 stands for an empty place. */
static bool set_add(struct number_set *set, uint64_t number)
{
	number += !number;
	if (set->used * 2 >= set->room) {
		size_t room = set->room ? set->room * 2 : FIRST_ROOM;
		uint64_t *at = xcalloc(room, sizeof(*at));

		for (size_t i = 0; i < set->room; i++)
			if (set->at[i])
				place(at, room, set->at[i]);
		free(set->at);
		set->at = at;
		set->room = room;
	}
	if (!place(set->at, set->room, number))
		return false;
	set->used++;
	return true;
}

static struct family *family_find(struct scrape *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->families[i]->name.name, name))
			return s->families[i];
	return NULL;
}

static struct family *family_add(struct scrape *s, const struct metric *metric,
				 const struct metric_name *name)
{
	struct family *f = xcalloc(1, sizeof(*f));

	f->name = *name;
	f->kind = metric->kind;
	f->help = xstrdup(metric->help ? metric->help : "");
	f->body = buf_new(0);
	s->families[s->count++] = f;
	return f;
}

static void take_metric(struct metric_sink *sink, const struct metric *metric)
{
	struct scrape *s = container_of(sink, struct scrape, sink);
	struct metric_name name;

	metric_name_of(metric, &name);
	s->current = family_find(s, name.name);
	if (s->current && (s->current->kind != metric->kind || s->current->is_info)) {
		s->current = NULL;
		s->refused = DROP_CONFLICT;
	} else if (!s->current && s->count == SCRAPE_FAMILIES) {
		s->refused = DROP_FAMILIES;
	} else if (!s->current) {
		s->current = family_add(s, metric, &name);
	}
}

static void drop(struct scrape *s, enum drop why)
{
	s->dropped[why]++;
}

/* Keep one sample whose labels are made. */
static void write_sample(struct scrape *s, struct family *f, const struct sample *sample)
{
	size_t before = f->body.len;

	f->body.limit = before + s->left;
	s->format->sample(f, &s->labels, sample, &f->body);
	if (f->body.full) {
		f->body.len = before;
		f->body.full = false;
		drop(s, DROP_SIZE);
		return;
	}
	s->left -= f->body.len - before;
	f->samples++;
}

static void take_target(struct scrape *s, const struct resource *resource)
{
	struct sample one = { .value = 1 };
	size_t all;

	if (!set_add(&s->resources, resource->id + UINT64_C(1)))
		return;
	if (labels_of_target(&s->labels, resource)) {
		drop(s, DROP_LABELS);
		return;
	}
	/* One for each job and instance, whatever else two resources differ in. */
	all = s->labels.count;
	s->labels.count = (resource->service_name.len > 0) + (resource->service_instance.len > 0);
	if (!set_add(&s->series, labels_hash(&s->labels, s->seed)))
		return;
	s->labels.count = all;
	write_sample(s, s->targets, &one);
}

static void take_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct scrape *s = container_of(sink, struct scrape, sink);
	uint64_t family;

	if (!s->current) {
		drop(s, s->refused);
		return;
	}
	if (sample->resource)
		take_target(s, sample->resource);
	if (labels_of_sample(&s->labels, sample)) {
		drop(s, DROP_LABELS);
		return;
	}
	family = (uint64_t)(uintptr_t)s->current;
	if (!set_add(&s->series, labels_hash(&s->labels, s->seed + family)))
		drop(s, DROP_DUPLICATE);
	else
		write_sample(s, s->current, sample);
}

void scrape_begin(struct scrape *s, const struct format *format, size_t limit)
{
	struct metric_name name;

	*s = (struct scrape){
		.sink = { .metric = take_metric, .sample = take_sample },
		.format = format,
		.left = limit,
		.refused = DROP_CONFLICT,
	};
	/* Only to make collisions unpredictable: a seed of zeros would still work. */
	if (getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK) < 0)
		s->seed = 0;
	s->families = xcalloc(SCRAPE_FAMILIES, sizeof(struct family *));
	labels_init(&s->labels);
	metric_name_of(&target_info, &name);
	s->targets = family_add(s, &target_info, &name);
	s->targets->is_info = true;
}

static int by_name(const void *a, const void *b)
{
	const struct family *const *left = a, *const *right = b;

	return strcmp((*left)->name.name, (*right)->name.name);
}

void scrape_end(struct scrape *s, struct answer *ret)
{
	qsort(s->families, s->count, sizeof(s->families[0]), by_name);
	*ret = (struct answer){ .format = s->format,
				.families = TAKE_PTR(s->families),
				.count = s->count };
	s->count = 0;
	for (size_t i = 0; i < ret->count; i++)
		ret->bytes += ret->families[i]->body.len;
}

static void families_free(struct family **families, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(families[i]->help);
		buf_free(&families[i]->body);
		free(families[i]);
	}
	free(families);
}

void scrape_free(struct scrape *s)
{
	families_free(s->families, s->count);
	free(s->series.at);
	free(s->resources.at);
	labels_free(&s->labels);
}

void answer_free(struct answer *answer)
{
	families_free(answer->families, answer->count);
	*answer = (struct answer){};
}
