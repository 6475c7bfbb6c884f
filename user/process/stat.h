/* SPDX-License-Identifier: Apache-2.0 */
/* stat.h - what the kernel says of a process in /proc/PID/stat and /proc/PID/status. */
#pragma once

#include "user/base/str.h"

/* When it began, in clock ticks; 0: that is not said. */
uint64_t stat_started_ticks(struct str stat);

struct process_status {
	uint32_t file_uid, file_gid; /* what it opens files with */
	uint32_t inner_pid;	     /* its id in its own pid namespace; 0: that is not said */
};

/* False, and `ret` untouched, when the ids are not said. */
bool status_parse(struct str status, struct process_status *ret);
