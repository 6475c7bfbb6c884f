/* SPDX-License-Identifier: Apache-2.0 */
/* hex.h - a hexadecimal digit's value. */
#pragma once

/* Of either case; -1: it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
