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
#include "user/base/str.h"

enum { LISTENERS = 4096, LISTENING = 0x0a, LINE_BYTES = 512 };
enum { LOCAL = 1, STATE = 3, INODE = 9 }; /* fields of a line */

struct listening {
	unsigned long inode;
	uint16_t port;
};

struct namespace
{
	struct listening *at; /* LISTENERS of them */
	size_t count;
};

/* Field `n` of a line, counted from 0; empty when there are not so many. */
static struct str field_of(struct str line, int n)
{
	struct str field = {};

	for (int i = 0; i <= n; i++) {
		line = str_trim(line);
		field = (struct str){};
		take_part(&line, ' ', &field);
	}
	return field;
}

/* Digits of `base` up to something else. */
static unsigned long number_of(struct str digits, int base)
{
	char text[24];

	snprintf(text, sizeof(text), "%.*s", STR_ARGS(str_first(digits, sizeof(text) - 1)));
	return strtoul(text, NULL, base);
}

/* "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12345 ..." */
static void read_table(uint32_t pid, const char *name, struct namespace *ns)
{
	char path[64], text[LINE_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, name);
	f = fopen(path, "re");
	while (f && ns->count < LISTENERS && fgets(text, sizeof(text), f)) {
		struct str line = str_of(text), port = field_of(line, LOCAL), address;

		if (number_of(field_of(line, STATE), 16) != LISTENING ||
		    !take_until(&port, ':', &address))
			continue;
		ns->at[ns->count++] =
			(struct listening){ .inode = number_of(field_of(line, INODE), 10),
					    .port = (uint16_t)number_of(port, 16) };
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
	const struct str socket = STR("socket:[");
	struct namespace ns = { .at = at };
	char path[64], target[64];
	struct dirent *entry;
	DIR *fds;

	*count = 0;
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	fds = opendir(path);
	if (!fds)
		return -errno;
	read_table(pid, "tcp", &ns);
	read_table(pid, "tcp6", &ns);
	while (ns.count && (entry = readdir(fds))) {
		ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target));
		struct str link = { target, len > 0 ? (size_t)len : 0 };

		if (str_starts(link, socket))
			add_ports(&ns, number_of(str_after(link, socket.len), 10), ret, room,
				  count);
	}
	closedir(fds);
	return 0;
}
