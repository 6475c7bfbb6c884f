/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/negotiate.h"

#include "user/base/mem.h"

/* In the order preferred, ended by NULL. One more format is one line. */
static const struct format *const formats[] = {
	&format_protobuf,
	&format_openmetrics,
	&format_text,
	NULL,
};

/* q=1 as RFC 9110's three decimals allow it: 0 to 1000. */
enum { Q_ONE = 1000, Q_UNSAID = -1 };

struct element {
	struct str name;
	struct str parameters; /* what follows the first ";" */
	int q;
};

/* Like take_part, but a mark inside "quotes" is none. */
static bool take_unquoted(struct str *in, char mark, struct str *ret)
{
	bool quoted = false;

	if (!in->len)
		return false;
	for (size_t i = 0; i < in->len; i++) {
		char c = in->at[i];

		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (c == mark && !quoted) {
			*ret = str_first(*in, i);
			*in = str_after(*in, i + 1);
			return true;
		}
	}
	*ret = *in;
	*in = (struct str){};
	return true;
}

static bool take_parameter(struct str *in, struct str *ret_key, struct str *ret_value)
{
	struct str one, key;

	if (!take_unquoted(in, ';', &one))
		return false;
	if (!take_until(&one, '=', &key)) {
		key = one;
		one = (struct str){};
	}
	*ret_key = str_trim(key);
	one = str_trim(one);
	if (one.len >= 2 && one.at[0] == '"' && one.at[one.len - 1] == '"')
		one = (struct str){ one.at + 1, one.len - 2 };
	*ret_value = one;
	return true;
}

/* "0.75" is 750; what RFC 9110 does not allow is 0, as if the element were not there. */
static int q_of(struct str text)
{
	int q, unit = Q_ONE;

	if (!text.len || (text.at[0] != '0' && text.at[0] != '1') || text.len > 5 ||
	    (text.len > 1 && text.at[1] != '.'))
		return 0;
	q = (text.at[0] - '0') * Q_ONE;
	for (size_t i = 2; i < text.len; i++) {
		unit /= 10;
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
		q += (text.at[i] - '0') * unit;
	}
	return q > Q_ONE ? 0 : q;
}

static bool take_element(struct str *in, struct element *ret)
{
	struct str one, key, value, rest;

	if (!take_unquoted(in, ',', &one))
		return false;
	take_unquoted(&one, ';', &ret->name);
	ret->name = str_trim(ret->name);
	ret->parameters = one;
	ret->q = Q_ONE;
	rest = one;
	while (take_parameter(&rest, &key, &value))
		if (str_eq_nocase(key, STR("q")))
			ret->q = q_of(value);
	return true;
}

static bool parameter(struct str parameters, struct str key, struct str *ret)
{
	struct str name, value;

	while (take_parameter(&parameters, &name, &value))
		if (str_eq_nocase(name, key)) {
			*ret = value;
			return true;
		}
	return false;
}

static bool fits(const struct format *f, const struct element *e)
{
	if (!str_eq_nocase(f->media, e->name))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(f->parameters) && f->parameters[i].key.len; i++) {
		struct str said;

		if (!parameter(e->parameters, f->parameters[i].key, &said)) {
			if (!f->parameters[i].optional)
				return false;
		} else if (!str_eq_nocase(said, f->parameters[i].value)) {
			return false;
		}
	}
	return true;
}

static const struct format *format_of(const struct element *e)
{
	if (str_eq(e->name, STR("*/*")) || str_eq_nocase(e->name, STR("text/*")))
		return &format_text;
	for (size_t i = 0; formats[i]; i++)
		if (fits(formats[i], e))
			return formats[i];
	return NULL;
}

void negotiate_format(struct str accept, struct wanted *ret)
{
	struct wanted best = { .format = &format_text };
	struct element e = {};
	int best_q = 0;

	while (take_element(&accept, &e)) {
		const struct format *format = e.q > best_q ? format_of(&e) : NULL;
		struct str said;

		if (!format)
			continue;
		best_q = e.q;
		best.format = format;
		best.escaping = parameter(e.parameters, STR("escaping"), &said);
	}
	*ret = best;
}

bool negotiate_gzip(struct str accept_encoding)
{
	int gzip = 0, identity = Q_UNSAID;
	struct element e = {};

	while (take_element(&accept_encoding, &e)) {
		if (str_eq_nocase(e.name, STR("gzip")) || str_eq_nocase(e.name, STR("x-gzip")))
			gzip = e.q;
		else if (str_eq_nocase(e.name, STR("identity")))
			identity = e.q;
	}
	return gzip > 0 && gzip >= identity;
}
