/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - bytes that are owned and grow, up to a limit they are born with.
 *
 * A write that would pass the limit writes nothing and returns -ENOSPC; the
 * buffer stays usable and buf->full stays set, so a writer of many pieces may
 * check once at the end. buf_free() leaves an empty buffer with the same limit.
 */
#pragma once

#include <stdarg.h>

#include "user/base/str.h"

struct buf {
	char *at;
	size_t len, capacity, limit;
	bool full;
};

static inline struct buf buf_new(size_t limit)
{
	return (struct buf){ .limit = limit };
}

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->at, b->len };
}

/* Drop the contents and keep the memory. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
}

/* Make room for `len` more bytes and return where they go, or NULL when past the limit. */
char *buf_reserve(struct buf *b, size_t len);
int buf_add(struct buf *b, struct str s);
int buf_add_byte(struct buf *b, char byte);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Take `len` bytes off the front. */
void buf_drop(struct buf *b, size_t len);
/* A file in memory of what it holds, for another process to read; the caller closes. Negative errno. */
int buf_file(const struct buf *b);
void buf_free(struct buf *b);
