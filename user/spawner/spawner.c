/* SPDX-License-Identifier: Apache-2.0 */
#include "user/spawner/spawner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/base/privileges.h"
#include "user/monitor/message.h"

enum { WORKER_NICE = -5 };

struct spawner {
	const struct config *config; /* replaced ones are kept: a worker may still use them */
	const struct config *before; /* the last reload */
	int argc;
	char **argv;
	worker_main *main;
	int monitor;  /* socket */
	int children; /* signalfd */
	pid_t worker;
};

/* In the child: become the worker. */
static void worker_begin(const struct spawner *s, const struct monitor_message *m, const int *fds,
			 size_t count)
{
	sigset_t children;
	int error;

	close(s->monitor);
	close(s->children);
	/* A worker that is kept waiting loses records; where it may not go first it does not. */
	setpriority(PRIO_PROCESS, 0, WORKER_NICE);
	/* The others stay blocked: what a terminal or systemd sends to all is the monitor's. */
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &children, NULL);
	error = privileges_drop_all(s->config->worker_user);
	if (error) {
		log_error("the worker cannot give up its privileges", "user=%s error=%s",
			  s->config->worker_user ? s->config->worker_user : "", strerror(-error));
		_exit(1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of uid, which clears it */
	prctl(PR_SET_NAME, "sonde-worker");
	_exit(s->main(s->config, fds, count, m->pid));
}

static void spawn(struct spawner *s, const struct monitor_message *m, const int *fds, size_t count)
{
	struct monitor_message reply = { .type = MESSAGE_SPAWNED };

	s->worker = fork();
	if (!s->worker)
		worker_begin(s, m, fds, count);
	reply.status = s->worker < 0 ? -errno : 0;
	reply.pid = s->worker < 0 ? 0 : (uint32_t)s->worker;
	message_send(s->monitor, &reply, NULL, 0);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* The monitor found the configuration good a moment ago; if it is not now, the old one stays. */
static void reload(struct spawner *s)
{
	struct config_error error;
	struct config *config;

	s->before = s->config;
	if (!config_read(s->argc, s->argv, environ, &config, &error))
		s->config = config;
}

/* False when the monitor is gone. */
static bool take_message(struct spawner *s)
{
	int fds[MESSAGE_FDS];
	size_t count = MESSAGE_FDS;
	struct monitor_message m;
	int got = message_receive(s->monitor, &m, fds, &count);

	if (got == -EINTR || got == -EAGAIN)
		return true;
	if (got <= 0)
		return false;
	if (m.type == MESSAGE_SPAWN)
		spawn(s, &m, fds, count);
	else if (m.type == MESSAGE_RELOAD)
		reload(s);
	else if (m.type == MESSAGE_REVERT && s->before)
		s->config = s->before;
	return true;
}

static void take_death(struct spawner *s)
{
	struct signalfd_siginfo info;
	struct monitor_message m = { .type = MESSAGE_DIED };
	int status;
	pid_t pid;

	if (read(s->children, &info, sizeof(info)) != sizeof(info))
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == s->worker) {
			m.pid = (uint32_t)pid;
			m.status = status;
			s->worker = 0;
			message_send(s->monitor, &m, NULL, 0);
		}
}

/* Wait for the worker to end of itself when the monitor has; it sees the same end-of-file. */
static void spawner_run(struct spawner *s)
{
	struct pollfd fds[] = { { .fd = s->monitor, .events = POLLIN },
				{ .fd = s->children, .events = POLLIN } };

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			take_death(s);
		if (fds[0].revents && !take_message(s))
			return;
	}
}

pid_t spawner_start(const struct config *config, int argc, char **argv, worker_main *main, int *ret)
{
	struct spawner s = { .config = config, .argc = argc, .argv = argv, .main = main };
	sigset_t signals;
	int ends[2], error = message_pair(ends);
	pid_t parent = getpid(), pid;

	if (error)
		return error;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		close(ends[1]);
		*ret = ends[0];
		return pid;
	}
	close(ends[0]);
	prctl(PR_SET_NAME, "sonde-spawner");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || privileges_keep(PRIVILEGES_SPAWNER))
		_exit(1);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL); /* the monitor ends us */
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	s.monitor = ends[1];
	s.children = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	spawner_run(&s);
	_exit(0);
}
