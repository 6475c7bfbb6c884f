/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learner.h - news of processes in, records of facts out, without waiting for a target.
 *
 * A read of /proc/PID/cmdline is a read of the target's own memory, which it may
 * keep back as long as it likes, and a file of its own has to be asked of the
 * monitor. So a thread reads. What takes it too long is made without those
 * files, another thread goes on with the rest, and after too many of them
 * nothing is read any more until one comes back. The order of news is kept.
 * What others want opened later waits in the same line.
 */
#pragma once

#include "user/base/loop.h"
#include "user/config/config.h"
#include "user/monitor/message.h"

struct learner;

struct learner_options {
	const struct config *config;
	struct loop *loop;
	int requests; /* to the monitor: MESSAGE_OPEN */
	/* One process's record, or an empty one when there is nothing to say. */
	void (*told)(void *context, const struct monitor_message *news, struct str record);
	/* What learner_open() asked for, the caller's from now on; -1: it cannot be had. */
	void (*opened)(void *context, struct process_id process, int fd);
	void *context;
};

struct learner *learner_new(const struct learner_options *options);
/* Threads that hang stay behind, and what they hold. */
void learner_free(struct learner *r);

/* Takes the descriptors. `told` is called before this returns, or later from the loop. */
void learner_add(struct learner *r, const struct monitor_message *news, const int *fds,
		 size_t count);
/* Ask the monitor for a file of a process; `path` stays. `opened` is called later, from the loop. */
void learner_open(struct learner *r, struct process_id process, const char *path);
/* So many wait that no more should be received. */
bool learner_full(const struct learner *r);
/* Tell all that waits, now, whatever could not be read. */
void learner_finish(struct learner *r);
/* Processes whose files could not be read in time. */
uint64_t learner_late(const struct learner *r);
