/* SPDX-License-Identifier: Apache-2.0 */
/* procfiles.c - mirrors user/monitor/procfiles.c */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/hsperf/mapped.h"
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

/* This process as one with a JVM in it, whose file of counters is at `path`. */
struct jvm {
	char folder[64], path[96], again[96];
	struct procfiles files;
	void *mapped;
};

static int jvm_open(struct jvm *jvm)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	struct process_id self = { .tgid = (uint32_t)getpid() };
	int fd;

	*jvm = (struct jvm){ .folder = "/tmp/hsperfdata_sonde-test-XXXXXX" };
	self.started_ns = procfiles_ticks(self.tgid) * tick_ns;
	if (!mkdtemp(jvm->folder) || procfiles_open(self, &jvm->files))
		abort();
	snprintf(jvm->path, sizeof(jvm->path), "%s/%d", jvm->folder, getpid());
	snprintf(jvm->again, sizeof(jvm->again), "%s/again", jvm->folder);
	fd = open(jvm->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 4096))
		abort();
	return fd;
}

static void jvm_map(struct jvm *jvm, int fd)
{
	jvm->mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void jvm_close(struct jvm *jvm, int fd)
{
	munmap(jvm->mapped, 4096);
	close(fd);
	unlink(jvm->path);
	unlink(jvm->again);
	rmdir(jvm->folder);
	procfiles_close(&jvm->files);
}

static bool same_file(int a, int b)
{
	struct stat first, second;

	return !fstat(a, &first) && !fstat(b, &second) && first.st_ino == second.st_ino;
}

TEST(the_counters_that_a_jvm_has_mapped_are_opened)
{
	struct jvm jvm;
	int fd = jvm_open(&jvm), before, after;
	bool same;

	before = procfiles_inside(&jvm.files, HSPERF_PATTERN);
	jvm_map(&jvm, fd);
	after = procfiles_inside(&jvm.files, HSPERF_PATTERN);
	same = after >= 0 && same_file(fd, after);
	close(after);
	jvm_close(&jvm, fd);
	CHECK(before == -ENOENT);
	CHECK(same);
}

/* The pid by which the JVM names its file stands behind them. */
TEST(a_process_of_many_groups_has_its_counters_opened)
{
	gid_t before[256], many[2000];
	int count = getgroups(ARRAY_SIZE(before), before);
	struct jvm jvm;
	int fd = jvm_open(&jvm), opened;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 1000000000 + (gid_t)i;
	if (!geteuid() && count >= 0 && setgroups(ARRAY_SIZE(many), many))
		count = -1;
	jvm_map(&jvm, fd);
	opened = procfiles_inside(&jvm.files, HSPERF_PATTERN);
	if (!geteuid() && count >= 0 && setgroups((size_t)count, before))
		abort();
	close(opened);
	jvm_close(&jvm, fd);
	CHECK(opened >= 0);
}

TEST(counters_with_another_name_or_of_another_user_are_not_opened)
{
	struct jvm jvm;
	int fd = jvm_open(&jvm), linked, others = -EPERM;

	jvm_map(&jvm, fd);
	if (link(jvm.path, jvm.again))
		abort();
	linked = procfiles_inside(&jvm.files, HSPERF_PATTERN);
	unlink(jvm.again);
	if (!geteuid() && !fchown(fd, 1, 1))
		others = procfiles_inside(&jvm.files, HSPERF_PATTERN);
	jvm_close(&jvm, fd);
	CHECK(linked == -EPERM && others == -EPERM);
}

TEST(nothing_else_of_a_process_is_opened)
{
	static const char *const paths[] = { "/etc/passwd", "/tmp/hsperfdata_root/1",
					     "/tmp/hsperfdata_*/1", "package.jso", "" };
	struct jvm jvm;
	int fd = jvm_open(&jvm), got[ARRAY_SIZE(paths)];

	EACH(i, paths)
		got[i] = procfiles_inside(&jvm.files, paths[i]);
	jvm_close(&jvm, fd);
	EACH(i, paths)
		CHECK(got[i] == -EPERM);
}
