/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/files.h"

const char *const process_file_names[PROCESS_FILES] = {
	[FILE_ENVIRON] = "environ", [FILE_CMDLINE] = "cmdline", [FILE_CGROUP] = "cgroup",
	[FILE_STAT] = "stat",	    [FILE_MAPS] = "maps",
};

void process_files_set(struct process_files *files, const int *fds, size_t count, uint32_t which)
{
	size_t next = 0;

	for (size_t i = 0; i < PROCESS_FILES; i++)
		files->fds[i] = which & 1U << i && next < count ? fds[next++] : -1;
}
