/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series_key.c - a row's key: resource id, the group's address, then each value:
 * its type in a byte (NONE: no value), and the number, or the text with its
 * length before it.
 */
#include "user/model/series_key.h"

#include "user/model/resource.h"

enum { NONE = 0xfe, OVERFLOW = 0xff };

static bool is_text(const struct attribute *a)
{
	return a->type == ATTRIBUTE_TEXT || a->type == ATTRIBUTE_TEXTS;
}

void series_values_find(const struct metric_group *group, const struct span *span,
			struct series_values *ret)
{
	size_t i = 0;

	for (; i < GROUP_ATTRIBUTES && group->keys[i].len; i++)
		ret->at[i] = span_find(span, group->keys[i]);
	ret->count = i;
}

static char *head_write(const struct metric_group *group, const struct resource *resource, char *to)
{
	to = mempcpy(to, &resource->id, sizeof(resource->id));
	return mempcpy(to, &group, sizeof(group));
}

static char *value_write(const struct attribute *a, char *to)
{
	uint16_t len;

	*to++ = a ? (char)a->type : (char)NONE;
	if (!a)
		return to;
	if (!is_text(a))
		return mempcpy(to, &a->number, sizeof(a->number));
	len = (uint16_t)a->text.len;
	to = mempcpy(to, &len, sizeof(len));
	return len ? mempcpy(to, a->text.at, len) : to;
}

size_t series_key_write(const struct series_values *values, const struct metric_group *group,
			const struct resource *resource, char *to)
{
	char *end = head_write(group, resource, to);

	for (size_t i = 0; i < values->count; i++) {
		const struct attribute *a = values->at[i];

		if (a && is_text(a) && a->text.len > SERIES_VALUE_BYTES)
			return 0;
		end = value_write(a, end);
	}
	return (size_t)(end - to);
}

size_t series_overflow_key_write(const struct metric_group *group, const struct resource *resource,
				 char *to)
{
	char *end = head_write(group, resource, to);

	*end++ = (char)OVERFLOW;
	return (size_t)(end - to);
}

size_t series_key_attributes(const struct series_values *values, const struct metric_group *group,
			     const char *key, struct attribute *ret)
{
	size_t count = 0;

	key += sizeof(((struct resource *)NULL)->id) + sizeof(group);
	for (size_t i = 0; i < values->count; i++) {
		const struct attribute *a = values->at[i];

		key++;
		if (!a)
			continue;
		ret[count] = *a;
		ret[count].key = group->keys[i];
		if (is_text(a)) {
			ret[count].text.at = key + sizeof(uint16_t);
			key += sizeof(uint16_t) + a->text.len;
		} else {
			key += sizeof(a->number);
		}
		count++;
	}
	return count;
}
