/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/table.h"

enum { LIST_BYTES = 16 << 20, PORTS = 64, ROUNDS = 8, OWN_PIDS = 4 };

struct member {
	struct process_id process, parent;
	char comm[COMM_BYTES];
	char watched_by[64];
	char exe[MESSAGE_TEXT];
};

struct selection {
	struct capture *capture;
	const struct config *config;
	selection_tell *tell;
	void *context;
	struct table members; /* by tgid */
	uint32_t own[OWN_PIDS];
	size_t own_count;
	uint64_t own_device, own_inode; /* our executable: another sonde is no target */
};

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
	capture_ports(capture, &config->watch.port);
	self.directory = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	procfiles_exe_id(&self, &s->own_device, &s->own_inode);
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

static void member_remove(struct selection *s, struct member *m)
{
	table_remove_u64(&s->members, m->process.tgid);
	free(m);
}

/* Ids are used again: what is left of an older process by this id is forgotten. */
static struct member *member_add(struct selection *s, struct process_id process,
				 struct process_id parent, const void *comm)
{
	struct member *m = member_find(s, process.tgid);

	if (m)
		member_remove(s, m);
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

static bool is_own(const struct selection *s, const struct procfiles *files)
{
	uint64_t device, inode;

	for (size_t i = 0; i < s->own_count; i++)
		if (s->own[i] == files->process.tgid)
			return true;
	return !procfiles_exe_id(files, &device, &inode) && device == s->own_device &&
	       inode == s->own_inode;
}

/* What decides about one process, read from where the kernel keeps it. */
struct portrait {
	char exe[MESSAGE_TEXT], cgroup[512], rule[64];
	const char *watched_by; /* NULL: not by an option */
	bool excluded;
};

static void portray(const struct selection *s, const struct procfiles *files,
		    const uint16_t *ports, size_t port_count, struct portrait *ret)
{
	const char *why_not;

	procfiles_exe(files, ret->exe, sizeof(ret->exe));
	ret->cgroup[0] = '\0';
	if (s->config->watch.cgroup.count)
		procfiles_cgroup(files, ret->cgroup, sizeof(ret->cgroup));
	ret->watched_by = selection_rule(s->config, files->process.tgid, ret->exe, ret->cgroup, ports,
					 port_count, &why_not, ret->rule, sizeof(ret->rule));
	ret->excluded = is_own(s, files) ||
			(!ret->watched_by && !strncmp(why_not, "watch.exclude", 13));
}

static void choose(struct selection *s, const char *event, const struct procfiles *files,
		   struct process_id parent, const void *comm, uint64_t at_ns,
		   const struct portrait *portrait, const char *watched_by)
{
	struct member *m = member_add(s, files->process, parent, comm);

	if (!m || capture_target_set(s->capture, files->pidfd, files->process))
		return;
	snprintf(m->watched_by, sizeof(m->watched_by), "%s", watched_by);
	snprintf(m->exe, sizeof(m->exe), "%s", portrait->exe);
	s->tell(s->context, event, m->process, m->parent, at_ns, m->comm, m->exe, m->watched_by,
		files);
}

static void leave_out(struct selection *s, const struct procfiles *files)
{
	struct member *m = member_find(s, files->process.tgid);

	capture_target_clear(s->capture, files->pidfd);
	if (m)
		member_remove(s, m);
}

/* Choose a process for its own sake or for its parent's; false when it is neither. */
static bool consider(struct selection *s, const char *event, struct process_id process,
		     struct process_id parent, const void *comm, uint64_t at_ns,
		     const uint16_t *ports, size_t port_count, bool inherits)
{
	struct procfiles files;
	struct portrait portrait;
	bool chosen;

	if (procfiles_open(process, &files))
		return false;
	portray(s, &files, ports, port_count, &portrait);
	chosen = !portrait.excluded && (portrait.watched_by || inherits);
	if (chosen)
		choose(s, event, &files, parent, comm, at_ns, &portrait,
		       portrait.watched_by ? portrait.watched_by : "parent");
	else
		leave_out(s, &files);
	procfiles_close(&files);
	return chosen;
}

static size_t ports_of(const struct buf *listeners, struct process_id process,
		       uint16_t ret[PORTS])
{
	const struct listener_line *line = (const void *)listeners->at;
	size_t count = 0;

	for (size_t i = 0; i < listeners->len / sizeof(*line) && count < PORTS; i++)
		if (line[i].process.tgid == process.tgid)
			ret[count++] = line[i].port;
	return count;
}

/* One pass over all processes; returns how many became targets. */
static size_t scan_once(struct selection *s, const struct buf *processes,
			const struct buf *listeners)
{
	const struct process_line *line = (const void *)processes->at;
	size_t found = 0;

	for (size_t i = 0; i < processes->len / sizeof(*line); i++) {
		uint16_t ports[PORTS];
		const struct member *parent = member_find(s, line[i].parent.tgid);
		bool inherits = parent && parent->process.started_ns == line[i].parent.started_ns;

		if (selection_has(s, line[i].process))
			continue;
		found += consider(s, "seen", line[i].process, line[i].parent, line[i].comm, 0,
				  ports, ports_of(listeners, line[i].process, ports), inherits);
	}
	return found;
}

/*
 * Children that were forked before their parent was marked are found by looking
 * again until nothing new is there; later ones inherit in the kernel.
 */
int selection_scan(struct selection *s)
{
	struct buf processes = buf_new(LIST_BYTES), listeners = buf_new(LIST_BYTES);
	size_t found = 1;
	int error = 0;

	for (int round = 0; round < ROUNDS && found && !error; round++) {
		buf_clear(&processes);
		buf_clear(&listeners);
		error = capture_list_processes(s->capture, &processes);
		if (!error && s->config->watch.port.count)
			error = capture_list_listeners(s->capture, &listeners);
		if (!error)
			found = scan_once(s, &processes, &listeners);
	}
	buf_free(&processes);
	buf_free(&listeners);
	return error ? error : capture_mark_sockets(s->capture);
}

static void event_fork(struct selection *s, const struct process_event *e)
{
	const struct member *parent = member_find(s, e->parent.tgid);
	struct member *child = member_add(s, e->process, e->parent, e->comm);

	if (!child)
		return;
	snprintf(child->watched_by, sizeof(child->watched_by), "parent");
	if (parent)
		memcpy(child->exe, parent->exe, sizeof(child->exe));
	s->tell(s->context, "fork", child->process, child->parent, e->at_ns, child->comm, child->exe,
		child->watched_by, NULL);
}

static void event_exec(struct selection *s, const struct process_event *e)
{
	bool inherits = selection_has(s, e->process) || e->was_target;

	if (consider(s, "exec", e->process, e->parent, e->comm, e->at_ns, NULL, 0, inherits) &&
	    !inherits)
		capture_mark_sockets(s->capture);
}

static void event_exit(struct selection *s, const struct process_event *e)
{
	struct member *m = member_find(s, e->process.tgid);

	if (!m || m->process.started_ns != e->process.started_ns)
		return;
	s->tell(s->context, "exit", m->process, m->parent, e->at_ns, m->comm, m->exe, m->watched_by,
		NULL);
	member_remove(s, m);
}

static void event_listen(struct selection *s, const struct process_event *e)
{
	if (consider(s, "seen", e->process, e->parent, e->comm, e->at_ns, &e->port, 1, false))
		capture_mark_sockets(s->capture);
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

void selection_retell(struct selection *s)
{
	struct member *m;
	size_t at = 0;

	while ((m = table_next(&s->members, &at))) {
		struct procfiles files;

		if (procfiles_open(m->process, &files))
			continue;
		s->tell(s->context, "seen", m->process, m->parent, 0, m->comm, m->exe,
			m->watched_by, &files);
		procfiles_close(&files);
	}
}
