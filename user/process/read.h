/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - files that a watched process has a hand in: bounded, never blocking. */
#pragma once

#include "user/base/buf.h"

/*
 * Append what a file under /proc/PID holds, cut at the buffer's limit. Nothing
 * and 0 for a descriptor of -1 or one that may not be read, -ESRCH when the
 * process is gone.
 */
int read_proc(int fd, struct buf *ret);

/* The same for a regular file; -EINVAL for anything else, which might block. */
int read_regular(int fd, struct buf *ret);
