/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - facts about watched processes, and who they are to the user.
 *
 * Facts come as RECORD_PROCESS records: "key=value" strings under the keys of
 * `enum fact`. The monitor gathers what is raw (it passes open descriptors of
 * files under /proc/PID); process/facts.c reads them without privileges and
 * makes the record, so that a tape holds it and a replay needs no /proc.
 *
 * Instances: processes of one executable and service share the resource of
 * their topmost watched ancestor with the same executable and service.
 */
#pragma once

#include "headers/record.h"
#include "user/base/buf.h"
#include "user/model/resource.h"
#include "user/process/files.h"
#include "user/process/sdk.h"

/* Keys of RECORD_PROCESS; table of names in fact.c. */
enum fact {
	FACT_EVENT,	     /* "seen", "fork", "exec", "exit", or "runtime": what is in it */
	FACT_PARENT,	     /* tgid of the parent */
	FACT_PARENT_STARTED, /* its started_ns */
	FACT_EXE,	     /* path of the executable */
	FACT_COMM,
	FACT_COMMAND,	 /* argv[0] */
	FACT_OWNER,	 /* uid */
	FACT_CONTAINER,	 /* container id */
	FACT_UNIT,	 /* systemd unit */
	FACT_CGROUP,	 /* its path */
	FACT_PORTS,	 /* that it listens on, separated by spaces */
	FACT_WATCHED_BY, /* the option that chose it, e.g. "watch.port=8080", or "parent" */
	FACT_NAME,	 /* service.name */
	FACT_NAME_RULE,	 /* which rule of the table gave it */
	FACT_NAMESPACE,
	FACT_INSTANCE, /* service.instance.id where the process or the user gives one */
	FACT_VERSION,
	FACT_LANGUAGE, /* telemetry.sdk.language, where the interpreter tells */
	FACT_RESOURCE, /* OTEL_RESOURCE_ATTRIBUTES of the process: "key=value"; may repeat */
	FACT_HOST_ID,
	FACT_HOST_NAME,
	FACT_HOST_ARCH,
	FACT_CREATED, /* wall-clock nanoseconds */
	FACT_SDK,     /* a sign that it sends spans of its own: a name of sdk.h, or SDK_MAPS_CUT */
	FACT_RUNTIME, /* of "runtime": its name and version, "nodejs 20.20.2" */
	FACT_HOOKS,   /* of "runtime": how each purpose is seen, "gc=callbacks/uprobe_multi" */
	FACTS,
};

struct process {
	struct process_id id;
	struct process_id parent;
	struct resource *resource;		    /* NULL until its facts have come */
	const char *exe, *name, *rule, *watched_by; /* owned; for explain */
	const struct service_rule *service;	    /* the user's rule for it, or NULL */
	enum sdk_sign sdk;			    /* the first since it called exec */
	uint64_t sdk_ns;			    /* when that was seen */
	char *runtimes; /* owned: "nodejs 20.20.2\tgc=callbacks/uprobe_multi", each ended by '\n' */
	bool ended;
	uint64_t ended_ns;
};

struct processes;
struct config;

struct processes *processes_new(const struct config *config);
void processes_free(struct processes *p);

/*
 * Take one checked RECORD_PROCESS. -EINVAL when its strings are none, -ENOSPC
 * when limit.processes are known and all of them live. A parent's record comes
 * before those of its children. "fork": the child is what its parent is until
 * its own facts come or it calls exec. "exec": everything is decided again.
 * "exit": also of one that is not watched any more, which may yet call exec or be
 * "seen" again.
 */
int processes_learn(struct processes *p, const struct record_process *record);
/* NULL when nothing is known of it. */
const struct process *processes_find(struct processes *p, struct process_id id);
/* `sign` was seen of it at `at_ns`. Not taken: SDK_OTLP_HTTP of one that passes spans on. */
void processes_sends_spans(struct processes *p, struct process_id id, enum sdk_sign sign,
			   uint64_t at_ns);
/* It was sent spans: those that it posts may be others', so SDK_OTLP_HTTP is no sign of it. */
void processes_passes_spans_on(struct processes *p, struct process_id id, uint64_t at_ns);
/*
 * May it have accepted a connection on `port`? As far as facts say what it listens on, and
 * only a port from which connections are made (32768 up) is ever denied.
 */
bool processes_may_accept(struct processes *p, struct process_id id, uint16_t port);
/* Forget what ended longer than a minute ago. */
void processes_expire(struct processes *p, uint64_t now_ns);
/* Would the facts of one that is not known be refused? Then nothing has to wait for them. */
bool processes_full(const struct processes *p);
/* Facts not taken because of limit.processes. */
uint64_t processes_refused(const struct processes *p);
/* Attributes of OTEL_RESOURCE_ATTRIBUTES for which a resource had no room. */
uint64_t processes_attributes_dropped(const struct processes *p);
/* Facts that did not look at all mappings of their process: LIMIT_MAPS_BYTES. */
uint64_t processes_maps_cut(const struct processes *p);
size_t processes_count(const struct processes *p);
void processes_each(const struct processes *p,
		    void (*visit)(void *context, const struct process *process), void *context);

/*
 * Work out service name, namespace, instance and the rest by the table of rules
 * (ecosystem: OTEL_ environment, systemd unit, executable or script name, after
 * the user's own `services`), and append a whole RECORD_PROCESS to `ret`. For
 * "exit", and for "fork" without files->exe, that is the event and the parent
 * alone. -ESRCH when the files are another process's that has the same pid by
 * now, -ENOSPC when `ret` is full; nothing is appended then.
 */
int process_facts(const struct config *config, struct process_id id, struct process_id parent,
		  const char *event, const char *watched_by, const struct process_files *files,
		  uint64_t now_ns, struct buf *ret);
