/* SPDX-License-Identifier: Apache-2.0 */
/* subject.h - what /proc says of a process that somebody asks about. */
#pragma once

#include "user/base/buf.h"
#include "user/config/config.h"
#include "user/monitor/procfiles.h"

enum { SUBJECT_PORTS = 64 };

struct subject {
	uint32_t pid; /* of the process: its first thread's */
	struct process_id id, parent;
	char comm[64], exe[MESSAGE_TEXT], cgroup[512];
	char inner_pids[128]; /* in its own pid namespaces; empty: it has none of its own */
	bool is_thread;	      /* another thread's id was given */
	bool is_kernel_thread, is_zombie, is_32bit, is_sonde;
	bool exe_known; /* false: permission lacks */
	bool ports_known;
	uint16_t ports[SUBJECT_PORTS];
	size_t port_count;
};

/* -ESRCH when there is no process with this id. */
int subject_read(uint32_t pid, struct subject *ret);

/* Append a RECORD_PROCESS of what is known of it, as a worker makes it. Negative errno: it is gone. */
int subject_facts(const struct subject *s, const struct config *config, struct buf *ret);

/* Its systemd unit; empty when it has none. Valid until the next call. */
const char *subject_unit(const struct subject *s);
