/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/procfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/hsperf/mapped.h"
#include "user/process/cgroup.h"
#include "user/process/stat.h"

/* What a file of /proc holds, with a NUL behind it; empty where nothing can be read. */
static struct str read_text(int directory, const char *name, char *text, size_t size)
{
	_cleanup_(closep) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, size - 1);

	text[got > 0 ? got : 0] = '\0';
	return str_of(text);
}

static int start_ticks(int directory, uint64_t *ret)
{
	char text[1024];

	*ret = stat_started_ticks(read_text(directory, "stat", text, sizeof(text)));
	return *ret ? 0 : -ESRCH;
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
	char text[8192];
	struct str held = read_text(p->directory, "cgroup", text, sizeof(text));

	snprintf(ret, size, "%.*s", STR_ARGS(cgroup_path(held)));
	return held.len ? 0 : -ESRCH;
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

/*
 * Is it the process's own or root's, and could it read it itself? We can read anything, and must
 * not on its behalf. Its ids are in its status, for /proc/PID is root's where it is not dumpable.
 */
static bool may_be_read(const struct process_status *status, const struct stat *file)
{
	if (!S_ISREG(file->st_mode))
		return false;
	if (status->file_uid == 0)
		return true;
	if (file->st_uid == status->file_uid)
		return file->st_mode & S_IRUSR;
	return file->st_uid == 0 &&
	       file->st_mode & (file->st_gid == status->file_gid ? S_IRGRP : S_IROTH);
}

/*
 * Absolute paths resolve inside the process's root, relative ones below its
 * working directory, and no symbolic link is followed: each is the target's to make.
 */
static int open_inside(const struct procfiles *p, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = path[0] == '/' ? RESOLVE_IN_ROOT : RESOLVE_BENEATH };
	_cleanup_(closep) int base = openat(p->directory, path[0] == '/' ? "root" : "cwd",
					    O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (base < 0)
		return -errno;
	how.resolve |= RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	fd = (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* The file that the process has mapped, as HotSpot makes it: its own, under one name. */
static int open_counters(const struct procfiles *p, const struct process_status *status)
{
	_cleanup_(closep) int maps = openat(p->directory, "maps", O_RDONLY | O_CLOEXEC), fd = -1;
	char path[NAME_MAX];
	struct stat file;

	if (hsperf_mapped(maps, status->inner_pid, path, sizeof(path)))
		return -ENOENT;
	fd = open_inside(p, path);
	if (fd < 0 || fstat(fd, &file) || file.st_uid != status->file_uid || file.st_nlink != 1)
		return -EPERM;
	return TAKE_FD(fd);
}

int procfiles_inside(const struct procfiles *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct process_status status;
	_cleanup_(closep) int fd = -EPERM;
	_cleanup_(freep) char *text = xcalloc(1, LIMIT_PROC_FILE_BYTES); /* groups may be many */
	struct stat file;

	if (!status_parse(read_text(p->directory, "status", text, LIMIT_PROC_FILE_BYTES), &status))
		return -ESRCH;
	if (!strcmp(path, HSPERF_PATTERN))
		fd = open_counters(p, &status);
	else if (!strcmp(slash ? slash + 1 : path, "package.json"))
		fd = open_inside(p, path);
	if (fd < 0)
		return fd;
	if (fstat(fd, &file) || !may_be_read(&status, &file) ||
	    !is_the_same(p->directory, p->process))
		return -EPERM;
	return TAKE_FD(fd);
}
