/* SPDX-License-Identifier: Apache-2.0 */
/* inspect_explain.c - what the running agent knows of one process. */
#include <unistd.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/config/config.h"
#include "user/model/redact.h"
#include "user/worker/hook_info.h"
#include "user/worker/inspect_answer.h"
#include "user/worker/jvm.h"
#include "user/worker/unread.h"

enum { ANCESTORS = 16 };

json_t *text_json(struct str text)
{
	struct buf clean = buf_new(3 * LIMIT_ATTRIBUTE_BYTES);
	json_t *json;

	redact_text(str_first(text, LIMIT_ATTRIBUTE_BYTES), &clean);
	json = json_stringn(clean.len ? clean.at : "", clean.len);
	buf_free(&clean);
	return json;
}

static void set_attribute(json_t *to, const char *name, const struct resource *r, struct str key)
{
	const struct attribute *a = attribute_find(r->attributes, r->attribute_count, key);

	if (a && a->type == ATTRIBUTE_TEXT)
		json_object_set_new(to, name, text_json(a->text));
}

json_t *process_json(const struct process *process)
{
	json_t *to = json_object();

	json_object_set_new(to, "executable", text_json(str_of(process->exe)));
	json_object_set_new(to, "rule", text_json(str_of(process->rule)));
	json_object_set_new(to, "runtimes", hook_info_json(process));
	if (!process->resource)
		return to;
	set_attribute(to, "service", process->resource, STR("service.name"));
	set_attribute(to, "namespace", process->resource, STR("service.namespace"));
	set_attribute(to, "instance", process->resource, STR("service.instance.id"));
	set_attribute(to, "container", process->resource, STR("container.id"));
	set_attribute(to, "language", process->resource, STR("telemetry.sdk.language"));
	if (process->sdk)
		json_object_set_new(to, "sends_spans", text_json(sdk_sign_name(process->sdk)));
	return to;
}

struct search {
	uint32_t pid;
	const struct process *found;
};

static void look_at(void *context, const struct process *process)
{
	struct search *search = context;

	if (process->id.tgid == search->pid && !process->ended)
		search->found = process;
}

/* From its parent up to the one that an option chose. */
static json_t *ancestors_of(struct pipeline *p, const struct process *process)
{
	json_t *list = json_array();

	for (int i = 0; i < ANCESTORS; i++) {
		if (!str_eq(str_of(process->watched_by), STR("parent")))
			break;
		process = processes_find(p->processes, process->parent);
		if (!process)
			break;
		json_array_append_new(list, json_pack("{sisoso}", "pid", (int)process->id.tgid,
						      "executable", text_json(str_of(process->exe)),
						      "watched_by",
						      text_json(str_of(process->watched_by))));
	}
	return list;
}

static json_t *connections_of(const struct pipeline *p, struct process_id id)
{
	static const char *const names[UNREADS] = { [UNREAD_TLS] = "tls",
						    [UNREAD_HTTP2] = "http2",
						    [UNREAD_OTHER] = "other",
						    [UNREAD_UPGRADED] = "upgraded" };
	uint64_t now[UNREADS], ever[UNREADS];
	size_t followed = exchanges_unread_of(p->exchanges, id, now);
	json_t *unread = json_object();

	unread_of(p->unread, id, ever);
	for (int i = 0; i < UNREADS; i++)
		json_object_set_new(unread, names[i],
				    json_pack("{sIsI}", "open", (json_int_t)now[i], "ever",
					      (json_int_t)ever[i]));
	return json_pack("{sIso}", "followed", (json_int_t)followed, "unread", unread);
}

struct sum {
	const struct resource *resource;
	json_t *requests; /* by the group's name */
};

static void add_row(void *context, const struct resource *resource,
		    const struct attribute *attributes, size_t count,
		    const struct metric_group *group, size_t metric,
		    const struct histogram *histogram)
{
	struct sum *sum = context;
	json_int_t before;

	(void)attributes, (void)count;
	if (resource != sum->resource || !group->name ||
	    group->measures[metric] != MEASURE_DURATION)
		return;
	before = json_integer_value(json_object_get(sum->requests, group->name));
	json_object_set_new(sum->requests, group->name,
			    json_integer(before + (json_int_t)histogram->count));
}

struct open_count {
	struct process_id process;
	json_int_t count;
};

static void add_open(void *context, const struct exchange *open)
{
	struct open_count *c = context;

	if (open->process.tgid == c->process.tgid &&
	    open->process.started_ns == c->process.started_ns)
		c->count++;
}

struct members {
	const struct resource *resource;
	json_int_t count;
};

static void add_member(void *context, const struct process *process)
{
	struct members *members = context;

	members->count += process->resource == members->resource && !process->ended;
}

static json_t *hooks_json(const struct shared *shared)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FEATURES; i++) {
		const struct feature_state *state = &shared->features[i];
		json_t *hook = json_pack(
			"{ssssso}", "hook", features[i].name, "flavour",
			state->used ? state->used->name : "none", "reason",
			text_json(str_first(str_of(state->reason), sizeof(state->reason) - 1)));

		if (!state->used)
			json_object_set_new(hook, "without",
					    text_json(str_of(features[i].without)));
		json_array_append_new(list, hook);
	}
	return list;
}

/* What this sonde was told to watch, as flags. */
static json_t *options_json(const struct pipeline *p)
{
	struct str flags = buf_str(&p->watch_flags), flag;
	json_t *list = json_array();

	while (take_until(&flags, '\0', &flag))
		json_array_append_new(list, text_json(flag));
	return list;
}

static void add_process(json_t *root, struct pipeline *p, const struct process *process)
{
	struct sum sum = { .resource = process->resource, .requests = json_object() };
	struct open_count open = { .process = process->id };
	struct members members = { .resource = process->resource };

	series_each(p->series, add_row, &sum);
	exchanges_each_open(p->exchanges, add_open, &open);
	if (process->resource)
		processes_each(p->processes, add_member, &members);
	json_object_set_new(root, "watched_by", text_json(str_of(process->watched_by)));
	json_object_set_new(root, "ancestors", ancestors_of(p, process));
	json_object_set_new(root, "process", process_json(process));
	json_object_set_new(root, "connections", connections_of(p, process->id));
	json_object_set_new(root, "requests", sum.requests);
	json_object_set_new(root, "open_requests", json_integer(open.count));
	json_object_set_new(root, "instance_processes", json_integer(members.count));
	if (p->jvms)
		json_object_set_new(root, "jvm_counters",
				    json_string(jvm_state_name(jvms_state(p->jvms, process->id))));
}

json_t *explain_answer(struct pipeline *p, const struct shared *shared, struct self *self,
		       uint32_t pid)
{
	const struct exchange_counters *c = exchanges_counters(p->exchanges);
	uint64_t lost = self_requests_lost(self);
	struct search search = { .pid = pid };
	json_t *root;

	processes_each(p->processes, look_at, &search);
	root = json_pack("{s{sssiso}sbs{sIsIsI}so}", "agent", "version", SONDE_VERSION, "pid",
			 (int)shared->monitor_pid, "options", options_json(p), "watched",
			 search.found != NULL, "whole_agent", "joined_late",
			 (json_int_t)c->joined_late, "lost", (json_int_t)lost, "heads_cut",
			 (json_int_t)c->heads_cut, "hooks", hooks_json(shared));
	if (search.found)
		add_process(root, p, search.found);
	return root;
}
