/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c - records of facts in, processes and their instances out.
 *
 * Who a process is gets decided when its facts come and at exec; until then a
 * forked child is what its parent is. It leaves the table a minute after it
 * ended.
 */
#include "user/process/process.h"

#include <errno.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/process/entry.h"
#include "user/process/fact.h"
#include "user/process/instance.h"
#include "user/process/runtime_facts.h"
#include "user/process/service_rule.h"

/* The kernel's least port for connections (ip_local_port_range); what the monitor tells at most. */
enum { MAX_ANCESTORS = 64, CALLERS_FIRST_PORT = 32768, PORTS_KNOWN = 16 };

#define KEEP_ENDED_NS (60 * NS_PER_S)

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

/* The instance with this name, namespace and id, or NULL. */
static struct instance *instance_find(const struct processes *p, const struct facts *f)
{
	for (struct instance *i = p->instances; i; i = i->next)
		if (str_eq(i->resource->service_instance, f->at[FACT_INSTANCE]) &&
		    str_eq(i->resource->service_name, f->at[FACT_NAME]) &&
		    str_eq(i->resource->service_namespace, f->at[FACT_NAMESPACE]))
			return i;
	return NULL;
}

/*
 * Processes that were given one id (pm2, a container's environment) are told
 * apart by pid while they live; one that was started again takes the place of
 * the one before.
 */
static struct instance *instance_new(struct processes *p, struct process_id id,
				     const struct facts *facts)
{
	_cleanup_(freep) char *distinct = NULL;
	struct instance *same = NULL;
	struct resource *resource;
	struct facts f = *facts;

	if (f.at[FACT_INSTANCE].len)
		same = instance_find(p, &f);
	if (same && same->living) {
		distinct = xasprintf("%.*s-%u", STR_ARGS(f.at[FACT_INSTANCE]), id.tgid);
		f.at[FACT_INSTANCE] = str_of(distinct);
		same = instance_find(p, &f);
	}
	resource = instance_resource(id, &f, &p->attributes_dropped);
	if (!same || same->living)
		return instance_add(p, resource);
	instance_renew(p, same, resource);
	return same;
}

/* The user's rule for it; its names beat those that were found. */
static void apply_service_rule(const struct processes *p, struct facts *f,
			       const struct service_rule **ret)
{
	const struct service_rule *rule = service_rule_find(p->config, f->at[FACT_EXE],
							    f->at[FACT_CGROUP], f->at[FACT_PORTS]);

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
	stays = top ? top->instance == e->instance : same_service(e, f);
	entry_set_texts(e, f);
	if (stays)
		return;
	instance_leave(p, e, now_ns);
	instance_join(e, top ? top->instance : instance_new(p, e->process.id, f));
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
	if (parent->process.runtimes && !e->process.runtimes)
		e->process.runtimes = xstrdup(parent->process.runtimes);
	e->process.service = parent->process.service;
	instance_join(e, parent->instance);
}

static void take_sign(struct entry *e, enum sdk_sign sign, uint64_t at_ns)
{
	if (e->process.sdk || !sign)
		return;
	e->process.sdk = sign;
	e->process.sdk_ns = at_ns;
}

/*
 * What was seen of a program stays, until another takes its place. That may be told later than
 * the first of what is seen of the other.
 */
static void learn_program(struct processes *p, struct entry *e, const struct facts *f,
			  uint64_t at_ns)
{
	bool execs = str_eq(f->at[FACT_EVENT], STR("exec"));

	if (execs && e->process.sdk_ns < at_ns)
		e->process.sdk = SDK_NONE;
	if (execs && e->passes_on_ns < at_ns)
		e->passes_on_ns = 0;
	if (execs) {
		free(e->process.runtimes);
		e->process.runtimes = NULL;
	}
	p->maps_cut += str_eq(f->at[FACT_SDK], SDK_MAPS_CUT);
	take_sign(e, sdk_sign_find(f->at[FACT_SDK]), at_ns);
}

/* Also of what is not watched any more; what it was before stays known. */
static int learn_end(struct processes *p, struct process_id id, uint64_t now_ns)
{
	struct entry *e = entry_find(p, id);

	if (e)
		entry_end(p, e, now_ns);
	return 0;
}

/* Of one that is known; what else is known of it stays. */
static int learn_runtime(struct processes *p, struct process_id id, const struct facts *f)
{
	struct entry *e = entry_find(p, id);

	if (e)
		runtime_facts_learn(&e->process.runtimes, f->at[FACT_RUNTIME], f->at[FACT_HOOKS]);
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
	if (str_eq(f.at[FACT_EVENT], STR("exit")))
		return learn_end(p, head->process, head->at_ns);
	if (str_eq(f.at[FACT_EVENT], STR("runtime")))
		return learn_runtime(p, head->process, &f);
	e = entry_get(p, head->process);
	if (!e)
		return -ENOSPC;
	if (e->process.ended && str_eq(f.at[FACT_EVENT], STR("exec")))
		entry_revive(p, e, head->at_ns);
	else if (e->process.ended && str_eq(f.at[FACT_EVENT], STR("seen")))
		entry_resume(p, e);
	e->process.parent = (struct process_id){
		.tgid = (uint32_t)fact_number(f.at[FACT_PARENT]),
		.started_ns = fact_number(f.at[FACT_PARENT_STARTED]),
	};
	learn_program(p, e, &f, head->at_ns);
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

void processes_sends_spans(struct processes *p, struct process_id id, enum sdk_sign sign,
			   uint64_t at_ns)
{
	struct entry *e = entry_find(p, id);

	if (e && !(sign == SDK_OTLP_HTTP && e->passes_on_ns))
		take_sign(e, sign, at_ns);
}

void processes_passes_spans_on(struct processes *p, struct process_id id, uint64_t at_ns)
{
	struct entry *e = entry_find(p, id);

	if (!e)
		return;
	e->passes_on_ns = at_ns;
	if (e->process.sdk == SDK_OTLP_HTTP)
		e->process.sdk = SDK_NONE;
}

bool processes_may_accept(struct processes *p, struct process_id id, uint16_t port)
{
	const struct entry *e = entry_find(p, id);
	struct str ports, digits;

	if (!e || !e->ports || port < CALLERS_FIRST_PORT)
		return true;
	ports = str_of(e->ports);
	for (size_t i = 0; take_part(&ports, ' ', &digits); i++)
		if (fact_number(digits) == port || i + 1 == PORTS_KNOWN)
			return true;
	return false;
}

void processes_expire(struct processes *p, uint64_t now_ns)
{
	if (now_ns > KEEP_ENDED_NS)
		entries_forget(p, now_ns - KEEP_ENDED_NS);
	instances_forget(p);
}

struct processes *processes_new(const struct config *config)
{
	struct processes *p = xcalloc(1, sizeof(*p));

	p->config = config;
	entries_init(p);
	return p;
}

void processes_free(struct processes *p)
{
	if (!p)
		return;
	entries_free(p);
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

bool processes_full(const struct processes *p)
{
	return p->count >= p->config->limit.processes && !p->ended;
}

uint64_t processes_refused(const struct processes *p)
{
	return p->refused;
}

uint64_t processes_maps_cut(const struct processes *p)
{
	return p->maps_cut;
}

uint64_t processes_attributes_dropped(const struct processes *p)
{
	return p->attributes_dropped;
}
