/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/utf8.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the sequence that begins `s`, which does not begin with ASCII; 0 if it is not valid. */
static size_t sequence_length(const unsigned char *at, size_t left)
{
	unsigned char c = at[0];
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0xc2 || c > 0xf4 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (!is_tail(at[i]))
			return 0;
	if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xf0 && at[1] < 0x90))
		return 0; /* a longer form than needed */
	if ((c == 0xed && at[1] > 0x9f) || (c == 0xf4 && at[1] > 0x8f))
		return 0; /* a surrogate, or past U+10FFFF */
	return len;
}

size_t utf8_valid_length(struct str s)
{
	const unsigned char *at = (const unsigned char *)s.at;
	size_t i = 0, len;

	if (utf8_is_ascii(s))
		return s.len;
	while (i < s.len) {
		len = at[i] < 0x80 ? 1 : sequence_length(at + i, s.len - i);
		if (!len)
			return i;
		i += len;
	}
	return i;
}

char *utf8_put(char *to, struct str s)
{
	for (;;) {
		size_t valid = utf8_valid_length(s);

		if (valid)
			memcpy(to, s.at, valid);
		to += valid;
		if (valid == s.len)
			return to;
		memcpy(to, "\xef\xbf\xbd", 3);
		to += 3;
		s = str_after(s, valid + 1);
	}
}
