/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/jail.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/filter.h"
#include "user/base/mem.h"
#include "user/export/exporter.h"
#include "user/worker/landlock.h"

/* Plain calls that the loop, libmicrohttpd, libcurl, GnuTLS and malloc make. */
/* clang-format off */
static const char *const allowed[] = {
	"accept4", "access", "arch_prctl", "bind", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "close", "connect", "dup", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group", "faccessat", "faccessat2",
	"fcntl", "fstat", "fstatfs", "fsync", "ftruncate", "futex", "getcpu", "getdents64", "getegid", "geteuid",
	"getgid", "getpeername", "getpid", "getppid", "getrandom", "getrlimit", "getrusage",
	"getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "listen", "lseek",
	"lstat", "madvise", "membarrier", "mremap", "munmap", "nanosleep", "newfstatat", "open",
	"openat", "pipe2", "poll", "ppoll", "pread64", "pselect6", "pwrite64", "read",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmsg", "restart_syscall",
	"rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
	"sched_getaffinity", "sched_yield", "select", "sendfile", "sendmmsg", "sendmsg", "sendto",
	"set_robust_list", "set_tid_address", "setsockopt", "shutdown", "sigaltstack", "signalfd4",
	"stat", "statfs", "statx", "sysinfo", "time", "timerfd_create",
	"timerfd_gettime", "timerfd_settime", "uname", "write", "writev",
};
/* clang-format on */

/* Commands of bpf(2) that work by a descriptor that the worker was given. */
enum {
	MAP_LOOKUP = 1,
	MAP_UPDATE = 2,
	MAP_DELETE = 3,
	MAP_NEXT_KEY = 4,
	INFO_BY_FD = 15,
	LOOKUP_BATCH = 24,
	ITER_CREATE = 33,
};

static const unsigned bpf_commands[] = { MAP_LOOKUP, MAP_UPDATE,   MAP_DELETE, MAP_NEXT_KEY,
					 INFO_BY_FD, LOOKUP_BATCH, ITER_CREATE };

/* Socket families and types of today's kernels, with room; flags are above the types. */
enum { FAMILIES = 64, TYPES = 16 };

enum { PROTECT_EXEC = 4 };
#define CLONE_OF_A_THREAD 0x00010000

static int allow_values(scmp_filter_ctx filter, int call, const unsigned *values, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					 SCMP_A0(SCMP_CMP_EQ, values[i]));
	return error;
}

/* How far the worker must reach out: to addresses that are configured, to servers of names. */
struct reach {
	bool connects, resolves;
};

static void note_port(void *context, uint16_t port)
{
	((struct reach *)context)->connects |= port;
}

static struct reach reach_of(const struct config *config)
{
	struct reach reach = {};

	for (size_t i = 0; exporters[i]; i++) {
		if (exporters[i]->ports)
			exporters[i]->ports(config, note_port, &reach);
		reach.resolves |= exporters[i]->resolves && exporters[i]->resolves(config);
	}
	return reach;
}

/*
 * New sockets: TCP where an endpoint is configured, UDP where it has a name, for the resolver.
 * Others get an error, which the C library takes for a host without them (unix, netlink).
 */
static int allow_sockets(scmp_filter_ctx filter, struct reach reach)
{
	int error = 0;

	for (unsigned family = 0; family < FAMILIES && !error; family++) {
		bool internet = family == AF_INET || family == AF_INET6;

		if (!internet)
			error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT),
						 SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, family));
		for (unsigned type = 0; internet && type < TYPES && !error; type++) {
			bool wanted = (type == SOCK_STREAM && reach.connects) ||
				      (type == SOCK_DGRAM && reach.resolves);

			error = seccomp_rule_add(filter,
						 wanted ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES),
						 SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, family),
						 SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, type));
		}
	}
	/* libcurl's threads are waited for by such a pair; a datagram one could be connected anew. */
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2,
					 SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
					 SCMP_A1(SCMP_CMP_MASKED_EQ, TYPES - 1, SOCK_STREAM));
	return error;
}

/* Of processes only itself; of devices nothing: what stands on stderr may be a terminal. */
static int allow_own(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));

	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
					 SCMP_A0(SCMP_CMP_EQ, 0));
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	return error;
}

/* Memory that is never executable; clone3's flags cannot be looked at, so glibc falls back. */
static int allow_bounded(scmp_filter_ctx filter)
{
	int error = allow_values(filter, SCMP_SYS(bpf), bpf_commands, ARRAY_SIZE(bpf_commands));

	if (!error)
		error = filter_allow_memory(filter);
	if (!error)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_OF_A_THREAD, CLONE_OF_A_THREAD));
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Name services may try to load a plugin: it is refused, and they go on without. */
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, PROTECT_EXEC));
	/* prctl names threads; nothing else of it is needed after this. */
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 0);
	return error;
}

static int enter_seccomp(struct reach reach)
{
	scmp_filter_ctx filter = filter_new();
	int error;

	if (!filter)
		return -ENOMEM;
	error = filter_allow(filter, allowed, ARRAY_SIZE(allowed));
	if (!error)
		error = allow_bounded(filter);
	if (!error)
		error = allow_sockets(filter, reach);
	if (!error)
		error = allow_own(filter);
	return filter_enter(filter, error);
}

int jail_enter(const struct config *config, struct jail *ret)
{
	int error;

	ret->landlock = landlock_enter(config);
	error = enter_seccomp(reach_of(config));
	ret->seccomp = !error;
	return error;
}
