/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - what of this host, rather than of a single hook, can keep sonde from running. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/base/str.h"

enum kernel_support { KERNEL_TOO_OLD, KERNEL_BEST_EFFORT, KERNEL_SUPPORTED };

struct host {
	char kernel[65]; /* "6.1.0-56-amd64" */
	enum kernel_support support;
	bool has_btf;
	bool locked;	  /* lockdown keeps BPF from reading kernel memory */
	char missing[96]; /* of the capabilities without which it cannot start; "" */
};

enum { HOST_LACKS = 5, HOST_LACK_BYTES = 200 };

void host_look(struct host *ret);

/*
 * False in a pid namespace other than the host's: the kernel's iterators then give the processes
 * of that one alone, so neither the others nor a sonde among them are seen.
 */
bool host_is_whole(void);

/*
 * What the host lacks and what to do about it, a sentence each; how many. At least one, which is
 * for hosts on which sonde cannot run: where none of the known is it, that says so.
 */
size_t host_lacks(const struct host *host, char ret[HOST_LACKS][HOST_LACK_BYTES]);

/* By the start of a release: "5.15.0-1" is best effort. */
enum kernel_support kernel_support_of(const char *release);
const char *kernel_support_text(enum kernel_support support);
/* The text of /sys/kernel/security/lockdown: "none integrity [confidentiality]". */
bool lockdown_forbids(struct str text);
