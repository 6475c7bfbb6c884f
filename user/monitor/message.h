/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - what monitor, spawner and worker say to each other.
 *
 * Messages of one fixed size over a SOCK_SEQPACKET pair, descriptors beside
 * them. Each end checks type and size; texts are NUL-terminated by the receiver.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "headers/record.h"
#include "user/base/passing.h"

enum message_type {
	/* monitor to worker */
	MESSAGE_PROCESS = 1, /* about a process; descriptors by `files` */
	MESSAGE_OPENED,	     /* answer to MESSAGE_OPEN: one descriptor, or none */
	MESSAGE_OPTIONS,     /* one descriptor: a file of what is watched, as flags */
	MESSAGE_STOP,	     /* flush and end */
	/* worker to monitor */
	MESSAGE_OPEN, /* open a file of a process: `text` is the path inside its root */
	MESSAGE_READY,
	MESSAGE_FAILED, /* it cannot work as it is configured: `text` says why */
	/* monitor to spawner, and back */
	MESSAGE_SPAWN, /* descriptors: those of enum worker_file (shared.h) */
	MESSAGE_SPAWNED,
	MESSAGE_DIED,	/* `status` as of waitpid */
	MESSAGE_RELOAD, /* read the configuration again for the next worker */
	MESSAGE_REVERT, /* the next worker has the one before */
};

enum { MESSAGE_TEXT = 512, MESSAGE_FDS = PASSING_FDS, MESSAGE_PORTS = 16 };

struct monitor_message {
	uint32_t type;
	/* MESSAGE_PROCESS: what descriptors it carries, in the order of enum process_file (bits). */
	uint32_t files;
	struct process_id process, parent;
	uint64_t at_ns;
	int32_t status;
	uint32_t pid;
	uint32_t number; /* of MESSAGE_OPEN, and of its answer */
	uint32_t padding;
	char event[8]; /* of MESSAGE_PROCESS: as FACT_EVENT says (process/process.h) */
	char comm[COMM_BYTES];
	char watched_by[64];
	uint16_t ports[MESSAGE_PORTS], port_count; /* that the process listens on */
	/* MESSAGE_PROCESS: the executable's path; of "runtime": name and version, a newline, hooks. */
	char text[MESSAGE_TEXT];
};

/* A pair of connected ends, close-on-exec. 0 or negative errno. */
int message_pair(int ret[2]);

/* 0, or negative errno (-EAGAIN: the other end does not read). The descriptors stay the caller's. */
int message_send(int fd, const struct monitor_message *message, const int *fds, size_t count);

/*
 * One message and its descriptors, which are the caller's then (close-on-exec).
 * `*count` is the room of `fds` and becomes how many came. 1 for a message, 0
 * when the other end is closed, or negative errno (-EAGAIN: nothing waits,
 * -EBADMSG: not one of ours).
 */
int message_receive(int fd, struct monitor_message *ret, int *fds, size_t *count);
