/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges.h - who keeps which capability.
 *
 *	monitor  BPF PERFMON SYS_PTRACE DAC_READ_SEARCH, after the start; SYS_ADMIN as well
 *	         where probes are perf events (kernels before 6.6)
 *	spawner  SETUID SETGID SETPCAP, and SYS_NICE where there is: the worker goes first
 *	worker   none, under its own uid, with no_new_privs
 *	reader   none, with no_new_privs and hardly a system call: the monitor, which forks it,
 *	         cannot change its uid
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum privileges { PRIVILEGES_MONITOR, PRIVILEGES_MONITOR_PERF, PRIVILEGES_SPAWNER };

/* Give up all other capabilities, the bounding set included. 0 or negative errno. */
int privileges_keep(enum privileges which);

/* Keep no capability and no way to gain any; the uid stays. 0 or negative errno. */
int privileges_give_up(void);

/*
 * Become `user` (a name or a uid), without groups, capabilities or a way to gain any. NULL: the
 * user sonde, or where there is none an id that no account has, so that no other process is its.
 */
int privileges_drop_all(const char *user);

/* Names of capabilities that the monitor needs and this process lacks; "" when none. */
void privileges_missing(char *ret, size_t size);
