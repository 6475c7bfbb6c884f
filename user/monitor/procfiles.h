/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procfiles.h - files of a process, opened for somebody without privileges.
 *
 * The monitor opens and passes on; it reads nothing that a target writes but
 * the link of its executable, the line of its cgroup, and (in a child) the names
 * of what it has mapped, where HSPERF_PATTERN is asked for. Everything is opened
 * through one descriptor of /proc/PID, and the process's start is compared
 * before and after, so that an id that was used again is never taken for the old.
 * An executable itself is never touched: where it lies may keep us waiting.
 */
#pragma once

#include <stdbool.h>

#include "user/monitor/message.h"
#include "user/process/files.h"

struct procfiles {
	int directory; /* /proc/PID */
	int pidfd;
	struct process_id process;
};

/* -ESRCH when the process is gone or is another one by now. */
int procfiles_open(struct process_id process, struct procfiles *ret);
void procfiles_close(struct procfiles *p);

/* When a process began, in the ticks of /proc/PID/stat; 0: there is none. */
uint64_t procfiles_ticks(uint32_t tgid);
bool procfiles_began_at(struct process_id process, uint64_t ticks);

/* Path of the executable without " (deleted)"; empty where it has none (-errno). */
int procfiles_exe(const struct procfiles *p, char *ret, size_t size);
/* The cgroup v2 path, or v1's name=systemd one. */
int procfiles_cgroup(const struct procfiles *p, char *ret, size_t size);

/* What MESSAGE_PROCESS carries: descriptors of those `wanted` (bits), in enum process_file's order. */
size_t procfiles_facts(const struct procfiles *p, uint32_t wanted, int ret[PROCESS_FILES],
		       uint32_t *files);

/*
 * A regular file inside the process's root directory, by an absolute path or
 * one relative to its working directory, without symbolic links. Only what
 * names services is opened (package.json), and for HSPERF_PATTERN the counters
 * of HotSpot that it has mapped; and only what the process could read itself.
 * A descriptor, or negative errno; it may take as long as the file system likes.
 */
int procfiles_inside(const struct procfiles *p, const char *path);
