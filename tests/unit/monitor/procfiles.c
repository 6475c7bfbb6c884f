/* SPDX-License-Identifier: Apache-2.0 */
/* procfiles.c - mirrors user/monitor/procfiles.c */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/monitor/procfiles.h"

/* procfiles_cgroup() of a process whose /proc/PID/cgroup has this text. */
static bool cgroup_is(const char *text, const char *want)
{
	char directory[] = "/tmp/sonde-test-XXXXXX", got[64] = "unset";
	bool made = mkdtemp(directory);
	_cleanup_(freep) char *path = xasprintf("%s/cgroup", directory);
	struct procfiles files = { .pidfd = -1 };
	FILE *file;

	file = made ? fopen(path, "w") : NULL;
	if (!file)
		return false;
	fputs(text, file);
	fclose(file);
	files.directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	procfiles_cgroup(&files, got, sizeof(got));
	close(files.directory);
	unlink(path);
	rmdir(directory);
	return !strcmp(got, want);
}

TEST(a_cgroup_is_matched_by_the_path_that_names_it)
{
	CHECK(cgroup_is("0::/system.slice/shop.service\n", "/system.slice/shop.service"));
	CHECK(cgroup_is("4:cpu:/\n1:name=systemd:/shop.service\n0::/\n", "/shop.service"));
	CHECK(cgroup_is("0::/shop\n1:name=systemd:/\n", "/shop"));
	CHECK(cgroup_is("2:cpu:/docker/shop\n0::/\n", "/docker/shop"));
	CHECK(cgroup_is("0::/\n", "/"));
	CHECK(cgroup_is("", ""));
}

TEST(only_files_that_are_wanted_are_opened)
{
	struct procfiles files = { .pidfd = -1 };
	int fds[PROCESS_FILES];
	uint32_t has;

	files.directory = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(procfiles_facts(&files, 1U << FILE_STAT, fds, &has) == 1 && has == 1U << FILE_STAT);
	close(fds[0]);
	CHECK(!procfiles_facts(&files, 0, fds, &has) && !has);
	close(files.directory);
}
