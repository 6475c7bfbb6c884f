/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapped.h - the files that a process has mapped to be executed, opened for reading.
 *
 * The executable through /proc/PID/exe, so that one that was unlinked or replaced is still the one
 * that runs; the others by their paths inside the process's root. A file at such a path counts only
 * if it is the one that is mapped. What lies there is the target's to say: it is looked at before
 * it is opened, and opening it may take as long as its file system likes.
 */
#pragma once

#include "user/base/limits.h"
#include "user/monitor/procfiles.h"

struct mapped {
	int fds[LIMIT_READER_OPENS];
	size_t count;
	uint32_t unopened; /* could not be opened, was another by then, or one too many */
};

/* -ESRCH when the process is gone, or what opening its maps said. */
int mapped_open(const struct procfiles *p, struct mapped *ret);
