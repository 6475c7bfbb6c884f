/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h - memory and descriptors that clean up after themselves.
 *
 *	_cleanup_(freep) char *text = xstrdup(...);
 *	return TAKE_PTR(text);
 *
 * The x-allocators abort when there is no memory: they are for small, fixed
 * sizes only. What a peer can make large is capped first (base/limits.h).
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

#define TAKE_PTR(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * For hundreds of bytes: a memset() of known size becomes "rep stos" on x86-64,
 * whose start costs more than the C library's loop.
 */
static inline void mem_zero(void *to, size_t len)
{
	__asm__("" : "+r"(len));
	memset(to, 0, len);
}

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
/* printf into new memory; the caller frees. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
