/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - what a process of ours uses now, by the kernel's own account of it. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct usage {
	uint64_t cpu_us; /* user and system; the kernel counts in hundredths of a second */
	uint64_t resident_bytes;
	uint64_t open_files;
	uint64_t started_unix_ns;
};

/* `pid` 0: this process. What cannot be read is 0. */
struct usage usage_of(pid_t pid);
