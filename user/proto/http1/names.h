/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - is this the name of that header? Whatever the case of its letters. */
#pragma once

#include "user/base/str.h"

/* Bits in which 8 bytes differ from 8 of a name, but for the case of its letters: of what names
 * here are made of only letters have bit 0x40, and bit 0x20 is their case. */
static inline uint64_t differ_8(const char *at, const char *name)
{
	uint64_t a, b;

	memcpy(&a, at, sizeof(a));
	memcpy(&b, name, sizeof(b));
	return (a ^ b) & ~((b & UINT64_C(0x4040404040404040)) >> 1);
}

static inline uint32_t differ_4(const char *at, const char *name)
{
	uint32_t a, b;

	memcpy(&a, at, sizeof(a));
	memcpy(&b, name, sizeof(b));
	return (a ^ b) & ~((b & UINT32_C(0x40404040)) >> 1);
}

/* `name` has 4 to 24 lower-case letters, digits and dashes. The words overlap where they must. */
static inline bool name_eq(const char *at, struct str name)
{
	if (name.len < 8)
		return !(differ_4(at, name.at) |
			 differ_4(at + name.len - 4, name.at + name.len - 4));
	if (name.len > 16 && differ_8(at + 8, name.at + 8))
		return false;
	return !(differ_8(at, name.at) | differ_8(at + name.len - 8, name.at + name.len - 8));
}

/* Does `rest` begin with that name? It loses it then. A line's end is in no name. */
static inline bool take_name(struct str *rest, struct str name)
{
	char after;

	if (rest->len <= name.len)
		return false;
	after = rest->at[name.len];
	if ((after != ':' && after != ' ' && after != '\t') || !name_eq(rest->at, name))
		return false;
	*rest = str_after(*rest, name.len);
	return true;
}
