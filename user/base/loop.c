/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c - epoll for descriptors, a sorted list for timers.
 *
 * Timers are few (each exporter has one or two), so a list kept in order beats
 * anything cleverer. Ready watches are queued before the first callback, so
 * that a callback may remove a watch that is ready too.
 */
#include "user/base/loop.h"

#include <errno.h>
#include <limits.h>

#include "user/base/clock.h"
#include "user/base/mem.h"

enum { EVENTS = 32 };

struct loop {
	int epoll;
	bool stopped;
	struct timer *timers; /* by at_ns */
	struct watch *ready;
};

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop);
}

static int control(struct loop *loop, struct watch *watch, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->epoll, operation, watch->fd, &event) ? -errno : 0;
}

int loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
	watch->next_ready = NULL;
	watch->events = 0;
	return control(loop, watch, events, EPOLL_CTL_ADD);
}

int loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events)
{
	return control(loop, watch, events, EPOLL_CTL_MOD);
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	control(loop, watch, 0, EPOLL_CTL_DEL);
	for (struct watch **at = &loop->ready; *at; at = &(*at)->next_ready)
		if (*at == watch) {
			*at = watch->next_ready;
			return;
		}
}

static void timer_remove(struct loop *loop, struct timer *timer)
{
	for (struct timer **at = &loop->timers; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			return;
		}
}

void loop_timer(struct loop *loop, struct timer *timer, uint64_t at_ns)
{
	struct timer **at = &loop->timers;

	timer_remove(loop, timer);
	timer->at_ns = at_ns;
	if (!at_ns)
		return;
	while (*at && (*at)->at_ns <= at_ns)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

static void fire_timers(struct loop *loop)
{
	uint64_t now = monotonic_ns();

	while (loop->timers && loop->timers->at_ns <= now) {
		struct timer *timer = loop->timers;

		loop->timers = timer->next;
		timer->at_ns = 0;
		timer->fired(timer, now);
	}
}

static int until_timer_ms(const struct loop *loop)
{
	uint64_t now;

	if (!loop->timers)
		return -1;
	now = monotonic_ns();
	if (loop->timers->at_ns <= now)
		return 0;
	now = (loop->timers->at_ns - now + NS_PER_MS - 1) / NS_PER_MS;
	return now > INT_MAX ? INT_MAX : (int)now;
}

int loop_once(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(loop->epoll, events, EVENTS, timeout_ms);

	if (count < 0 && errno != EINTR)
		return -errno;
	for (int i = count - 1; i >= 0; i--) {
		struct watch *watch = events[i].data.ptr;

		watch->events = events[i].events;
		watch->next_ready = loop->ready;
		loop->ready = watch;
	}
	while (loop->ready) {
		struct watch *watch = loop->ready;

		loop->ready = watch->next_ready;
		watch->ready(watch, watch->events);
	}
	fire_timers(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	int error = 0;

	loop->stopped = false;
	while (!loop->stopped && !error)
		error = loop_once(loop, until_timer_ms(loop));
	return error;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
