/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/files.h"

#include "user/config/config.h"

const char *const process_file_names[PROCESS_FILES] = {
	[FILE_ENVIRON] = "environ", [FILE_CMDLINE] = "cmdline", [FILE_CGROUP] = "cgroup",
	[FILE_STAT] = "stat",	    [FILE_MAPS] = "maps",
};

struct process_files process_files_new(const int *fds, size_t count, uint32_t which)
{
	struct process_files files = {};
	size_t next = 0;

	for (size_t i = 0; i < PROCESS_FILES; i++)
		files.fds[i] = which & 1U << i && next < count ? fds[next++] : -1;
	return files;
}

uint32_t process_files_wanted(const struct config *config)
{
	uint32_t all = PROCESS_FILES_ALL;

	return config->trace.beside_sdk == BESIDE_SDK_SUPPRESS ? all : all & ~(1U << FILE_MAPS);
}
