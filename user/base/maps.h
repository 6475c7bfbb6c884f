/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maps.h - lines of /proc/PID/maps (proc_pid_maps(5)).
 *
 *	7f1c00028000-7f1c001bd000 r-xp 00028000 fd:01 1835067      /usr/lib/libc.so.6
 *
 * What follows the inode is a path, which the target chooses; all else the kernel itself says.
 */
#pragma once

#include "user/base/str.h"

struct mapping {
	uint64_t start, end; /* addresses; start < end */
	uint64_t offset;     /* of `start` in the file */
	uint64_t inode;	     /* 0: of no file */
	uint32_t major, minor;
	bool readable, writable, executable, private;
	struct str path; /* as it is written: a line's end in it is "\012"; may be empty */
};

/* 1: a line was taken off the front; 0: there is no whole one; -EINVAL: it is none of the kernel's. */
int take_mapping(struct str *in, struct mapping *ret);

/* Has the mapping all `bytes` at `offset` of its file? */
bool mapping_has(const struct mapping *m, uint64_t offset, uint64_t bytes);
