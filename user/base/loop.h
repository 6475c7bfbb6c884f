/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - one thread, one epoll.
 *
 * A watch calls back when its descriptor is ready; a timer when its time has
 * come. Nothing that is called may block. Watches and timers are embedded in
 * their owner's struct and are removed by the owner before it goes; removing
 * one inside its own callback, or another's, is allowed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

struct watch {
	int fd;
	void (*ready)(struct watch *watch, uint32_t events); /* EPOLLIN, EPOLLOUT, ... */
	struct watch *next_ready;			     /* the loop's own */
	uint32_t events;				     /* the loop's own */
};

struct timer {
	void (*fired)(struct timer *timer, uint64_t now_ns);
	uint64_t at_ns;	    /* monotonic; 0: not set */
	struct timer *next; /* the loop's own */
};

/* The struct that a watch or timer is embedded in. */
#define container_of(pointer, type, member)                                                        \
	((type *)((char *)(pointer) - __builtin_offsetof(type, member)))

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* 0 or negative errno. The descriptor stays the caller's. */
int loop_watch(struct loop *loop, struct watch *watch, uint32_t events);
int loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct watch *watch);

/* Set, or set anew, to fire once at `at_ns`; 0 unsets. */
void loop_timer(struct loop *loop, struct timer *timer, uint64_t at_ns);

/* Wait for and handle what is ready until loop_stop(). 0 or negative errno of epoll. */
int loop_run(struct loop *loop);
/* One round: handle what is ready within `timeout_ms` (-1: until something is). */
int loop_once(struct loop *loop, int timeout_ms);
void loop_stop(struct loop *loop);
