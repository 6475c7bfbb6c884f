/* SPDX-License-Identifier: Apache-2.0 */
/* jail.c - mirrors user/worker/jail.c: what a process under it is refused, and how. */
#include "user/worker/jail.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/base/mem.h"

enum { KILLED = 1000, UNCONFINED };

/* The errno of one call in a process of its own under the jail, 0: allowed, or KILLED. */
static int under_jail(const char *endpoint, int (*call)(void))
{
	_cleanup_(freep) char *option = xasprintf("--otlp.endpoint=%s", endpoint);
	char *argv[] = { "sonde", "--watch.all", option, NULL };
	struct config_error error;
	struct config *config;
	struct jail jail;
	int status;
	pid_t pid;

	if (config_read(3, argv, environ, &config, &error))
		return UNCONFINED;
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || jail_enter(config, &jail))
			_exit(255);
		_exit(call() < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	config_free(config);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : UNCONFINED;
	return WEXITSTATUS(status) == 255 ? UNCONFINED : WEXITSTATUS(status);
}

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int tcp_socket(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static int udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, 0);
}

static int stream_pair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int datagram_pair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
}

static int typed_text(void)
{
	return ioctl(STDERR_FILENO, TIOCSTI, "x");
}

static int signal_itself(void)
{
	return (int)syscall(SYS_tgkill, getpid(), gettid(), 0);
}

static int signal_another(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int own_limit(void)
{
	struct rlimit limit;

	return (int)syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
}

static int limit_of_another(void)
{
	struct rlimit limit;

	return (int)syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, NULL, &limit);
}

#define ADDRESS "http://127.0.0.1:4318"
#define NAME	"http://collector.example:4318"

TEST(sockets_are_made_only_where_an_endpoint_needs_them)
{
	CHECK(under_jail("", tcp_socket) == EACCES);
	CHECK(under_jail("", udp_socket) == EACCES);
	CHECK(under_jail(ADDRESS, tcp_socket) == 0);
	CHECK(under_jail(ADDRESS, udp_socket) == EACCES);
	CHECK(under_jail("http://[::1]:4318", udp_socket) == EACCES);
	CHECK(under_jail(NAME, tcp_socket) == 0);
	CHECK(under_jail(NAME, udp_socket) == 0);
	CHECK(under_jail(NAME, raw_socket) == EACCES);
}

TEST(daemons_of_the_host_cannot_be_asked)
{
	CHECK(under_jail(NAME, unix_socket) == EAFNOSUPPORT);
	CHECK(under_jail(NAME, netlink_socket) == EAFNOSUPPORT);
	CHECK(under_jail(NAME, stream_pair) == 0);
	CHECK(under_jail(NAME, datagram_pair) == KILLED);
}

TEST(a_terminal_cannot_be_typed_into)
{
	CHECK(under_jail("", typed_text) == ENOTTY);
}

TEST(other_processes_are_out_of_reach)
{
	CHECK(under_jail("", signal_itself) == 0);
	CHECK(under_jail("", signal_another) == KILLED);
	CHECK(under_jail("", own_limit) == 0);
	CHECK(under_jail("", limit_of_another) == KILLED);
}
