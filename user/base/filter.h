/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - lists of system calls that a process may still make, and nothing else.
 *
 *	filter_new() -> filter_allow(), filter_allow_memory(), own rules -> filter_enter()
 */
#pragma once

#include <seccomp.h>
#include <stddef.h>

/* What is not allowed by then ends the process. NULL: no memory. */
scmp_filter_ctx filter_new(void);
/* Whatever the arguments; names that this machine has no call of are left out. 0 or negative errno. */
int filter_allow(scmp_filter_ctx filter, const char *const *names, size_t count);
/* mmap and mprotect, but never to execute what is there. */
int filter_allow_memory(scmp_filter_ctx filter);
/* Enter it, unless `error` stands already; the filter is gone in any case. 0 or negative errno. */
int filter_enter(scmp_filter_ctx filter, int error);
