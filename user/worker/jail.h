/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail.h - what a worker may still ask of the kernel.
 *
 * Landlock, where the kernel has it: read the files that names and rotation
 * need (resolver files, certificates, the web configuration), connect to the
 * ports of the configured endpoints (6.7 on), nothing else. seccomp: a list of
 * system calls; bpf(2) only by descriptor (look up, batch, iterate, info), no
 * new programs, no ptrace, no exec, no new processes (threads are allowed:
 * libcurl resolves names in one), no sockets but TCP to an endpoint and UDP for the
 * resolver where they are configured, no ioctl, no signals but to itself. A call that
 * is not on the list kills it.
 */
#pragma once

#include <stdbool.h>

#include "user/config/config.h"

/* What came to be, for sonde_worker_jail_info and `sonde check`. */
struct jail {
	bool seccomp;
	int landlock; /* ABI version, 0: none */
};

/* Lock this process up. 0 or negative errno; Landlock's absence is no error. */
int jail_enter(const struct config *config, struct jail *ret);
