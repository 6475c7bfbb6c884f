/* SPDX-License-Identifier: Apache-2.0 */
/*
 * durations.c - "250ms", "10s", "5m", "2h"; "off" where nothing is allowed.
 *
 * Bounds are in milliseconds for both types; type_seconds keeps whole seconds.
 */
#include <errno.h>
#include <inttypes.h>

#include "user/base/mem.h"
#include "user/config/option.h"

static const struct unit {
	struct str name;
	uint64_t ms;
} units[] = {
	{ { "h", 1 }, 3600000 },
	{ { "m", 1 }, 60000 },
	{ { "s", 1 }, 1000 },
	{ { "ms", 2 }, 1 },
};

static void ms_print(uint64_t ms, FILE *to)
{
	const struct unit *unit = units;

	while (ms % unit->ms)
		unit++;
	fprintf(to, "%" PRIu64 "%s", ms / unit->ms, unit->name.at);
}

/* Digits and a unit, or "off" or "0" when that is within the bounds. */
static int ms_parse(const struct option *option, struct str text, uint64_t *ret)
{
	size_t digits = 0;
	uint64_t count, ms;

	if (option->min == 0 && (str_eq_nocase(text, STR("off")) || str_eq(text, STR("0")))) {
		*ret = 0;
		return 0;
	}
	while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
		digits++;
	if (number_parse(str_first(text, digits), 0, UINT64_MAX, &count))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_eq(str_after(text, digits), units[i].name)) {
			if (__builtin_mul_overflow(count, units[i].ms, &ms) || ms < option->min ||
			    ms > option->max)
				return -EINVAL;
			*ret = ms;
			return 0;
		}
	return -EINVAL;
}

static int duration_parse(const struct option *option, struct str text, void *field)
{
	return ms_parse(option, text, field);
}

static int seconds_parse(const struct option *option, struct str text, void *field)
{
	uint64_t ms;

	if (ms_parse(option, text, &ms) || ms % 1000)
		return -EINVAL;
	*(uint64_t *)field = ms / 1000;
	return 0;
}

static void either_print(const struct option *option, const void *field, FILE *to)
{
	uint64_t count = *(const uint64_t *)field;

	if (!count)
		fputs("\"off\"", to);
	else
		ms_print(option->type == &type_seconds ? count * 1000 : count, to);
}

static void duration_expect(const struct option *option, FILE *to)
{
	fputs(option->min ? "a duration from " : "off or a duration like 250ms or 10s up to ", to);
	if (option->min) {
		ms_print(option->min, to);
		fputs(" to ", to);
	}
	ms_print(option->max, to);
	if (option->type == &type_seconds)
		fputs(" in whole seconds", to);
}

static json_t *duration_schema(const struct option *option)
{
	const char *pattern = option->min ? "^[0-9]+(ms|s|m|h)$" : "^([0-9]+(ms|s|m|h)|off|0)$";

	return json_pack("{s:s,s:s}", "type", "string", "pattern", pattern);
}

const struct type type_duration = {
	.name = "DURATION",
	.size = sizeof(uint64_t),
	.parse = duration_parse,
	.expect = duration_expect,
	.print = either_print,
	.schema = duration_schema,
};

const struct type type_seconds = {
	.name = "DURATION",
	.size = sizeof(uint64_t),
	.parse = seconds_parse,
	.expect = duration_expect,
	.print = either_print,
	.schema = duration_schema,
};
