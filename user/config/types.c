/* SPDX-License-Identifier: Apache-2.0 */
/* types.c - the types that are one scalar: on or off, numbers, durations, words. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "user/base/mem.h"
#include "user/config/option.h"

int number_parse(struct str text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (!text.len)
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(text.at[i] - '0'), &n))
			return -EINVAL;
	}
	if (n < min || n > max)
		return -EINVAL;
	*ret = n;
	return 0;
}

int word_find(const char *const *words, struct str text, int *ret)
{
	for (int i = 0; words[i]; i++)
		if (str_eq_nocase(str_of(words[i]), text)) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* bool */

static int bool_parse(const struct option *option, struct str text, void *field)
{
	static const char *const words[] = { "false", "true", "off", "on", NULL };
	int word, r = word_find(words, text, &word);

	(void)option;
	if (!r)
		*(bool *)field = word & 1;
	return r;
}

static void bool_print(const struct option *option, const void *field, FILE *to)
{
	(void)option;
	fputs(*(const bool *)field ? "true" : "false", to);
}

static json_t *bool_schema(const struct option *option)
{
	(void)option;
	return json_pack("{s:[b,b,s,s]}", "enum", 1, 0, "on", "off");
}

const struct type type_bool = {
	.name = "true|false",
	.what = "true, false, on or off",
	.size = sizeof(bool),
	.parse = bool_parse,
	.print = bool_print,
	.schema = bool_schema,
};

/* number */

static int u32_parse(const struct option *option, struct str text, void *field)
{
	uint64_t n;
	int r = number_parse(text, option->min, option->max, &n);

	if (!r)
		*(uint32_t *)field = (uint32_t)n;
	return r;
}

static void u32_print(const struct option *option, const void *field, FILE *to)
{
	(void)option;
	fprintf(to, "%" PRIu32, *(const uint32_t *)field);
}

static void u32_expect(const struct option *option, FILE *to)
{
	fprintf(to, "a number from %" PRIu64 " to %" PRIu64, option->min, option->max);
}

static json_t *u32_schema(const struct option *option)
{
	return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum", (json_int_t)option->min,
			 "maximum", (json_int_t)option->max);
}

const struct type type_number = {
	.name = "NUMBER",
	.size = sizeof(uint32_t),
	.parse = u32_parse,
	.expect = u32_expect,
	.print = u32_print,
	.schema = u32_schema,
};

/* ratio */

int ratio_parse(struct str text, double *ret)
{
	_cleanup_(freep) char *copy = xstrndup(text.at, text.len);
	char *end;
	double ratio;

	for (size_t i = 0; i < text.len; i++)
		if (!strchr("0123456789.eE+-", text.at[i]))
			return -EINVAL;
	ratio = strtod(copy, &end);
	if (!text.len || *end || !(ratio >= 0 && ratio <= 1))
		return -EINVAL;
	*ret = fabs(ratio); /* "-0" is 0 */
	return 0;
}

/* The fewest digits that read back to the same number. */
void ratio_print(double ratio, FILE *to)
{
	char text[32];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, ratio);
		if (strtod(text, NULL) == ratio)
			break;
	}
	fputs(text, to);
}

static int ratio_field_parse(const struct option *option, struct str text, void *field)
{
	(void)option;
	return ratio_parse(text, field);
}

static void ratio_field_print(const struct option *option, const void *field, FILE *to)
{
	(void)option;
	ratio_print(*(const double *)field, to);
}

static json_t *ratio_schema(const struct option *option)
{
	(void)option;
	return json_pack("{s:s,s:i,s:i}", "type", "number", "minimum", 0, "maximum", 1);
}

const struct type type_ratio = {
	.name = "RATIO",
	.what = "a number from 0 to 1",
	.size = sizeof(double),
	.parse = ratio_field_parse,
	.print = ratio_field_print,
	.schema = ratio_schema,
};

/* word */

static int word_parse(const struct option *option, struct str text, void *field)
{
	return word_find(option->words, text, field);
}

static void word_print(const struct option *option, const void *field, FILE *to)
{
	/* Quoted because "off" is a boolean to some readers of YAML. */
	text_print(str_of(option->words[*(const int *)field]), to);
}

static void word_expect(const struct option *option, FILE *to)
{
	if (!option->words[1]) {
		fprintf(to, "%s, the only one there is", option->words[0]);
		return;
	}
	fputs("one of ", to);
	for (size_t i = 0; option->words[i]; i++)
		fprintf(to, "%s%s", i ? ", " : "", option->words[i]);
}

static json_t *word_schema(const struct option *option)
{
	json_t *words = json_array();

	for (size_t i = 0; option->words[i]; i++)
		json_array_append_new(words, json_string(option->words[i]));
	return json_pack("{s:o}", "enum", words);
}

const struct type type_word = {
	.name = "WORD",
	.size = sizeof(int),
	.parse = word_parse,
	.expect = word_expect,
	.print = word_print,
	.schema = word_schema,
};
