/* SPDX-License-Identifier: Apache-2.0 */
#include "user/capture/selftest_return.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "user/base/filter.h"
#include "user/base/mem.h"
#include "user/capture/attach.h"
#include "user/capture/selftest_probe.h"

static __attribute__((noinline)) void return_spot(void)
{
	__asm__ volatile("nop # and returns" : : : "memory");
}

static void (*volatile const spot)(void) = return_spot;

/* The filter kills whatever it does not know; the last two calls are for what its making leaves. */
__attribute__((noreturn)) static void child(void)
{
	static const char *const allowed[] = { "exit_group", "brk", "munmap" };
	scmp_filter_ctx filter = filter_new();

	prctl(PR_SET_DUMPABLE, 0); /* its end is no crash that anyone should look into */
	if (!filter || filter_enter(filter, filter_allow(filter, allowed, ARRAY_SIZE(allowed))))
		_exit(1);
	spot();
	_exit(0);
}

static int run_child(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		child();
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFSIGNALED(status) ? -EPERM : status ? -ENOTSUP : 0;
}

int selftest_return(struct capture *c)
{
	_cleanup_(closep) int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	/* No row of that number means anything yet. */
	const struct attach_place place = { .offset = selftest_offset((uintptr_t)spot) };
	bool multi;
	int program = capture_probe_program(c, &multi), link, links, error;

	links = file < 0 ? -errno : attach_places(program, multi, file, true, &place, 1, &link);
	if (links < 0)
		return links;
	error = run_child();
	close(link);
	return error;
}
