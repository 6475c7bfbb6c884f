/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/str.h"
#include "user/runtime/runtime.h"

/* The number up to the next dot; 0 where there is none. */
static unsigned long take_number(struct str *in)
{
	unsigned long number = 0;
	struct str part;

	if (!take_part(in, '.', &part))
		return 0;
	for (size_t i = 0; i < part.len && part.at[i] >= '0' && part.at[i] <= '9'; i++)
		number = number * 10 + (unsigned long)(part.at[i] - '0');
	return number;
}

bool runtime_reaches(const char *version, const char *since)
{
	struct str have = str_of(version), want = str_of(since);

	if (!have.len)
		return false;
	while (want.len) {
		unsigned long h = take_number(&have), w = take_number(&want);

		if (h != w)
			return h > w;
	}
	return true;
}
