/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/baggage.h"

#include "user/base/hex.h"

/* RFC 9110 5.6.2. */
static bool is_token_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool key_valid(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (!is_token_byte(key.at[i]))
			return false;
	return key.len > 0;
}

bool baggage_member_parse(struct str member, struct baggage_member *ret)
{
	struct str rest, key;

	if (!take_part(&member, ';', &rest) || !take_until(&rest, '=', &key))
		return false;
	key = str_trim(key);
	if (!key_valid(key))
		return false;
	*ret = (struct baggage_member){ .key = key, .value = str_trim(rest) };
	return true;
}

/* The byte that three characters stand for; -1: they are no such code. */
static int coded_byte(struct str text)
{
	int high, low;

	if (text.len < 3 || text.at[0] != '%')
		return -1;
	high = hex_digit(text.at[1]);
	low = hex_digit(text.at[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

int baggage_decode(struct str value, struct buf *ret)
{
	size_t before = ret->len;
	int r = 0;

	while (value.len && !r) {
		int byte = coded_byte(value);

		r = buf_add_byte(ret, byte < 0 ? value.at[0] : (char)byte);
		value = str_after(value, byte < 0 ? 1 : 3);
	}
	if (r)
		ret->len = before;
	return r;
}

bool baggage_wanted(const struct str *names, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++) {
		struct str name = names[i];

		if (str_eq(name, key))
			return true;
		if (name.len && name.at[name.len - 1] == '*' &&
		    str_starts(key, str_first(name, name.len - 1)))
			return true;
	}
	return false;
}
