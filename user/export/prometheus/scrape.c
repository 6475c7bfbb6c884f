/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/scrape.h"

#include <assert.h>
#include <errno.h>
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
	[DROP_DUPLICATE] = "duplicate",
	[DROP_CONFLICT] = "conflict",
	[DROP_LABELS] = "labels",
	[DROP_FAMILIES] = "families",
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

/* Write one sample whose labels are made. What passes the limit is the end of the scrape. */
static void write_sample(struct scrape *s, struct family *f, const struct sample *sample)
{
	size_t before = f->body.len;

	buf_clear(&s->scratch);
	f->body.limit = before + s->left;
	s->format->sample(f, &s->labels, sample, &s->scratch, &f->body);
	if (f->body.full || s->scratch.full) {
		s->too_large = true;
		return;
	}
	s->left -= f->body.len - before;
	f->samples++;
}

static void drop(struct scrape *s, enum drop why)
{
	s->dropped[why]++;
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

	if (s->too_large)
		return;
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
	else if (!s->too_large)
		write_sample(s, s->current, sample);
}

void scrape_begin(struct scrape *s, const struct format *format, size_t limit)
{
	struct metric_name name;

	*s = (struct scrape){
		.sink = { .metric = take_metric, .sample = take_sample },
		.format = format,
		.left = limit,
		.scratch = buf_new(2 * LABELS_BYTES),
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

static void body_add(struct body *body, struct buf piece)
{
	body->bytes += piece.len;
	body->pieces[body->count++] = piece;
}

int scrape_end(struct scrape *s, struct body *ret)
{
	struct buf tail = buf_new(s->format->tail.len);
	struct body body = {};

	if (s->too_large)
		return -ENOSPC;
	qsort(s->families, s->count, sizeof(s->families[0]), by_name);
	body.pieces = xcalloc(2 * s->count + 1, sizeof(struct buf));
	for (size_t i = 0; i < s->count; i++) {
		struct family *f = s->families[i];
		struct buf head = buf_new(sizeof(f->name) * 8 + strlen(f->help) * 4);

		if (!f->samples)
			continue;
		s->format->head(f, &head);
		body_add(&body, head);
		body_add(&body, f->body);
		f->body = buf_new(0);
	}
	buf_add(&tail, s->format->tail);
	body_add(&body, tail);
	*ret = body;
	return 0;
}

void scrape_free(struct scrape *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->families[i]->help);
		buf_free(&s->families[i]->body);
		free(s->families[i]);
	}
	free(s->families);
	free(s->series.at);
	free(s->resources.at);
	labels_free(&s->labels);
	buf_free(&s->scratch);
}

void body_free(struct body *body)
{
	for (size_t i = 0; i < body->count; i++)
		buf_free(&body->pieces[i]);
	free(body->pieces);
	*body = (struct body){};
}
