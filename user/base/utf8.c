/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/utf8.h"

/* How many bytes a code point has by its first byte; 0: none begins like this. */
static size_t sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool take_code_point(struct str *in, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *at = (const uint8_t *)in->at;
	size_t len = in->len ? sequence_length(at[0]) : 0;
	uint32_t code;

	if (!len || len > in->len)
		return false;
	code = len == 1 ? at[0] : at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return false;
	*in = str_after(*in, len);
	*ret = code;
	return true;
}

bool utf8_is_plain(struct str text)
{
	uint32_t code;

	while (text.len)
		if (!take_code_point(&text, &code) || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
	return true;
}

size_t utf8_valid_length(struct str s)
{
	size_t len = s.len;
	uint32_t code;

	if (utf8_is_ascii(s))
		return len;
	while (take_code_point(&s, &code))
		;
	return len - s.len;
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
