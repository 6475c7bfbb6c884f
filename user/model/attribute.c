/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/attribute.h"

const struct attribute *attribute_find(const struct attribute *set, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(set[i].key, key))
			return &set[i];
	return NULL;
}

struct str attribute_cut(struct str text, size_t limit)
{
	if (text.len <= limit)
		return text;
	while (limit && ((unsigned char)text.at[limit] & 0xc0) == 0x80)
		limit--;
	return str_first(text, limit);
}
