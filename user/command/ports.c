/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ports.c - /proc/PID/net/tcp lists the listening sockets of its network namespace
 * by inode, /proc/PID/fd those that it has.
 */
#include "user/command/ports.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "user/base/mem.h"

enum { LISTENERS = 4096, LISTENING = 0x0a, LINE_BYTES = 512 };

struct listening {
	unsigned long inode;
	uint16_t port;
};

struct namespace
{
	struct listening *at; /* LISTENERS of them */
	size_t count;
};

/* "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 ..." */
static void read_table(uint32_t pid, const char *name, struct namespace *ns)
{
	char path[64], line[LINE_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, name);
	f = fopen(path, "re");
	while (f && ns->count < LISTENERS && fgets(line, sizeof(line), f)) {
		struct listening *l = &ns->at[ns->count];
		unsigned port, state;

		if (sscanf(line,
			   "%*u: %*[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2x %*s %*s %*s %*s %*s %lu",
			   &port, &state, &l->inode) != 3 ||
		    state != LISTENING)
			continue;
		l->port = (uint16_t)port;
		ns->count++;
	}
	if (f)
		fclose(f);
}

static bool has_port(const uint16_t *ports, size_t count, uint16_t port)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static void add_ports(const struct namespace *ns, unsigned long inode, uint16_t *ret, size_t room,
		      size_t *count)
{
	for (size_t i = 0; i < ns->count; i++)
		if (ns->at[i].inode == inode && *count < room &&
		    !has_port(ret, *count, ns->at[i].port))
			ret[(*count)++] = ns->at[i].port;
}

int ports_of(uint32_t pid, uint16_t *ret, size_t room, size_t *count)
{
	_cleanup_(freep) struct listening *at = xcalloc(LISTENERS, sizeof(*at));
	struct namespace ns = { .at = at };
	char path[64], target[64];
	struct dirent *entry;
	unsigned long inode;
	DIR *fds;

	*count = 0;
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	fds = opendir(path);
	if (!fds)
		return -errno;
	read_table(pid, "tcp", &ns);
	read_table(pid, "tcp6", &ns);
	while (ns.count && (entry = readdir(fds))) {
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1)
			add_ports(&ns, inode, ret, room, count);
	}
	closedir(fds);
	return 0;
}
