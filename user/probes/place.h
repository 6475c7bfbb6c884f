/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - is a place what it is said to be? Whoever says so is believed nothing.
 *
 * A place must lie in an executable, private mapping of that file by that process, as the kernel
 * lists them, and an instruction must begin there. All of it may have to be waited for: it is for a
 * child (attacher.h).
 */
#pragma once

#include "user/base/maps.h"
#include "user/probes/refusal.h"

enum { FILE_MAPPINGS = 32 };

/* The mappings of one file that a process has; of more, the first. */
struct file_mappings {
	struct mapping at[FILE_MAPPINGS];
	size_t count;
};

struct spot {
	uint64_t offset, semaphore_offset; /* in the file; 0: no semaphore */
	uint8_t prologue_bytes;		   /* from the function's first byte to the place */
	bool nop;			   /* it must be one; others have no semaphore */
};

/* Of the open `file`, in the process whose /proc/PID is `directory`. 0 or negative errno. */
int place_mappings(int directory, int file, struct file_mappings *ret);
enum refusal place_check(int file, const struct file_mappings *mappings, const struct spot *spot);
