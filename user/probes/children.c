/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/children.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "user/base/clock.h"
#include "user/base/mem.h"

enum { KEPT = 64 };

struct child *children_place(struct children *c)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (!c->at[i].pid)
			return &c->at[i];
	return NULL;
}

static void finish(struct child *child)
{
	loop_timer(child->owner->loop, &child->deadline, 0);
	child->owner->done(child);
	closep(&child->answer);
	child->pid = 0;
}

static void on_ended(struct watch *watch, uint32_t events)
{
	struct child *child = container_of(watch, struct child, ended);

	(void)events;
	loop_unwatch(child->owner->loop, watch);
	close(watch->fd);
	waitpid(child->pid, NULL, 0);
	finish(child);
}

/* Where there was no descriptor left to watch it by, its end is looked for here. */
static void on_late(struct timer *timer, uint64_t now_ns)
{
	struct child *child = container_of(timer, struct child, deadline);

	child->late = true;
	kill(child->pid, SIGKILL);
	if (child->ended.fd >= 0)
		return;
	if (waitpid(child->pid, NULL, WNOHANG) == child->pid)
		finish(child);
	else
		loop_timer(child->owner->loop, timer, now_ns + NS_PER_S);
}

void children_init(struct children *c, struct loop *loop, void (*done)(struct child *child))
{
	c->loop = loop;
	c->done = done;
	for (size_t i = 0; i < CHILDREN; i++)
		c->at[i] = (struct child){
			.owner = c, .answer = -1, .ended.ready = on_ended, .deadline.fired = on_late
		};
}

void child_await(struct child *child, pid_t pid, int answer, void *context, uint64_t limit_ns)
{
	child->pid = pid;
	child->answer = answer;
	child->context = context;
	child->late = false;
	child->ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (child->ended.fd >= 0 && loop_watch(child->owner->loop, &child->ended, EPOLLIN)) {
		close(child->ended.fd);
		child->ended.fd = -1;
	}
	loop_timer(child->owner->loop, &child->deadline, monotonic_ns() + limit_ns);
}

void children_end(struct children *c)
{
	for (size_t i = 0; i < CHILDREN; i++) {
		struct child *child = &c->at[i];

		if (!child->pid)
			continue;
		if (child->ended.fd >= 0) {
			loop_unwatch(c->loop, &child->ended);
			close(child->ended.fd);
		}
		loop_timer(c->loop, &child->deadline, 0);
		kill(child->pid, SIGKILL); /* it is buried by who comes after us */
		closep(&child->answer);
		child->pid = 0;
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void child_keep(const int *fds, size_t count)
{
	unsigned next = STDERR_FILENO + 1;
	int kept[KEPT];

	count = count < KEPT ? count : KEPT;
	memcpy(kept, fds, count * sizeof(kept[0]));
	qsort(kept, count, sizeof(kept[0]), by_number);
	for (size_t i = 0; i < count; i++) {
		if (kept[i] < (int)next)
			continue;
		if (kept[i] > (int)next)
			syscall(SYS_close_range, next, (unsigned)kept[i] - 1, 0);
		next = (unsigned)kept[i] + 1;
	}
	syscall(SYS_close_range, next, ~0U, 0);
}
