/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/base/mem.h"

enum { FIRST_CAPACITY = 256 };

char *buf_reserve(struct buf *b, size_t len)
{
	size_t want = b->capacity ? b->capacity : FIRST_CAPACITY;

	if (len > b->limit - b->len) {
		b->full = true;
		return NULL;
	}
	if (len <= b->capacity - b->len)
		return b->at + b->len;
	while (want < b->len + len)
		want *= 2;
	b->at = xrealloc(b->at, want);
	b->capacity = want;
	return b->at + b->len;
}

int buf_add(struct buf *b, struct str s)
{
	char *to;

	if (!s.len) /* an empty buffer has no place to give */
		return 0;
	to = buf_reserve(b, s.len);
	if (!to)
		return -ENOSPC;
	memcpy(to, s.at, s.len);
	b->len += s.len;
	return 0;
}

int buf_add_byte(struct buf *b, char byte)
{
	return buf_add(b, (struct str){ &byte, 1 });
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	char *to;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	to = buf_reserve(b, (size_t)len + 1);
	if (!to)
		return -ENOSPC;
	va_start(args, format);
	vsnprintf(to, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return 0;
}

void buf_drop(struct buf *b, size_t len)
{
	b->len -= len;
	if (b->len)
		memmove(b->at, b->at + len, b->len);
}

int buf_file(const struct buf *b)
{
	int fd = memfd_create("sonde", MFD_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (!b->len || write(fd, b->at, b->len) == (ssize_t)b->len)
		return fd;
	error = -errno;
	close(fd);
	return error ? error : -EIO;
}

void buf_free(struct buf *b)
{
	free(b->at);
	*b = buf_new(b->limit);
}
