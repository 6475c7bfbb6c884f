/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - valid UTF-8 as RFC 3629 has it: shortest form, no surrogates, at most U+10FFFF. */
#pragma once

#include "user/base/str.h"

/* Take one code point. False, and nothing taken, when `in` does not begin with a valid one. */
bool take_code_point(struct str *in, uint32_t *ret);

/* Valid UTF-8 without control characters (C0, DEL, C1)? */
bool utf8_is_plain(struct str text);

/* Quick, for what most texts are. The last words overlap, so that no tail is left over. */
static inline bool utf8_is_ascii(struct str s)
{
	uint64_t all = 0, word;
	uint32_t half[2];

	if (s.len >= sizeof(word)) {
		for (size_t i = 0; i + sizeof(word) < s.len; i += sizeof(word)) {
			memcpy(&word, s.at + i, sizeof(word));
			all |= word;
		}
		memcpy(&word, s.at + s.len - sizeof(word), sizeof(word));
		return !((all | word) & UINT64_C(0x8080808080808080));
	}
	if (s.len >= sizeof(half[0])) {
		memcpy(&half[0], s.at, sizeof(half[0]));
		memcpy(&half[1], s.at + s.len - sizeof(half[1]), sizeof(half[1]));
		return !((half[0] | half[1]) & 0x80808080);
	}
	for (size_t i = 0; i < s.len; i++)
		all |= (unsigned char)s.at[i];
	return !(all & 0x80);
}

/* What a byte that is not valid becomes, U+FFFD; so a text grows threefold at most. */
enum { UTF8_GROWTH = 3 };

/* Length of the longest valid start of `s`. */
size_t utf8_valid_length(struct str s);
/* Write `s` made valid to `to`, which has room for UTF8_GROWTH * s.len; returns the end. */
char *utf8_put(char *to, struct str s);
