/* SPDX-License-Identifier: Apache-2.0 */
/* hex.h - hexadecimal digits: bytes as lower-case ones, and the value of one. */
#pragma once

#include "user/base/buf.h"

/* Write 2 * `count` digits and return where they end; no NUL follows. */
static inline char *hex_put(char *to, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	return to;
}

static inline void buf_add_hex(struct buf *b, const uint8_t *bytes, size_t count)
{
	char *to = buf_reserve(b, 2 * count);

	if (to)
		b->len += (size_t)(hex_put(to, bytes, count) - to);
}

/* Of either case; -1: it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
