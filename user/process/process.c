/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - the processes that are known, and the instances they belong to.
 *
 *	record --> entry (tgid, started) --> instance --> resource
 *	           nginx master  1000   -----^ ^
 *	           nginx worker  1001   -------/
 *
 * An entry leaves the table a minute after its process ended; an instance goes
 * with its last entry. A pid alone finds nothing.
 */
#include "user/process/process.h"

#include <errno.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/process/fact.h"
#include "user/process/instance.h"
#include "user/process/service_rule.h"

enum { FIRST_BUCKETS = 256, MAX_ANCESTORS = 64 };

#define KEEP_ENDED_NS (60 * NS_PER_S)

struct instance {
	struct resource *resource;
	size_t members, living;
	struct instance *next;
};

struct entry {
	struct process process; /* first: lookups give out its address */
	struct instance *instance;
	char *namespace, *cgroup, *ports;
	bool founder; /* its instance was made for it */
	struct entry *next;
};

struct processes {
	const struct config *config;
	struct entry **buckets;
	size_t bucket_count, count; /* the first is a power of two */
	struct instance *instances;
	uint64_t refused, attributes_dropped;
};

static struct entry **bucket_of(const struct processes *p, struct process_id id)
{
	uint64_t mixed = (id.started_ns ^ id.tgid) * UINT64_C(0x9e3779b97f4a7c15);

	return &p->buckets[(mixed >> 32) & (p->bucket_count - 1)];
}

static bool same_id(struct process_id a, struct process_id b)
{
	return a.tgid == b.tgid && a.started_ns == b.started_ns;
}

static struct entry *entry_find(const struct processes *p, struct process_id id)
{
	for (struct entry *e = *bucket_of(p, id); e; e = e->next)
		if (same_id(e->process.id, id))
			return e;
	return NULL;
}

static void instance_leave(struct processes *p, struct entry *e, uint64_t now_ns)
{
	struct instance *i = e->instance;

	if (!i)
		return;
	e->instance = NULL;
	e->process.resource = NULL;
	if (!e->process.ended && --i->living == 0)
		i->resource->ended_ns = now_ns;
	if (--i->members)
		return;
	for (struct instance **at = &p->instances; *at; at = &(*at)->next)
		if (*at == i) {
			*at = i->next;
			break;
		}
	resource_unref(i->resource);
	free(i);
}

static void instance_join(struct entry *e, struct instance *i)
{
	i->members++;
	e->instance = i;
	e->process.resource = i->resource;
	if (e->process.ended)
		return;
	i->living++;
	i->resource->ended_ns = 0;
}

static void entry_end(struct entry *e, uint64_t now_ns)
{
	if (e->process.ended)
		return;
	e->process.ended = true;
	e->process.ended_ns = now_ns;
	if (e->instance && --e->instance->living == 0)
		e->instance->resource->ended_ns = now_ns;
}

static void entry_forget_texts(struct entry *e)
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
	free(e);
	p->count--;
}

/* Forget what ended at `before_ns` or earlier. */
static void forget_ended(struct processes *p, uint64_t before_ns)
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

/* The entry of `id`, made when there is none. NULL when there are too many that live. */
static struct entry *entry_get(struct processes *p, struct process_id id)
{
	struct entry *e = entry_find(p, id), **to;

	if (e)
		return e;
	if (p->count >= p->config->limit.processes)
		forget_ended(p, UINT64_MAX);
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

static char *copy(struct str s)
{
	return xstrndup(s.at ? s.at : "", s.len);
}

static bool same_service(const struct entry *e, const struct facts *f)
{
	return e->instance && str_eq(str_of(e->process.exe), f->at[FACT_EXE]) &&
	       str_eq(str_of(e->process.name), f->at[FACT_NAME]) &&
	       str_eq(str_of(e->namespace), f->at[FACT_NAMESPACE]);
}

/* The topmost known ancestor with the same executable and service, or NULL. */
static struct entry *topmost(const struct processes *p, struct process_id id,
			     struct process_id parent, const struct facts *f)
{
	struct entry *top = NULL;

	for (int i = 0; i < MAX_ANCESTORS && !same_id(id, parent); i++) {
		struct entry *e = entry_find(p, parent);

		if (!e)
			break;
		if (same_service(e, f))
			top = e;
		parent = e->process.parent;
	}
	return top;
}

/* Does a living instance have this name, namespace and id already? */
static bool instance_taken(const struct processes *p, const struct facts *f)
{
	for (const struct instance *i = p->instances; i; i = i->next)
		if (i->living && str_eq(i->resource->service_instance, f->at[FACT_INSTANCE]) &&
		    str_eq(i->resource->service_name, f->at[FACT_NAME]) &&
		    str_eq(i->resource->service_namespace, f->at[FACT_NAMESPACE]))
			return true;
	return false;
}

/* Processes that were given one id (pm2, a container's environment) are told apart by pid. */
static struct instance *instance_new(struct processes *p, struct process_id id,
				     const struct facts *facts)
{
	struct instance *i = xcalloc(1, sizeof(*i));
	_cleanup_(freep) char *distinct = NULL;
	struct facts f = *facts;

	if (f.at[FACT_INSTANCE].len && instance_taken(p, &f)) {
		distinct = xasprintf("%.*s-%u", STR_ARGS(f.at[FACT_INSTANCE]), id.tgid);
		f.at[FACT_INSTANCE] = str_of(distinct);
	}
	i->resource = instance_resource(id, &f, &p->attributes_dropped);
	i->next = p->instances;
	p->instances = i;
	return i;
}

/* The user's rule for it; its names beat those that were found. */
static void apply_service_rule(const struct processes *p, struct facts *f,
			       const struct service_rule **ret)
{
	const struct service_rule *rule = service_rule_find(
		p->config, f->at[FACT_EXE], f->at[FACT_CGROUP], f->at[FACT_PORTS]);

	*ret = rule;
	if (rule && rule->name) {
		f->at[FACT_NAME] = str_of(rule->name);
		f->at[FACT_NAME_RULE] = STR("services");
	}
	if (rule && rule->namespace)
		f->at[FACT_NAMESPACE] = str_of(rule->namespace);
}

static void entry_set_texts(struct entry *e, const struct facts *f)
{
	entry_forget_texts(e);
	e->process.exe = copy(f->at[FACT_EXE]);
	e->process.name = copy(f->at[FACT_NAME]);
	e->process.rule = copy(f->at[FACT_NAME_RULE]);
	e->process.watched_by = copy(f->at[FACT_WATCHED_BY]);
	e->namespace = copy(f->at[FACT_NAMESPACE]);
	e->cgroup = copy(f->at[FACT_CGROUP]);
	e->ports = copy(f->at[FACT_PORTS]);
}

/* All facts are there: decide who it is, again if need be. */
static void learn_all(struct processes *p, struct entry *e, struct facts *f, uint64_t now_ns)
{
	struct entry *top;
	bool stays;

	apply_service_rule(p, f, &e->process.service);
	top = topmost(p, e->process.id, e->process.parent, f);
	stays = top ? top->instance == e->instance : e->founder && same_service(e, f);
	entry_set_texts(e, f);
	if (stays)
		return;
	instance_leave(p, e, now_ns);
	instance_join(e, top ? top->instance : instance_new(p, e->process.id, f));
	e->founder = !top;
}

/* Until its own facts come a child is what its parent is: the same memory, the same program. */
static void learn_fork(struct processes *p, struct entry *e, struct str watched_by)
{
	const struct entry *parent = entry_find(p, e->process.parent);

	if (e->instance || !parent || parent->process.ended || !parent->instance)
		return;
	entry_forget_texts(e);
	e->process.exe = xstrdup(parent->process.exe);
	e->process.name = xstrdup(parent->process.name);
	e->process.rule = xstrdup(parent->process.rule);
	e->process.watched_by = copy(watched_by);
	e->namespace = xstrdup(parent->namespace);
	e->cgroup = xstrdup(parent->cgroup);
	e->ports = xstrdup(parent->ports);
	e->process.service = parent->process.service;
	instance_join(e, parent->instance);
}

/* Who calls exec lives: the program before it was excluded. */
static void entry_revive(struct processes *p, struct entry *e, uint64_t now_ns)
{
	instance_leave(p, e, now_ns);
	e->process.ended = false;
	e->process.ended_ns = 0;
}

/* What is not watched (any more) is as good as ended; what it was before stays known. */
static int learn_end(struct processes *p, struct process_id id, uint64_t now_ns)
{
	struct entry *e = entry_find(p, id);

	if (e)
		entry_end(e, now_ns);
	return 0;
}

int processes_learn(struct processes *p, const struct record_process *record)
{
	const struct record *head = &record->head;
	struct facts f;
	struct entry *e;

	if (head->size < sizeof(*record) ||
	    facts_parse((struct str){ (const char *)record->payload, head->size - sizeof(*record) },
			&f))
		return -EINVAL;
	if (str_eq(f.at[FACT_EVENT], STR("exit")) || exe_is_excluded(p->config, f.at[FACT_EXE]))
		return learn_end(p, head->process, head->at_ns);
	e = entry_get(p, head->process);
	if (!e)
		return -ENOSPC;
	if (e->process.ended && str_eq(f.at[FACT_EVENT], STR("exec")))
		entry_revive(p, e, head->at_ns);
	e->process.parent = (struct process_id){
		.tgid = (uint32_t)fact_number(f.at[FACT_PARENT]),
		.started_ns = fact_number(f.at[FACT_PARENT_STARTED]),
	};
	if (f.at[FACT_NAME].len)
		learn_all(p, e, &f, head->at_ns);
	else if (str_eq(f.at[FACT_EVENT], STR("fork")))
		learn_fork(p, e, f.at[FACT_WATCHED_BY]);
	return 0;
}

const struct process *processes_find(struct processes *p, struct process_id id)
{
	const struct entry *e = entry_find(p, id);

	return e ? &e->process : NULL;
}

void processes_expire(struct processes *p, uint64_t now_ns)
{
	if (now_ns > KEEP_ENDED_NS)
		forget_ended(p, now_ns - KEEP_ENDED_NS);
}

void processes_reconfigure(struct processes *p, const struct config *config)
{
	p->config = config;
	for (size_t i = 0; i < p->bucket_count; i++)
		for (struct entry *e = p->buckets[i]; e; e = e->next)
			e->process.service =
				service_rule_find(config, str_of(e->process.exe),
						  str_of(e->cgroup), str_of(e->ports));
}

struct processes *processes_new(const struct config *config)
{
	struct processes *p = xcalloc(1, sizeof(*p));

	p->config = config;
	p->bucket_count = FIRST_BUCKETS;
	p->buckets = xcalloc(p->bucket_count, sizeof(*p->buckets));
	return p;
}

void processes_free(struct processes *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->bucket_count; i++)
		for (struct entry *e = p->buckets[i], *next; e; e = next) {
			next = e->next;
			entry_free(p, e);
		}
	free(p->buckets);
	free(p);
}

void processes_each(const struct processes *p,
		    void (*visit)(void *context, const struct process *process), void *context)
{
	for (size_t i = 0; i < p->bucket_count; i++)
		for (const struct entry *e = p->buckets[i]; e; e = e->next)
			visit(context, &e->process);
}

size_t processes_count(const struct processes *p)
{
	return p->count;
}

uint64_t processes_refused(const struct processes *p)
{
	return p->refused;
}

uint64_t processes_attributes_dropped(const struct processes *p)
{
	return p->attributes_dropped;
}
