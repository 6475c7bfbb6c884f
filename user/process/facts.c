/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - files of a process in, one RECORD_PROCESS out.
 *
 * Of environ only OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are looked at,
 * of cmdline argv[0] goes into the record and nothing else but a script's name.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/process/cgroup.h"
#include "user/process/environ.h"
#include "user/process/fact.h"
#include "user/process/host.h"
#include "user/process/names.h"
#include "user/process/read.h"
#include "user/process/script.h"
#include "user/process/service_rule.h"
#include "user/process/stat.h"

/* Of OTEL_RESOURCE_ATTRIBUTES; who reads the record counts those it has no room for. */
enum { MOST_ATTRIBUTES = 4 * RESOURCE_ATTRIBUTES };

/* Everything that was read, owned. */
struct material {
	struct buf environ, cmdline, cgroup, stat, ports;
	struct clues clues;
	uint32_t owner;
	bool has_owner;
	struct str sdk;
};

static void material_free(struct material *m)
{
	buf_free(&m->environ);
	buf_free(&m->cmdline);
	buf_free(&m->cgroup);
	buf_free(&m->stat);
	buf_free(&m->ports);
}

/* Does what was opened by pid belong to the process that was meant? */
static bool same_process(struct process_id id, struct str stat)
{
	uint64_t ticks = stat_started_ticks(stat), wanted = id.started_ns / NS_PER_TICK;

	return !ticks || !id.started_ns || (ticks <= wanted + 1 && wanted <= ticks + 1);
}

/* An upgraded program's old executable is still the same program. */
static struct str exe_path(const char *link)
{
	struct str exe = str_of(link), gone = STR(" (deleted)");

	if (exe.len > gone.len && !memcmp(exe.at + exe.len - gone.len, gone.at, gone.len))
		exe.len -= gone.len;
	return exe;
}

static int material_read(const struct config *config, const struct process_files *files,
			 struct material *ret)
{
	struct stat st;
	int r;

	r = read_proc(files->fds[FILE_ENVIRON], &ret->environ);
	r = r ? r : read_proc(files->fds[FILE_CMDLINE], &ret->cmdline);
	r = r ? r : read_proc(files->fds[FILE_CGROUP], &ret->cgroup);
	ret->sdk = sdk_find_context(files->fds[FILE_MAPS]);
	/* The last, so that it speaks for the others. */
	r = r ? r : read_proc(files->fds[FILE_STAT], &ret->stat);
	if (r)
		return r;
	for (size_t i = 0; i < files->port_count; i++)
		buf_printf(&ret->ports, "%s%u", i ? " " : "", files->ports[i]);
	ret->has_owner = !fstat(files->fds[FILE_STAT], &st);
	ret->owner = ret->has_owner ? st.st_uid : 0;
	ret->clues = (struct clues){
		.config = config,
		.files = files,
		.exe = exe_path(files->exe),
		.comm = str_of(files->comm),
		.environ = buf_str(&ret->environ),
		.cmdline = buf_str(&ret->cmdline),
		.cgroup = buf_str(&ret->cgroup),
		.ports = buf_str(&ret->ports),
	};
	return 0;
}

/* argv[0] alone: who rewrites it writes the whole command line into it. */
static struct str command_of(const struct clues *c)
{
	struct str rest = c->cmdline, command = {}, word;

	if (!take_part(&rest, '\0', &command) || str_eq(command, c->exe))
		return str_first(c->exe, rest.len || command.len ? c->exe.len : 0);
	return take_part(&command, ' ', &word) ? word : command;
}

static int fact_add_number(struct buf *payload, enum fact fact, uint64_t number)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);

	return fact_add(payload, fact, (struct str){ text, (size_t)len });
}

/* Add `value` when there is one, else the process's own resource attribute. */
static int add_attribute(const struct clues *c, enum fact fact, const char *value,
			 struct str attribute, struct buf *payload)
{
	struct buf own = buf_new(LIMIT_ATTRIBUTE_BYTES);
	int r;

	if (!value)
		resource_attribute_find(c->environ, attribute, &own);
	r = fact_add(payload, fact, value ? str_of(value) : buf_str(&own));
	buf_free(&own);
	return r;
}

static int add_service(const struct clues *c, struct buf *payload)
{
	const struct service_rule *rule =
		service_rule_find(c->config, c->exe, cgroup_path(c->cgroup), c->ports);
	struct buf name = buf_new(LIMIT_ATTRIBUTE_BYTES);
	const char *by = service_name_find(c, &name);
	int r;

	r = fact_add(payload, FACT_NAME, buf_str(&name));
	buf_free(&name);
	r |= fact_add(payload, FACT_NAME_RULE, str_of(by));
	r |= add_attribute(c, FACT_NAMESPACE, rule ? rule->namespace : NULL,
			   STR("service.namespace"), payload);
	r |= add_attribute(c, FACT_INSTANCE, NULL, STR("service.instance.id"), payload);
	r |= add_attribute(c, FACT_VERSION, NULL, STR("service.version"), payload);
	return r;
}

/* What OTEL_RESOURCE_ATTRIBUTES says beyond the service. */
static int add_resource(const struct clues *c, struct buf *payload)
{
	struct str list = environ_find(c->environ, STR("OTEL_RESOURCE_ATTRIBUTES")), key, value;
	struct buf pair = buf_new(LIMIT_ATTRIBUTE_BYTES);
	int r = 0;

	for (size_t i = 0; i < MOST_ATTRIBUTES && take_resource_attribute(&list, &key, &value);) {
		if (str_starts(key, STR("service.")) || str_starts(key, STR("telemetry.")))
			continue;
		buf_clear(&pair);
		buf_add(&pair, key);
		buf_add_byte(&pair, '=');
		percent_decode(value, &pair);
		r |= fact_add(payload, FACT_RESOURCE, buf_str(&pair));
		i++;
	}
	buf_free(&pair);
	return r;
}

static int add_process(const struct material *m, struct buf *payload)
{
	const struct clues *c = &m->clues;
	const struct interpreter *interpreter = interpreter_find(path_name(c->exe));
	int r;

	r = fact_add(payload, FACT_EXE, c->exe);
	r |= fact_add(payload, FACT_COMM, c->comm);
	r |= fact_add(payload, FACT_COMMAND, command_of(c));
	if (m->has_owner)
		r |= fact_add_number(payload, FACT_OWNER, m->owner);
	r |= fact_add(payload, FACT_CONTAINER, cgroup_container(c->cgroup));
	r |= fact_add(payload, FACT_UNIT, cgroup_unit(c->cgroup));
	r |= fact_add(payload, FACT_CGROUP, cgroup_path(c->cgroup));
	r |= fact_add(payload, FACT_PORTS, c->ports);
	if (interpreter)
		r |= fact_add(payload, FACT_LANGUAGE, str_of(interpreter->language));
	return r;
}

static int add_host(struct process_id id, struct buf *payload)
{
	const struct host *host = host_facts();
	uint64_t booted_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	int r;

	r = fact_add(payload, FACT_HOST_ID, str_of(host->id));
	r |= fact_add(payload, FACT_HOST_NAME, str_of(host->name));
	r |= fact_add(payload, FACT_HOST_ARCH, str_of(host->arch));
	if (id.started_ns)
		r |= fact_add_number(payload, FACT_CREATED, booted_ns + id.started_ns);
	return r;
}

static int add_all(const struct material *m, struct process_id id, struct buf *payload)
{
	int r = add_process(m, payload);

	r |= add_service(&m->clues, payload);
	r |= add_resource(&m->clues, payload);
	r |= add_host(id, payload);
	r |= fact_add(payload, FACT_SDK, m->sdk);
	return r;
}

static int add_event(struct process_id parent, const char *event, const char *watched_by,
		     struct buf *payload)
{
	int r = fact_add(payload, FACT_EVENT, str_of(event));

	r |= fact_add_number(payload, FACT_PARENT, parent.tgid);
	r |= fact_add_number(payload, FACT_PARENT_STARTED, parent.started_ns);
	r |= fact_add(payload, FACT_WATCHED_BY, str_of(watched_by));
	return r;
}

/* What there is to say, without the record's head. */
static int add_payload(const struct config *config, struct process_id id,
		       const struct process_files *files, struct buf *ret)
{
	struct material m = {
		.environ = buf_new(LIMIT_PROC_FILE_BYTES),
		.cmdline = buf_new(LIMIT_PROC_FILE_BYTES),
		.cgroup = buf_new(LIMIT_PROC_FILE_BYTES),
		.stat = buf_new(LIMIT_PROC_FILE_BYTES),
		.ports = buf_new(LIMIT_ATTRIBUTE_BYTES),
	};
	int r = material_read(config, files, &m);

	if (!r && !same_process(id, buf_str(&m.stat)))
		r = -ESRCH;
	r = r ? r : add_all(&m, id, ret);
	material_free(&m);
	return r;
}

static bool says_all(const char *event, const struct process_files *files)
{
	return files && !files->runtime && strcmp(event, "exit") &&
	       (strcmp(event, "fork") || files->exe);
}

static int add_runtime(const char *text, struct buf *payload)
{
	struct str hooks = str_of(text), runtime = {};

	take_part(&hooks, '\n', &runtime);
	return fact_add(payload, FACT_RUNTIME, runtime) | fact_add(payload, FACT_HOOKS, hooks);
}

int process_facts(const struct config *config, struct process_id id, struct process_id parent,
		  const char *event, const char *watched_by, const struct process_files *files,
		  uint64_t now_ns, struct buf *ret)
{
	struct record head = { .type = RECORD_PROCESS, .at_ns = now_ns, .process = id };
	size_t start = ret->len;
	int r = buf_add(ret, (struct str){ (const char *)&head, sizeof(head) });

	r = r ? r : add_event(parent, event, watched_by, ret);
	if (!r && files && files->runtime)
		r = add_runtime(files->runtime, ret);
	if (!r && says_all(event, files))
		r = add_payload(config, id, files, ret);
	if (r) {
		ret->len = start;
		return r;
	}
	head.size = (uint32_t)(ret->len - start);
	memcpy(ret->at + start, &head, sizeof(head));
	return 0;
}
