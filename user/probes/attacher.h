/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacher.h - a child that checks the places of one set and attaches to them, all or none.
 *
 *	monitor -- fork --> checks each place (place.h)
 *	                --> attaches (capture/attach.h): the kernel locks what is mapped where the
 *	                    file is, and may have to wait for the file and for each process
 *	                --> answers with the links
 *
 * So is detaching: the last to close a link waits, and lets another wait.
 */
#pragma once

#include <sys/types.h>

#include "headers/record.h"
#include "user/base/passing.h"
#include "user/capture/attach.h"
#include "user/probes/place.h"

#define ATTACHER_NS UINT64_C(5000000000)

enum {
	SET_PLACES = PASSING_FDS, /* of one set of hooks; a USDT has few sites */
	SET_LINKS = SET_PLACES,	  /* by perf events each place has its own */
};

struct attach_work {
	struct process_id process; /* that maps the file */
	int program, file;
	bool multi;
	size_t count;
	struct spot places[SET_PLACES];
	uint64_t cookies[SET_PLACES];
	bool at_return[SET_PLACES];
};

struct attach_answer {
	uint32_t refusal; /* enum refusal */
	int32_t error;	  /* of the kernel; 0 or negative errno */
};

/* Fork a child that does it and answers at `*ret`, the caller's then. The pid, or negative errno. */
pid_t attacher_start(const struct attach_work *work, int *ret);
/* Its answer and links, the caller's then: how many, or negative errno where it gave none. */
int attacher_take(int fd, struct attach_answer *ret, int links[SET_LINKS]);
/*
 * Close links; what that takes is done by a child, once its end of `*ret` is closed. Its pid; or
 * negative, and all is done.
 */
pid_t attacher_drop(int *links, size_t count, int *ret);
