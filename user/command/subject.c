/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/subject.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/command/ports.h"
#include "user/process/cgroup.h"
#include "user/process/process.h"
#include "user/process/read.h"

enum { KERNEL_THREAD = 0x00200000, STAT_FLAGS = 9, STAT_STARTED = 22 };

static int read_file(uint32_t pid, const char *name, struct buf *ret)
{
	_cleanup_(closep) int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : read_proc(fd, ret);
}

/* What stands after "Name:" in /proc/PID/status; its lines are the kernel's own. */
static struct str status_field(struct str status, struct str name)
{
	struct str line;

	while (take_part(&status, '\n', &line))
		if (str_starts(line, name))
			return str_trim(str_after(line, name.len));
	return (struct str){};
}

static uint32_t number_of(struct str digits)
{
	uint32_t n = 0;

	for (size_t i = 0; i < digits.len && digits.at[i] >= '0' && digits.at[i] <= '9'; i++)
		n = n * 10 + (uint32_t)(digits.at[i] - '0');
	return n;
}

static void copy(char *to, size_t size, struct str from)
{
	snprintf(to, size, "%.*s", STR_ARGS(from));
}

static int read_status(uint32_t pid, struct subject *ret)
{
	struct buf text = buf_new(LIMIT_PROC_FILE_BYTES);
	struct str inner, state, outer;

	if (read_file(pid, "status", &text) || !text.len) {
		buf_free(&text);
		return -ESRCH;
	}
	ret->pid = number_of(status_field(buf_str(&text), STR("Tgid:")));
	ret->is_thread = ret->pid != pid;
	ret->parent.tgid = number_of(status_field(buf_str(&text), STR("PPid:")));
	state = status_field(buf_str(&text), STR("State:"));
	ret->is_zombie = state.len && (state.at[0] == 'Z' || state.at[0] == 'X');
	copy(ret->comm, sizeof(ret->comm), status_field(buf_str(&text), STR("Name:")));
	inner = status_field(buf_str(&text), STR("NStgid:"));
	if (take_until(&inner, '\t', &outer))
		copy(ret->inner_pids, sizeof(ret->inner_pids), inner);
	buf_free(&text);
	return ret->pid ? 0 : -ESRCH;
}

/* The numbers behind the name in parentheses, which may hold anything. */
static int read_stat(uint32_t pid, __u64 *started_ns, uint64_t *flags)
{
	struct buf text = buf_new(LIMIT_PROC_FILE_BYTES);
	uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	const char *end;
	char *at;

	if (read_file(pid, "stat", &text) || buf_add_byte(&text, '\0')) {
		buf_free(&text);
		return -ESRCH;
	}
	end = strrchr(text.at, ')');
	at = end ? (char *)end + 1 : text.at;
	for (int field = 3; field <= STAT_STARTED && *at; field++) {
		at += strspn(at, " ");
		if (field == STAT_FLAGS)
			*flags = strtoull(at, NULL, 10);
		if (field == STAT_STARTED)
			*started_ns = strtoull(at, NULL, 10) * (NS_PER_S / per_second);
		at += strcspn(at, " ");
	}
	buf_free(&text);
	return 0;
}

static bool is_32bit_program(uint32_t pid)
{
	_cleanup_(closep) int fd = -1;
	unsigned char ident[EI_NIDENT];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd >= 0 && read(fd, ident, sizeof(ident)) == sizeof(ident) &&
	       !memcmp(ident, ELFMAG, SELFMAG) && ident[EI_CLASS] == ELFCLASS32;
}

/* By the path, as the monitor does it (selection.c). */
static bool is_our_program(const char *exe)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own));

	return len > 0 && (size_t)len == strlen(exe) && !memcmp(own, exe, (size_t)len);
}

int subject_read(uint32_t pid, struct subject *ret)
{
	struct subject s = {};
	struct procfiles files;
	uint64_t flags = 0, parent_flags;
	int error = read_status(pid, &s);

	error = error ? error : read_stat(s.pid, &s.id.started_ns, &flags);
	if (error)
		return error;
	s.id.tgid = s.pid;
	if (s.parent.tgid)
		read_stat(s.parent.tgid, &s.parent.started_ns, &parent_flags);
	s.is_kernel_thread = flags & KERNEL_THREAD;
	s.is_32bit = is_32bit_program(s.pid);
	if (!procfiles_open(s.id, &files)) {
		s.exe_known = !procfiles_exe(&files, s.exe, sizeof(s.exe));
		procfiles_cgroup(&files, s.cgroup, sizeof(s.cgroup));
		s.is_sonde = is_our_program(s.exe);
		procfiles_close(&files);
	}
	s.ports_known = !ports_of(s.pid, s.ports, SUBJECT_PORTS, &s.port_count);
	*ret = s;
	return 0;
}

static int open_inside(void *context, const char *path)
{
	int fd = procfiles_inside(context, path);

	return fd < 0 ? -1 : fd;
}

static int write_record(const struct subject *s, const struct config *config,
			struct procfiles *files, struct buf *ret)
{
	struct process_files raw;
	int fds[PROCESS_FILES], error;
	uint32_t has;
	size_t count = procfiles_facts(files, PROCESS_FILES_ALL, fds, &has);

	raw = process_files_new(fds, count, has);
	raw.exe = s->exe[0] ? s->exe : NULL;
	raw.comm = s->comm;
	raw.ports = s->ports;
	raw.port_count = s->port_count;
	raw.open = open_inside;
	raw.context = files;
	error = process_facts(config, s->id, s->parent, "seen", "", &raw, monotonic_ns(), ret);
	while (count)
		close(fds[--count]);
	return error;
}

int subject_facts(const struct subject *s, const struct config *config, struct buf *ret)
{
	struct procfiles files;
	int error = procfiles_open(s->id, &files);

	if (error)
		return error;
	error = write_record(s, config, &files, ret);
	procfiles_close(&files);
	return error;
}

const char *subject_unit(const struct subject *s)
{
	static char unit[256];
	_cleanup_(freep) char *line = xasprintf("0::%s\n", s->cgroup);

	copy(unit, sizeof(unit), cgroup_unit(str_of(line)));
	return unit;
}
