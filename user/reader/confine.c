/* SPDX-License-Identifier: Apache-2.0 */
#include "user/reader/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "user/base/filter.h"
#include "user/base/mem.h"
#include "user/base/privileges.h"
#include "user/base/str.h"
#include "user/reader/reader.h"

enum { CPU_SECONDS = 2 };

/* Reading, memory, an answer, an end; the last two lines are for what the C library does meanwhile. */
/* clang-format off */
static const char *const allowed[] = {
	"read", "pread64", "fstat", "newfstatat", "close", "sendmsg", "exit_group",
	"brk", "munmap", "mremap", "madvise",
	"write", "futex", "rt_sigreturn", "rt_sigprocmask", "restart_syscall",
	"clock_gettime", "sched_yield", "getpid", "gettid", "sigaltstack",
};
/* clang-format on */

/* Of /proc/self/statm: the fields of that number from 0, in bytes. */
static bool memory_now(size_t first, size_t second, uint64_t ret[2])
{
	_cleanup_(closep) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at = text;

	if (got <= 0)
		return false;
	text[got] = '\0';
	for (size_t field = 0; field <= second && *at; field++) {
		uint64_t bytes = strtoull(at, &at, 10) * (uint64_t)sysconf(_SC_PAGESIZE);

		if (field == first)
			ret[0] = bytes;
		if (field == second)
			ret[1] = bytes;
	}
	return true;
}

static int limit(int resource, uint64_t value)
{
	struct rlimit most = { value, value }, now;

	if (getrlimit(resource, &now))
		return -errno;
	if (now.rlim_max < value) /* it is less already, and cannot be raised */
		most = (struct rlimit){ now.rlim_max, now.rlim_max };
	return setrlimit(resource, &most) ? -errno : 0;
}

/* What was the parent's is there already, and is not counted as the reader's. */
static int limit_all(void)
{
	uint64_t now[2]; /* all, and what is its own to write */
	int error = memory_now(0, 5, now) ? 0 : -ENOENT;

	if (!error)
		error = limit(RLIMIT_AS, now[0] + READER_BYTES);
	if (!error)
		error = limit(RLIMIT_DATA, now[1] + READER_BYTES);
	return error ? error : limit(RLIMIT_CPU, CPU_SECONDS);
}

int confine_enter(void)
{
	scmp_filter_ctx filter;
	int error = limit_all();

	if (!error)
		error = privileges_give_up();
	if (error)
		return error;
	filter = filter_new();
	if (!filter)
		return -ENOMEM;
	error = filter_allow(filter, allowed, ARRAY_SIZE(allowed));
	if (!error)
		error = filter_allow_memory(filter);
	return filter_enter(filter, error);
}
