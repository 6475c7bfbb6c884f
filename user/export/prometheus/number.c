/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DIGITS = 17,	     /* always enough for a double */
	CERTAIN_DIGITS = 15, /* what fits in these is exact once trailing zeros are gone */
	GO_EXPONENT = 6,     /* from here on Go's shortest %g writes an exponent */
	PLAIN_EXPONENT = 17, /* and we do in values */
};

/* value = 0.d1d2d3... * 10^point */
struct decimal {
	bool negative;
	char digits[DIGITS + 1];
	int count, point;
};

static struct decimal decimal_of(double value)
{
	struct decimal d = { .negative = signbit(value) };
	char text[40];
	const char *exponent;
	int precision;

	value = fabs(value);
	precision = value < DBL_MIN ? 1 : CERTAIN_DIGITS; /* subnormal ones hold fewer digits */
	do
		snprintf(text, sizeof(text), "%.*e", precision - 1, value);
	while (strtod(text, NULL) != value && precision++ < DIGITS);
	for (exponent = text; *exponent != 'e'; exponent++)
		if (*exponent != '.')
			d.digits[d.count++] = *exponent;
	while (d.count > 1 && d.digits[d.count - 1] == '0')
		d.count--;
	d.point = (int)strtol(exponent + 1, NULL, 10) + 1;
	return d;
}

static void add_exponent(struct buf *to, const struct decimal *d)
{
	buf_add_byte(to, d->digits[0]);
	if (d->count > 1) {
		buf_add_byte(to, '.');
		buf_add(to, (struct str){ d->digits + 1, (size_t)d->count - 1 });
	}
	buf_printf(to, "e%+03d", d->point - 1);
}

static void add_plain(struct buf *to, const struct decimal *d)
{
	if (d->point <= 0)
		buf_add(to, STR("0."));
	for (int i = d->point; i < 0; i++)
		buf_add_byte(to, '0');
	for (int i = 0; i < d->count || i < d->point; i++) {
		if (i && i == d->point)
			buf_add_byte(to, '.');
		buf_add_byte(to, i < d->count ? d->digits[i] : '0');
	}
}

/* True when it was one of those that have names. */
static bool add_named(struct buf *to, double value)
{
	if (isnan(value))
		buf_add(to, STR("NaN"));
	else if (isinf(value))
		buf_add(to, value > 0 ? STR("+Inf") : STR("-Inf"));
	else
		return false;
	return true;
}

static void add(struct buf *to, double value, int exponent_from, bool canonical)
{
	struct decimal d = decimal_of(value);
	bool exponent = d.point - 1 < -4 || d.point - 1 >= exponent_from;

	if (d.negative)
		buf_add_byte(to, '-');
	if (exponent)
		add_exponent(to, &d);
	else
		add_plain(to, &d);
	if (canonical && !exponent && d.count <= d.point)
		buf_add(to, STR(".0"));
}

void number_add(struct buf *to, double value)
{
	char text[24];

	if (add_named(to, value))
		return;
	if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
		int len = snprintf(text, sizeof(text), "%lld", (long long)value);

		buf_add(to, (struct str){ text, (size_t)len });
		return;
	}
	add(to, value, PLAIN_EXPONENT, false);
}

void number_add_bound(struct buf *to, double bound, bool canonical)
{
	if (!add_named(to, bound))
		add(to, bound, GO_EXPONENT, canonical);
}
