/* SPDX-License-Identifier: Apache-2.0 */
#include "user/hsperf/hsperf.h"

#include <errno.h>

enum {
	BYTE_ORDER_AT = 4,
	MAJOR_AT = 5,
	READY_AT = 7,
	USED_AT = 8,
	FIRST_AT = 24,
	COUNT_AT = 28,
	HEAD_BYTES = 32,
	MAJOR = 2,
};

enum { NAME_AT = 4, VECTOR_AT = 8, TYPE_AT = 12, DATA_AT = 16, ENTRY_BYTES = 20 };

static const char magic[] = { '\xca', '\xfe', '\xc0', '\xc0' };

static uint32_t number_at(struct str bytes, size_t at)
{
	uint32_t n;

	memcpy(&n, bytes.at + at, sizeof(n));
	return n;
}

static bool is_of_this_machine(struct str bytes)
{
	return bytes.at[BYTE_ORDER_AT] == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

int hsperf_open(struct str bytes, struct hsperf *ret)
{
	uint32_t used, first;

	if (bytes.len < HEAD_BYTES || memcmp(bytes.at, magic, sizeof(magic)) ||
	    !is_of_this_machine(bytes) || bytes.at[MAJOR_AT] != MAJOR)
		return -EINVAL;
	if (!bytes.at[READY_AT])
		return -EAGAIN;
	used = number_at(bytes, USED_AT);
	first = number_at(bytes, FIRST_AT);
	if (used > bytes.len || first < HEAD_BYTES || first > used)
		return -EINVAL;
	*ret = (struct hsperf){ .bytes = { bytes.at, used },
				.first = first,
				.count = number_at(bytes, COUNT_AT) };
	return 0;
}

/* From `at` to the NUL or the end, of which `at` is not behind. */
static struct str text_at(struct str entry, uint32_t at)
{
	return (struct str){ entry.at + at, strnlen(entry.at + at, entry.len - at) };
}

uint32_t hsperf_entry(const struct hsperf *h, uint32_t at, struct hsperf_entry *ret)
{
	struct hsperf_entry e = {};
	struct str entry;
	uint32_t len, name, vector, data;

	if (at > h->bytes.len || h->bytes.len - at < ENTRY_BYTES)
		return 0;
	entry = str_after(h->bytes, at);
	len = number_at(entry, 0);
	if (len < ENTRY_BYTES || len > entry.len)
		return 0;
	entry.len = len;
	name = number_at(entry, NAME_AT);
	vector = number_at(entry, VECTOR_AT);
	data = number_at(entry, DATA_AT);
	if (name < ENTRY_BYTES || name >= len || data < ENTRY_BYTES || data > len)
		return 0;
	e.name = text_at(entry, name);
	if (e.name.at + e.name.len == entry.at + len) /* no NUL */
		return 0;
	e.is_number = entry.at[TYPE_AT] == 'J' && !vector;
	if (e.is_number && len - data < sizeof(e.number))
		return 0;
	if (e.is_number)
		memcpy(&e.number, entry.at + data, sizeof(e.number));
	else if (entry.at[TYPE_AT] == 'B' && vector <= len - data)
		e.text = str_first(text_at(entry, data), vector);
	*ret = e;
	return len;
}
