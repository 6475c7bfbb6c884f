/* SPDX-License-Identifier: Apache-2.0 */
#include "user/monitor/opener.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/monitor/message.h"

#define PATIENCE_NS (200 * NS_PER_MS)

static void answer(int requests, uint32_t number, int fd)
{
	const struct monitor_message said = { .type = MESSAGE_OPENED, .number = number };

	message_send(requests, &said, &fd, fd >= 0);
}

/* Keeps nothing open: one that cannot be ended must not keep the kernel half loaded. */
__attribute__((noreturn)) static void child(int requests, const struct monitor_message *asked)
{
	struct procfiles files;
	int fd = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(requests, STDIN_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	if (!procfiles_open(asked->process, &files))
		fd = procfiles_inside(&files, asked->text);
	answer(STDIN_FILENO, asked->number, fd);
	_exit(0);
}

static void on_late(struct timer *timer, uint64_t now_ns)
{
	struct opener *o = container_of(timer, struct opener, deadline);
	struct monitor *m = o->monitor;

	(void)now_ns;
	m->shared->opens_late = ++m->opens_late;
	kill(o->pid, SIGKILL);
}

static void on_done(struct watch *watch, uint32_t events)
{
	struct opener *o = container_of(watch, struct opener, watch);

	(void)events;
	loop_unwatch(o->monitor->loop, watch);
	loop_timer(o->monitor->loop, &o->deadline, 0);
	close(watch->fd);
	waitpid(o->pid, NULL, 0);
	o->pid = 0;
}

static bool begin(struct opener *o, const struct monitor_message *asked)
{
	struct monitor *m = o->monitor;

	o->pid = fork();
	if (!o->pid)
		child(m->requests_fd, asked);
	if (o->pid < 0) {
		o->pid = 0;
		return false;
	}
	o->watch.fd = (int)syscall(SYS_pidfd_open, o->pid, 0);
	loop_watch(m->loop, &o->watch, EPOLLIN); /* where it cannot be, its place stays taken */
	loop_timer(m->loop, &o->deadline, monotonic_ns() + PATIENCE_NS);
	return true;
}

void opener_ask(struct monitor *m, const struct monitor_message *asked)
{
	for (size_t i = 0; i < OPENERS; i++)
		if (!m->openers[i].pid && begin(&m->openers[i], asked))
			return;
	answer(m->requests_fd, asked->number, -1);
}

void opener_init(struct monitor *m)
{
	for (size_t i = 0; i < OPENERS; i++)
		m->openers[i] = (struct opener){ .monitor = m,
						 .watch.ready = on_done,
						 .deadline.fired = on_late };
}
