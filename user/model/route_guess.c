/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/route_guess.h"

enum {
	MAX_WORD = 64,	       /* longer segments are nobody's route */
	MANY_DIGITS = 5,       /* rfc3339 and es2015 have four */
	MANY_DIGIT_GROUPS = 3, /* v2beta1 has two */
	HEX_WITH_DIGIT = 8,    /* a short hash */
	HEX_ALONE = 16,	       /* "facade" and "deadbeef" are words */
	MIN_TOKEN = 10,
	LONG_TOKEN = 16,
};

enum kind { FOREIGN, MARK, SEPARATOR, LOWER, UPPER, DIGIT };

/* RFC 3986's pchar; whatever else a peer sends has no place in a URL. */
static const unsigned char kinds[256] = {
	['a' ... 'z'] = LOWER, ['A' ... 'Z'] = UPPER, ['0' ... '9'] = DIGIT, ['-'] = SEPARATOR,
	['.'] = SEPARATOR,     ['_'] = SEPARATOR,     ['~'] = SEPARATOR,     ['!'] = MARK,
	['$'] = MARK,	       ['%'] = MARK,	      ['&'] = MARK,	     ['('] = MARK,
	[')'] = MARK,	       ['+'] = MARK,	      [','] = MARK,	     ['='] = MARK,
	[':'] = MARK,	       ['@'] = MARK,	      ['['] = MARK,	     [']'] = MARK,
	['\''] = MARK,
};

static bool is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* What is counted in one pass over a segment; `part_` in what lies between separators. */
struct looks {
	size_t digits, letters, hex, breaks;
	size_t part_len, part_digit_groups, part_hex, part_digits;
	bool at_sign, identifier;
	enum kind before;
};

/* A part ended: is it alone enough? */
static void part_judge(struct looks *l)
{
	size_t least_hex = l->part_digits ? HEX_WITH_DIGIT : HEX_ALONE;

	if (l->part_len && l->part_hex == l->part_len && l->part_len >= least_hex)
		l->identifier = true;
	if (l->part_digit_groups >= MANY_DIGIT_GROUPS)
		l->identifier = true;
	l->part_len = l->part_digit_groups = l->part_hex = l->part_digits = 0;
}

/* Where words do not break: a capital inside, or a change between letters and digits. */
static bool breaks(enum kind before, enum kind now)
{
	if (before == now || before < LOWER || now < LOWER)
		return false;
	return !(before == UPPER && now == LOWER);
}

static void look_at(struct looks *l, unsigned char c)
{
	enum kind now = kinds[c];

	if (now < LOWER) {
		part_judge(l);
		l->identifier |= now == FOREIGN;
		l->at_sign |= c == '@' && l->digits + l->letters > 0;
	} else {
		l->breaks += breaks(l->before, now);
		l->digits += now == DIGIT;
		l->letters += now != DIGIT;
		l->part_len++;
		l->hex += is_hex(c);
		l->part_hex += is_hex(c);
		l->part_digits += now == DIGIT;
		l->part_digit_groups += now == DIGIT && l->before != DIGIT;
	}
	l->before = now;
}

/* A UUID with hardly a digit in it. */
static bool is_hex_in_parts(const struct looks *l)
{
	size_t len = l->digits + l->letters;

	return l->digits && len >= HEX_ALONE && l->hex == len;
}

static bool is_token(const struct looks *l)
{
	size_t len = l->digits + l->letters;

	if (!l->digits)
		return false;
	return (len >= LONG_TOKEN && l->breaks * 10 >= len * 3) ||
	       (len >= MIN_TOKEN && l->digits >= 2 && l->breaks * 2 >= len);
}

/* "%41" stands for one byte; its digits are not the segment's. "%40" is an '@'. */
static size_t escape_len(struct str in)
{
	return in.len >= 3 && in.at[0] == '%' && is_hex((unsigned char)in.at[1]) &&
			       is_hex((unsigned char)in.at[2])
		       ? 3
		       : 0;
}

static bool is_number(struct str segment)
{
	for (size_t i = 0; i < segment.len; i++)
		if (segment.at[i] < '0' || segment.at[i] > '9')
			return false;
	return segment.len > 0;
}

bool route_is_identifier(struct str segment)
{
	struct looks l = { .before = SEPARATOR };

	if (segment.len > MAX_WORD || is_number(segment))
		return true;
	while (segment.len && !l.identifier) {
		size_t escape = segment.at[0] == '%' ? escape_len(segment) : 0;
		bool at_sign = escape && str_starts(segment, STR("%40"));

		look_at(&l, at_sign ? '@' : (unsigned char)segment.at[0]);
		segment = str_after(segment, escape ? escape : 1);
	}
	part_judge(&l);
	return l.identifier || (l.at_sign && l.before != MARK) || l.digits >= MANY_DIGITS ||
	       (l.digits && !l.letters) || is_hex_in_parts(&l) || is_token(&l);
}
