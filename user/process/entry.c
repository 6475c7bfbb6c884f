/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/entry.h"

#include "user/base/mem.h"
#include "user/config/config.h"

enum { FIRST_BUCKETS = 256 };

static struct entry **bucket_of(const struct processes *p, struct process_id id)
{
	uint64_t mixed = (id.started_ns ^ id.tgid) * UINT64_C(0x9e3779b97f4a7c15);

	return &p->buckets[(mixed >> 32) & (p->bucket_count - 1)];
}

bool same_id(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.started_ns == b.started_ns;
}

struct entry *entry_find(const struct processes *p, struct process_id id)
{
	for (struct entry *e = *bucket_of(p, id); e; e = e->next)
		if (same_id(e->process.id, id))
			return e;
	return NULL;
}

void instances_forget(struct processes *p)
{
	struct instance **at = &p->instances, *i;

	while ((i = *at)) {
		if (i->members || i->resource->references > 1) {
			at = &i->next;
			continue;
		}
		*at = i->next;
		resource_unref(i->resource);
		free(i);
	}
}

void instance_leave(struct processes *p, struct entry *e, uint64_t now_ns)
{
	struct instance *i = e->instance;

	if (!i)
		return;
	e->instance = NULL;
	e->process.resource = NULL;
	if (!e->process.ended && --i->living == 0)
		i->resource->ended_ns = now_ns;
	if (--i->members == 0 && i->resource->references == 1)
		instances_forget(p);
}

void instance_join(struct entry *e, struct instance *i)
{
	i->members++;
	e->instance = i;
	e->process.resource = i->resource;
	if (e->process.ended)
		return;
	i->living++;
	i->resource->ended_ns = 0;
}

void entry_end(struct processes *p, struct entry *e, uint64_t now_ns)
{
	if (e->process.ended)
		return;
	e->process.ended = true;
	p->ended++;
	e->process.ended_ns = now_ns;
	if (e->instance && --e->instance->living == 0)
		e->instance->resource->ended_ns = now_ns;
}

void entry_forget_texts(struct entry *e)
{
	free((char *)e->process.exe);
	free((char *)e->process.name);
	free((char *)e->process.rule);
	free((char *)e->process.watched_by);
	free(e->namespace);
	free(e->cgroup);
	free(e->ports);
}

static void entry_free(struct processes *p, struct entry *e)
{
	instance_leave(p, e, e->process.ended_ns);
	entry_forget_texts(e);
	free(e->process.runtimes);
	p->ended -= e->process.ended;
	free(e);
	p->count--;
}

void entries_forget(struct processes *p, uint64_t before_ns)
{
	for (size_t i = 0; i < p->bucket_count; i++)
		for (struct entry **at = &p->buckets[i], *e; (e = *at);) {
			if (!e->process.ended || e->process.ended_ns > before_ns) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			entry_free(p, e);
		}
}

static void grow(struct processes *p)
{
	struct entry **old = p->buckets;
	size_t old_count = p->bucket_count;

	p->bucket_count *= 2;
	p->buckets = xcalloc(p->bucket_count, sizeof(*p->buckets));
	for (size_t i = 0; i < old_count; i++)
		while (old[i]) {
			struct entry *e = old[i], **to = bucket_of(p, e->process.id);

			old[i] = e->next;
			e->next = *to;
			*to = e;
		}
	free(old);
}

struct entry *entry_get(struct processes *p, struct process_id id)
{
	struct entry *e = entry_find(p, id), **to;

	if (e)
		return e;
	if (p->count >= p->config->limit.processes)
		entries_forget(p, UINT64_MAX);
	if (p->count >= p->config->limit.processes) {
		p->refused++;
		return NULL;
	}
	if (p->count >= p->bucket_count)
		grow(p);
	e = xcalloc(1, sizeof(*e));
	e->process.id = (struct process_id){ .tgid = id.tgid, .started_ns = id.started_ns };
	to = bucket_of(p, id);
	e->next = *to;
	*to = e;
	p->count++;
	return e;
}

void entry_revive(struct processes *p, struct entry *e, uint64_t now_ns)
{
	instance_leave(p, e, now_ns);
	p->ended--;
	e->process.ended = false;
	e->process.ended_ns = 0;
}

void entry_resume(struct processes *p, struct entry *e)
{
	p->ended--;
	e->process.ended = false;
	e->process.ended_ns = 0;
	if (!e->instance)
		return;
	e->instance->living++;
	e->instance->resource->ended_ns = 0;
}

struct instance *instance_add(struct processes *p, struct resource *resource)
{
	struct instance *i = xcalloc(1, sizeof(*i));

	i->resource = resource;
	i->next = p->instances;
	p->instances = i;
	return i;
}

void instance_renew(struct processes *p, struct instance *i, struct resource *resource)
{
	i->resource->replaced = true;
	resource_unref(i->resource);
	i->resource = resource;
	for (size_t bucket = 0; bucket < p->bucket_count; bucket++)
		for (struct entry *e = p->buckets[bucket]; e; e = e->next)
			if (e->instance == i)
				e->process.resource = resource;
}

void entries_init(struct processes *p)
{
	p->bucket_count = FIRST_BUCKETS;
	p->buckets = xcalloc(p->bucket_count, sizeof(*p->buckets));
}

void entries_free(struct processes *p)
{
	for (size_t i = 0; i < p->bucket_count; i++)
		for (struct entry *e = p->buckets[i], *next; e; e = next) {
			next = e->next;
			entry_free(p, e);
		}
	free(p->buckets);
	while (p->instances) {
		struct instance *i = p->instances;

		p->instances = i->next;
		resource_unref(i->resource);
		free(i);
	}
}
