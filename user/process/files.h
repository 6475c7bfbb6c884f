/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - raw material for the facts of one process, opened by who may. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Under /proc/PID. */
enum process_file {
	FILE_ENVIRON,
	FILE_CMDLINE,
	FILE_CGROUP,
	FILE_STAT,
	FILE_MAPS,
	PROCESS_FILES,
};

enum { PROCESS_FILES_ALL = (1 << PROCESS_FILES) - 1 };

struct process_files {
	/* Open for reading, -1 where there is none. Read with pread, bounded. */
	int fds[PROCESS_FILES];
	const char *exe; /* what /proc/PID/exe links to, or NULL */
	const char *comm;
	const char *runtime;   /* of "runtime": name and version, a newline, hooks; or NULL */
	const uint16_t *ports; /* that it listens on, as far as known */
	size_t port_count;
	/*
	 * Open a file of the process's own, by a path inside its root directory
	 * (relative ones inside its working directory); -1 when it cannot be had.
	 */
	int (*open)(void *context, const char *path);
	void *context;
};

/* "environ", ... */
extern const char *const process_file_names[PROCESS_FILES];

/*
 * The one way to make them: a descriptor that is not set is 0. `fds` are those of the files whose
 * bits are set in `which`, in their order; the others, and all the rest, there is not.
 */
struct process_files process_files_new(const int *fds, size_t count, uint32_t which);

struct config;

/* Bits of the files that a record is made of. Maps are for trace.beside-sdk=suppress alone. */
uint32_t process_files_wanted(const struct config *config);
