/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rings.h - reads the rings, and sleeps as deep as the traffic allows.
 *
 *	AWAKE    reading: the kernel half wakes nobody
 *	DOZING   records came lately: a timer looks every 20 ms, and the kernel half
 *	         wakes us when an eighth of a ring is full
 *	ASLEEP   nothing came for a while: the first record wakes us
 *
 * Wake-ups for each record were most of what such an agent costs.
 */
#pragma once

#include "user/base/loop.h"
#include "user/base/str.h"
#include "user/event/ring.h"

struct rings;

struct rings_options {
	struct loop *loop;
	const int *fds;
	size_t count, bytes;
	int control_fd;		 /* the map of struct capture_control */
	struct ring_note *notes; /* RINGS_MAX of them, which outlive this process */
	/* Take one record; false: leave it, it cannot be taken yet. */
	bool (*take)(void *context, struct str record);
	/* All rings were seen empty, or what is left cannot be taken yet. */
	void (*drained)(void *context);
	/* So many were read that others of the loop get their turn first; more are left. */
	void (*behind)(void *context);
	void *context;
};

/* NULL when a ring or the control cannot be mapped. */
struct rings *rings_new(const struct rings_options *options);
void rings_free(struct rings *r);
/* Read now; what could not be taken may be by now. */
void rings_read(struct rings *r);
/* Read all that is there by now, however much; then `drained`. */
void rings_drain(struct rings *r);
/* Records that were passed over because a process before this one ended by them. */
uint64_t rings_skipped(const struct rings *r);
uint64_t rings_unread(const struct rings *r);
/* Records that were taken by this process and by those before it. */
uint64_t rings_taken(const struct rings *r);
