/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/environ.h"

#include "user/base/hex.h"

struct str environ_find(struct str environ, struct str key)
{
	struct str variable, name;

	while (take_part(&environ, '\0', &variable))
		if (take_until(&variable, '=', &name) && str_eq(name, key))
			return variable;
	return (struct str){};
}

bool take_resource_attribute(struct str *in, struct str *key, struct str *value)
{
	struct str member, name;

	while (take_part(in, ',', &member)) {
		if (!take_until(&member, '=', &name) || !str_trim(name).len)
			continue;
		*key = str_trim(name);
		*value = str_trim(member);
		return true;
	}
	return false;
}

/* The byte that an escape at the front stands for; 0: there is none. */
static int escaped_byte(struct str in)
{
	int high, low;

	if (in.len < 3 || in.at[0] != '%')
		return 0;
	high = hex_digit(in.at[1]);
	low = hex_digit(in.at[2]);
	return high < 0 || low < 0 ? 0 : high << 4 | low;
}

int percent_decode(struct str text, struct buf *ret)
{
	int r = 0;

	while (text.len && !r) {
		int byte = escaped_byte(text);

		r = buf_add_byte(ret, byte ? (char)byte : text.at[0]);
		text = str_after(text, byte ? 3 : 1);
	}
	return r;
}

void resource_attribute_find(struct str environ, struct str key, struct buf *ret)
{
	struct str list = environ_find(environ, STR("OTEL_RESOURCE_ATTRIBUTES")), name, value;

	while (take_resource_attribute(&list, &name, &value))
		if (str_eq(name, key)) {
			percent_decode(value, ret);
			return;
		}
}
