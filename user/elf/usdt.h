/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usdt.h - places that a program's authors marked for probes: the notes of .note.stapsdt.
 *
 * Format: SystemTap's sdt.h and its wiki, "UserSpaceProbeImplementation". A place is a nop in the
 * text; some have a semaphore, a counter that the program looks at before it makes the arguments.
 */
#pragma once

#include "headers/probe.h"
#include "user/elf/image.h"

enum { USDT_SITES = 16, USDT_ARGUMENTS = 128 };

struct usdt_site {
	uint64_t offset;	   /* in the file */
	uint64_t semaphore_offset; /* in the file; 0: none */
	char arguments[USDT_ARGUMENTS];
};

struct usdt_sites {
	struct usdt_site at[USDT_SITES];
	size_t count;
};

/* All sites of "provider:name"; -EFBIG where there are more. */
int usdt_find(const struct image *image, const char *name, struct usdt_sites *ret);

/*
 * Where the argument of that number, from 1, is found: "-4@%esi 8@-16(%rbp) 1@$1". -ENOENT:
 * there are fewer. -ENOTSUP: in a place that struct probe_argument cannot say.
 */
int usdt_argument(struct str arguments, size_t number, struct probe_argument *ret);
