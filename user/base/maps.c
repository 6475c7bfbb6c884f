/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/maps.h"

#include <errno.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* A number without sign or spaces, ended by `end`, which goes too. */
static bool take_number(struct str *in, unsigned base, char end, uint64_t *ret)
{
	struct str digits;
	uint64_t n = 0;

	if (!take_until(in, end, &digits) || !digits.len)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = (unsigned)digit_of(digits.at[i]);

		if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*ret = n;
	return true;
}

/* One letter of "rwxp", or what stands for no. */
static bool take_flag(struct str *in, char yes, char no, bool *ret)
{
	struct str letter;

	if (!take(in, 1, &letter) || (letter.at[0] != yes && letter.at[0] != no))
		return false;
	*ret = letter.at[0] == yes;
	return true;
}

static bool take_flags(struct str *in, struct mapping *m)
{
	struct str space;

	return take_flag(in, 'r', '-', &m->readable) && take_flag(in, 'w', '-', &m->writable) &&
	       take_flag(in, 'x', '-', &m->executable) && take_flag(in, 'p', 's', &m->private) &&
	       take(in, 1, &space) && space.at[0] == ' ';
}

int take_mapping(struct str *in, struct mapping *ret)
{
	struct str rest = *in, line;
	struct mapping m = {};
	uint64_t major, minor;

	if (!take_until(&rest, '\n', &line))
		return 0;
	if (!take_number(&line, 16, '-', &m.start) || !take_number(&line, 16, ' ', &m.end) ||
	    !take_flags(&line, &m) || !take_number(&line, 16, ' ', &m.offset) ||
	    !take_number(&line, 16, ':', &major) || !take_number(&line, 16, ' ', &minor) ||
	    !take_number(&line, 10, ' ', &m.inode))
		return -EINVAL;
	if (m.start >= m.end || major > UINT32_MAX || minor > UINT32_MAX ||
	    m.offset > UINT64_MAX - (m.end - m.start))
		return -EINVAL;
	m.major = (uint32_t)major;
	m.minor = (uint32_t)minor;
	while (line.len && line.at[0] == ' ')
		line = str_after(line, 1);
	m.path = line;
	*ret = m;
	*in = rest;
	return 1;
}

bool mapping_has(const struct mapping *m, uint64_t offset, uint64_t bytes)
{
	uint64_t len = m->end - m->start;

	return offset >= m->offset && offset - m->offset < len &&
	       bytes <= len - (offset - m->offset);
}
