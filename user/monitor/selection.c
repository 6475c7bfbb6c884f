/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/table.h"
#include "user/config/watch.h"

enum { LIST_BYTES = 16 << 20, ROUNDS = 8, OWN_PIDS = 4 };

struct selection {
	struct capture *capture;
	const struct config *config;
	selection_tell *tell;
	void *context;
	struct table members; /* by tgid */
	uint32_t own[OWN_PIDS];
	size_t own_count;
	char own_exe[MESSAGE_TEXT]; /* another sonde is no target */
	struct named {
		uint32_t tgid;
		uint64_t ticks; /* when it began; 0: there was none */
	} * named;		/* the processes of watch.pid */
	size_t named_count;
};

/* An id is used again: watch.pid means the process that has it when the option is taken. */
static void note_pids(struct selection *s)
{
	const struct number_list *pids = &s->config->watch.pid;
	struct named *named = xcalloc(pids->count + 1, sizeof(*named));

	for (size_t i = 0; i < pids->count; i++) {
		named[i].tgid = pids->at[i];
		for (size_t had = 0; had < s->named_count; had++)
			if (s->named[had].tgid == named[i].tgid)
				named[i].ticks = s->named[had].ticks;
		if (!named[i].ticks)
			named[i].ticks = procfiles_ticks(named[i].tgid);
		if (!named[i].ticks)
			log_warn("watch.pid names no process", "pid=%u", named[i].tgid);
	}
	free(s->named);
	s->named = named;
	s->named_count = pids->count;
}

static bool is_meant(const struct selection *s, struct process_id process)
{
	for (size_t i = 0; i < s->named_count; i++)
		if (s->named[i].tgid == process.tgid)
			return procfiles_began_at(process, s->named[i].ticks);
	return true;
}

/* What the kernel half must know of the options. */
static void selection_settings(struct selection *s)
{
	const struct config *c = s->config;

	note_pids(s);
	capture_ports(s->capture, &c->watch.port);
	capture_watch_execs(s->capture,
			    c->watch.exe.count || c->watch.cgroup.count || c->watch.all);
	capture_follow(s->capture,
		       c->console || c->otlp.target[OTLP_TRACES].endpoint || c->tape_record);
}

struct selection *selection_new(struct capture *capture, const struct config *config,
				selection_tell *tell, void *context)
{
	struct selection *s = xcalloc(1, sizeof(*s));
	struct procfiles self = { .directory = -1, .pidfd = -1 };

	s->capture = capture;
	s->config = config;
	s->tell = tell;
	s->context = context;
	table_init(&s->members, config->limit.processes);
	selection_settings(s);
	self.directory = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	procfiles_exe(&self, s->own_exe, sizeof(s->own_exe));
	procfiles_close(&self);
	return s;
}

void selection_free(struct selection *s)
{
	size_t at = 0;
	struct member *m;

	if (!s)
		return;
	while ((m = table_next(&s->members, &at)))
		free(m);
	table_free(&s->members);
	free(s->named);
	free(s);
}

void selection_ignore(struct selection *s, uint32_t pid)
{
	if (s->own_count < OWN_PIDS)
		s->own[s->own_count++] = pid;
}

static struct member *member_find(const struct selection *s, uint32_t tgid)
{
	return table_find_u64(&s->members, tgid);
}

bool selection_has(const struct selection *s, struct process_id process)
{
	const struct member *m = member_find(s, process.tgid);

	return m && m->process.started_ns == process.started_ns;
}

size_t selection_count(const struct selection *s)
{
	return s->members.count;
}

uint64_t selection_refused(const struct selection *s)
{
	return s->members.refused;
}

/* It is watched no longer. */
static void member_end(struct selection *s, struct member *m, uint64_t at_ns)
{
	table_remove_u64(&s->members, m->process.tgid);
	s->tell(s->context, "exit", m, at_ns ? at_ns : monotonic_ns(), NULL);
	free(m);
}

/* Ids are used again: what is left of an older process by this id has ended. */
static struct member *member_add(struct selection *s, struct process_id process,
				 struct process_id parent, const void *comm)
{
	struct member *m = member_find(s, process.tgid);

	if (m && m->process.started_ns != process.started_ns) {
		member_end(s, m, 0);
	} else if (m) {
		table_remove_u64(&s->members, process.tgid);
		free(m);
	}
	m = xcalloc(1, sizeof(*m));
	m->process = process;
	m->parent = parent;
	memcpy(m->comm, comm, sizeof(m->comm) - 1);
	if (table_put_u64(&s->members, process.tgid, m)) {
		free(m);
		return NULL;
	}
	return m;
}

static bool is_own(const struct selection *s, const struct procfiles *files, const char *exe)
{
	for (size_t i = 0; i < s->own_count; i++)
		if (s->own[i] == files->process.tgid)
			return true;
	return *exe && !strcmp(exe, s->own_exe);
}

/* A process that may become a target, as an iterator or an event gives it. */
struct candidate {
	struct process_id process, parent;
	const void *comm;
	uint64_t at_ns; /* of the event; 0: none */
	uint16_t ports[MEMBER_PORTS];
	size_t port_count;
	bool inherits; /* its parent is a target, or it was one itself */
};

/* What decides about one process, read from where the kernel keeps it. */
struct portrait {
	char exe[MESSAGE_TEXT], cgroup[512], rule[64];
	const char *watched_by; /* NULL: not by an option */
	bool excluded;
};

static void portray(const struct selection *s, const struct procfiles *files,
		    const struct candidate *candidate, struct portrait *ret)
{
	const char *why_not;

	procfiles_exe(files, ret->exe, sizeof(ret->exe));
	ret->cgroup[0] = '\0';
	if (s->config->watch.cgroup.count)
		procfiles_cgroup(files, ret->cgroup, sizeof(ret->cgroup));
	ret->watched_by =
		watch_rule(s->config, is_meant(s, files->process) ? files->process.tgid : 0,
			   ret->exe, ret->cgroup, candidate->ports, candidate->port_count, &why_not,
			   ret->rule, sizeof(ret->rule));
	ret->excluded = is_own(s, files, ret->exe) ||
			(!ret->watched_by && !strncmp(why_not, "watch.exclude", 13));
}

/* Looked at again, and nothing changed. */
static bool stays(struct member *m, const struct candidate *candidate, const struct portrait *p)
{
	return m && !strcmp(m->watched_by, p->watched_by ? p->watched_by : "parent") &&
	       m->process.started_ns == candidate->process.started_ns && !strcmp(m->exe, p->exe) &&
	       m->port_count == candidate->port_count &&
	       !memcmp(m->ports, candidate->ports, sizeof(m->ports));
}

/* False when the kernel half cannot watch it, or there is no room: nobody is told then. */
static bool choose(struct selection *s, const char *event, const struct procfiles *files,
		   const struct candidate *candidate, const struct portrait *portrait)
{
	struct member *m = member_find(s, files->process.tgid);

	if (!strcmp(event, "seen") && stays(m, candidate, portrait)) {
		m->seen = true;
		return true;
	}
	if (capture_target_set(s->capture, files->pidfd, files->process))
		return false;
	m = member_add(s, files->process, candidate->parent, candidate->comm);
	if (!m) {
		capture_target_clear(s->capture, files->pidfd);
		return false;
	}
	snprintf(m->watched_by, sizeof(m->watched_by), "%s",
		 portrait->watched_by ? portrait->watched_by : "parent");
	snprintf(m->exe, sizeof(m->exe), "%s", portrait->exe);
	memcpy(m->ports, candidate->ports, sizeof(m->ports));
	m->port_count = candidate->port_count;
	m->seen = true;
	s->tell(s->context, event, m, candidate->at_ns, files);
	return true;
}

static void leave_out(struct selection *s, const struct procfiles *files, uint64_t at_ns)
{
	struct member *m = member_find(s, files->process.tgid);

	capture_target_clear(s->capture, files->pidfd);
	if (m)
		member_end(s, m, at_ns);
}

/* Choose a process for its own sake or for its parent's; false when it is neither. */
static bool consider(struct selection *s, const char *event, const struct candidate *candidate)
{
	struct procfiles files;
	struct portrait portrait;
	bool chosen;

	if (procfiles_open(candidate->process, &files))
		return false;
	portray(s, &files, candidate, &portrait);
	chosen = !portrait.excluded && (portrait.watched_by || candidate->inherits);
	if (chosen)
		chosen = choose(s, event, &files, candidate, &portrait);
	else
		leave_out(s, &files, candidate->at_ns);
	procfiles_close(&files);
	return chosen;
}

static void add_ports(const struct buf *listeners, struct candidate *candidate)
{
	const struct listener_line *line = (const void *)listeners->at;

	for (size_t i = 0; i < listeners->len / sizeof(*line); i++)
		if (line[i].process.tgid == candidate->process.tgid && line[i].port &&
		    candidate->port_count < MEMBER_PORTS)
			candidate->ports[candidate->port_count++] = line[i].port;
}

/*
 * One pass over all processes; returns how many became targets. `anew`: those that are
 * targets have to be chosen again, and only who was has children that inherit it.
 */
static size_t scan_once(struct selection *s, const struct buf *processes,
			const struct buf *listeners, bool anew)
{
	const struct process_line *line = (const void *)processes->at;
	size_t found = 0;

	for (size_t i = 0; i < processes->len / sizeof(*line); i++) {
		struct member *m = member_find(s, line[i].process.tgid);
		struct candidate candidate = { .process = line[i].process,
					       .parent = line[i].parent,
					       .comm = line[i].comm,
					       .inherits = selection_has(s, line[i].parent) };

		if (anew && candidate.inherits)
			candidate.inherits = member_find(s, line[i].parent.tgid)->seen;
		if (selection_has(s, line[i].process) && (m->seen || !anew)) {
			m->seen = true;
			continue;
		}
		add_ports(listeners, &candidate);
		found += consider(s, "seen", &candidate);
	}
	return found;
}

static bool is_gone(void *value, void *context)
{
	struct selection *s = context;
	struct member *m = value;

	if (m->seen)
		return false;
	s->tell(s->context, "exit", m, monotonic_ns(), NULL);
	free(m);
	return true;
}

static void forget_seen(struct selection *s)
{
	struct member *m;
	size_t at = 0;

	while ((m = table_next(&s->members, &at)))
		m->seen = false;
}

static bool needs_ports(const struct config *config)
{
	bool needs = config->watch.port.count || config->trace.beside_sdk == BESIDE_SDK_SUPPRESS;

	for (size_t i = 0; i < config->service_count; i++)
		needs |= config->services[i].port.count > 0;
	return needs;
}

/*
 * Children that were forked before their parent was marked are found by looking
 * again until nothing new is there; later ones inherit in the kernel.
 */
static int scan(struct selection *s, bool anew)
{
	struct buf processes = buf_new(LIST_BYTES), listeners = buf_new(LIST_BYTES);
	size_t found = 1;
	int error = 0;

	forget_seen(s);
	for (int round = 0; round < ROUNDS && found && !error; round++) {
		buf_clear(&processes);
		buf_clear(&listeners);
		error = capture_list_processes(s->capture, &processes);
		if (!error && needs_ports(s->config))
			error = capture_list_listeners(s->capture, &listeners);
		if (!error)
			found = scan_once(s, &processes, &listeners, anew && !round);
	}
	if (!error)
		table_sweep(&s->members, is_gone, s);
	buf_free(&processes);
	buf_free(&listeners);
	return error ? error : capture_mark(s->capture);
}

int selection_scan(struct selection *s)
{
	return scan(s, false);
}

/* As at a start, but what stays a target was one all the while. */
int selection_reconfigure(struct selection *s, const struct config *config)
{
	s->config = config;
	s->members.limit = config->limit.processes;
	selection_settings(s);
	return scan(s, true);
}

static void event_fork(struct selection *s, const struct process_event *e)
{
	const struct member *parent = member_find(s, e->parent.tgid);
	struct member *child = member_add(s, e->process, e->parent, e->comm);

	if (!child)
		return;
	snprintf(child->watched_by, sizeof(child->watched_by), "parent");
	if (parent) {
		memcpy(child->exe, parent->exe, sizeof(child->exe));
		memcpy(child->ports, parent->ports, sizeof(child->ports));
		child->port_count = parent->port_count;
	}
	s->tell(s->context, "fork", child, e->at_ns, NULL);
}

static struct candidate candidate_of(const struct process_event *e)
{
	struct candidate candidate = {
		.process = e->process, .parent = e->parent, .comm = e->comm, .at_ns = e->at_ns
	};

	if (e->port)
		candidate.ports[candidate.port_count++] = e->port;
	return candidate;
}

static void event_exec(struct selection *s, const struct process_event *e)
{
	struct candidate candidate = candidate_of(e);

	candidate.inherits = selection_has(s, e->process) || e->was_target;
	if (consider(s, "exec", &candidate) && !candidate.inherits)
		capture_mark(s->capture);
}

static void event_exit(struct selection *s, const struct process_event *e)
{
	struct member *m = member_find(s, e->process.tgid);

	if (!m || m->process.started_ns != e->process.started_ns)
		return;
	member_end(s, m, e->at_ns);
}

/* One that is watched listens on a port more, which may name its service. */
static void member_listens(struct selection *s, struct member *m, uint16_t port)
{
	struct procfiles files;

	for (size_t i = 0; i < m->port_count; i++)
		if (m->ports[i] == port)
			return;
	if (!port || m->port_count == MEMBER_PORTS || procfiles_open(m->process, &files))
		return;
	m->ports[m->port_count++] = port;
	s->tell(s->context, "seen", m, 0, &files);
	procfiles_close(&files);
}

static void event_listen(struct selection *s, const struct process_event *e)
{
	struct candidate candidate = candidate_of(e);

	if (selection_has(s, e->process))
		member_listens(s, member_find(s, e->process.tgid), e->port);
	else if (consider(s, "seen", &candidate))
		capture_mark(s->capture);
}

void selection_event(struct selection *s, const struct process_event *event)
{
	switch (event->type) {
	case EVENT_FORK:
		return event_fork(s, event);
	case EVENT_EXEC:
		return event_exec(s, event);
	case EVENT_EXIT:
		return event_exit(s, event);
	case EVENT_LISTEN:
		return event_listen(s, event);
	}
}

/* Parents before their children, who may be of their instance. */
void selection_retell(struct selection *s)
{
	struct buf processes = buf_new(LIST_BYTES);
	const struct process_line *line;

	if (capture_list_processes(s->capture, &processes))
		buf_clear(&processes);
	line = (const void *)processes.at;
	for (size_t i = 0; i < processes.len / sizeof(*line); i++) {
		struct procfiles files;

		if (!selection_has(s, line[i].process) || procfiles_open(line[i].process, &files))
			continue;
		s->tell(s->context, "seen", member_find(s, line[i].process.tgid), 0, &files);
		procfiles_close(&files);
	}
	buf_free(&processes);
}
