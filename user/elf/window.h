/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - a part of a file that is too large to be kept: a few tens of KiB that move along it.
 *
 * Made for reading forwards; going back costs a read each time.
 */
#pragma once

#include "user/elf/image.h"

enum { WINDOW_BYTES = 64 << 10 };

struct window {
	const struct image *image;
	uint64_t from, end; /* of the part of the file it may show */
	uint64_t at;	    /* in the file, of bytes[0] */
	size_t len;
	char bytes[WINDOW_BYTES];
};

/* Look at [from, end) of the file, cut to the file's end. */
void window_init(struct window *w, const struct image *image, uint64_t from, uint64_t end);
/* `size` bytes at a place in the file, at most WINDOW_BYTES; valid until the next call. */
int window_at(struct window *w, uint64_t offset, size_t size, const char **ret);
/* Where `text` stands next from `offset` on; -ENOENT. At most WINDOW_BYTES / 2 long. */
int window_find(struct window *w, uint64_t offset, struct str text, uint64_t *ret);
