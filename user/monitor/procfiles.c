/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/procfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/process/cgroup.h"

/* Field 22 of /proc/PID/stat; the kernel's own text after the last ')'. */
static int start_ticks(int directory, uint64_t *ret)
{
	_cleanup_(closep) int fd = openat(directory, "stat", O_RDONLY | O_CLOEXEC);
	char text[1024], *at;
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	if (got <= 0)
		return -ESRCH;
	text[got] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -ESRCH;
	*ret = strtoull(at, NULL, 10);
	return 0;
}

bool procfiles_began_at(struct process_id process, uint64_t ticks)
{
	return ticks == process.started_ns / (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static bool is_the_same(int directory, struct process_id process)
{
	uint64_t ticks;

	return !start_ticks(directory, &ticks) && procfiles_began_at(process, ticks);
}

static int open_directory(uint32_t tgid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", tgid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

uint64_t procfiles_ticks(uint32_t tgid)
{
	_cleanup_(closep) int directory = open_directory(tgid);
	uint64_t ticks;

	return directory < 0 || start_ticks(directory, &ticks) ? 0 : ticks;
}

int procfiles_open(struct process_id process, struct procfiles *ret)
{
	struct procfiles p = { .process = process, .directory = open_directory(process.tgid) };

	if (p.directory < 0)
		return -ESRCH;
	p.pidfd = (int)syscall(SYS_pidfd_open, process.tgid, 0);
	if (p.pidfd < 0 || !is_the_same(p.directory, process)) {
		procfiles_close(&p);
		return -ESRCH;
	}
	*ret = p;
	return 0;
}

void procfiles_close(struct procfiles *p)
{
	closep(&p->directory);
	closep(&p->pidfd);
}

int procfiles_exe(const struct procfiles *p, char *ret, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t len = readlinkat(p->directory, "exe", ret, size - 1);

	ret[0] = len > 0 ? ret[0] : '\0';
	if (len <= 0)
		return len ? -errno : -ENOENT;
	ret[len] = '\0';
	if ((size_t)len >= sizeof(deleted) && !strcmp(ret + len - sizeof(deleted) + 1, deleted))
		ret[(size_t)len - sizeof(deleted) + 1] = '\0';
	return 0;
}

int procfiles_cgroup(const struct procfiles *p, char *ret, size_t size)
{
	_cleanup_(closep) int fd = openat(p->directory, "cgroup", O_RDONLY | O_CLOEXEC);
	char text[8192];
	struct str path;
	ssize_t got;

	ret[0] = '\0';
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text));
	if (got <= 0)
		return -ESRCH;
	path = cgroup_path((struct str){ text, (size_t)got });
	snprintf(ret, size, "%.*s", STR_ARGS(path));
	return 0;
}

size_t procfiles_facts(const struct procfiles *p, uint32_t wanted, int ret[PROCESS_FILES],
		       uint32_t *files)
{
	size_t count = 0;

	*files = 0;
	for (size_t i = 0; i < PROCESS_FILES; i++) {
		int fd = wanted & 1U << i ? openat(p->directory, process_file_names[i],
						   O_RDONLY | O_CLOEXEC | O_NONBLOCK)
					  : -1;

		if (fd < 0)
			continue;
		*files |= 1U << i;
		ret[count++] = fd;
	}
	return count;
}

static bool may_be_opened(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "package.json");
}

/* The fourth of "Uid:" or "Gid:" in /proc/PID/status: the one that opens files. */
static bool file_id(const char *status, const char *key, unsigned *ret)
{
	const char *at = strstr(status, key);

	for (int i = 0; at && i < 4; i++)
		at = strchr(at + 1, '\t');
	if (at)
		*ret = (unsigned)strtoul(at + 1, NULL, 10);
	return at;
}

/*
 * Is it the process's own or root's, and could it read it itself? We can read anything, and must
 * not on its behalf. Its ids are in its status, for /proc/PID is root's where it is not dumpable.
 */
static bool may_be_read(const struct procfiles *p, const struct stat *file)
{
	_cleanup_(closep) int fd = openat(p->directory, "status", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	unsigned uid, gid;

	text[got > 0 ? got : 0] = '\0';
	if (!file_id(text, "\nUid:", &uid) || !file_id(text, "\nGid:", &gid))
		return false;
	if (uid == 0)
		return true;
	if (file->st_uid == uid)
		return file->st_mode & S_IRUSR;
	return file->st_uid == 0 && file->st_mode & (file->st_gid == gid ? S_IRGRP : S_IROTH);
}

/*
 * Absolute paths resolve inside the process's root, relative ones below its
 * working directory, and no symbolic link is followed: each is the target's to make.
 */
int procfiles_inside(const struct procfiles *p, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = path[0] == '/' ? RESOLVE_IN_ROOT : RESOLVE_BENEATH };
	_cleanup_(closep) int base = -1, fd = -1;
	struct stat status;

	if (!may_be_opened(path))
		return -EPERM;
	base = openat(p->directory, path[0] == '/' ? "root" : "cwd",
		      O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return -errno;
	how.resolve |= RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	fd = (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || !may_be_read(p, &status) ||
	    !is_the_same(p->directory, p->process))
		return -EPERM;
	return TAKE_FD(fd);
}
