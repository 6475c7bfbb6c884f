/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - types of several parts: port ranges, headers to send, ignore rules, samplers. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "user/base/hex.h"
#include "user/base/mem.h"
#include "user/base/utf8.h"
#include "user/config/option.h"

/* ports: "8080" or "8000-8099" */

static int ports_parse(const struct option *option, struct str text, void *field)
{
	struct str rest = text, first = text;
	bool range = take_until(&rest, '-', &first);
	uint64_t from, to;

	(void)option;
	if (number_parse(str_trim(first), 1, UINT16_MAX, &from))
		return -EINVAL;
	to = from;
	if (range && number_parse(str_trim(rest), from, UINT16_MAX, &to))
		return -EINVAL;
	*(struct port_range *)field = (struct port_range){ (uint16_t)from, (uint16_t)to };
	return 0;
}

static void ports_print(const struct option *option, const void *field, FILE *to)
{
	const struct port_range *range = field;

	(void)option;
	if (range->first == range->last)
		fprintf(to, "%u", range->first);
	else
		fprintf(to, "\"%u-%u\"", range->first, range->last);
}

static json_t *ports_schema(const struct option *option)
{
	(void)option;
	return json_pack("{s:[{s:s,s:i,s:i},{s:s,s:s}]}", "anyOf", "type", "integer", "minimum", 1,
			 "maximum", UINT16_MAX, "type", "string", "pattern",
			 "^ *[0-9]+( *- *[0-9]+)? *$");
}

const struct type type_ports = {
	.name = "PORT",
	.what = "a port from 1 to 65535 or a range like 8000-8099",
	.size = sizeof(struct port_range),
	.parse = ports_parse,
	.print = ports_print,
	.schema = ports_schema,
};

/* pair: "name=value" with %41 in the value, or "Name: value" as it is */

/* %41 and the like, undone. -EINVAL where two hexadecimal digits do not follow a %. */
static int percent_decode(struct str text, char **ret)
{
	_cleanup_(freep) char *to = xcalloc(text.len + 1, 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '%') {
			to[len++] = text.at[i];
			continue;
		}
		if (text.len - i < 3 || hex_digit(text.at[i + 1]) < 0 ||
		    hex_digit(text.at[i + 2]) < 0)
			return -EINVAL;
		to[len++] = (char)(hex_digit(text.at[i + 1]) << 4 | hex_digit(text.at[i + 2]));
		i += 2;
	}
	/* A control character would end the header, or the text. */
	if (!utf8_is_plain((struct str){ to, len }))
		return -EINVAL;
	*ret = TAKE_PTR(to);
	return 0;
}

static int pair_parse(const struct option *option, struct str text, void *field)
{
	size_t len = 0;
	struct str key, value;
	struct pair pair;

	(void)option;
	while (len < text.len && text.at[len] != '=' && text.at[len] != ':')
		len++;
	key = str_trim(str_first(text, len));
	if (len == text.len || !is_token(key))
		return -EINVAL;
	value = str_trim(str_after(text, len + 1));
	if (text.at[len] == ':')
		pair.value = xstrndup(value.at, value.len);
	else if (percent_decode(value, &pair.value))
		return -EINVAL;
	pair.key = xstrndup(key.at, key.len);
	*(struct pair *)field = pair;
	return 0;
}

static void pair_print(const struct option *option, const void *field, FILE *to)
{
	const struct pair *pair = field;
	_cleanup_(freep) char *text = xasprintf("%s=****", pair->key);

	(void)option;
	text_print(str_of(text), to);
}

static void pair_clear(void *field)
{
	struct pair *pair = field;

	free(pair->key);
	free(pair->value);
}

const struct type type_pair = {
	.name = "NAME=VALUE",
	.what = "a header like name=value",
	.size = sizeof(struct pair),
	.secret = true,
	.mapping = true,
	.parse = pair_parse,
	.print = pair_print,
	.clear = pair_clear,
};

/* ignore: "/healthz", which means "/healthz=traces", or "=metrics", or "=both" */

static const struct {
	const char *word;
	bool traces, metrics;
} ignored[] = {
	{ "traces", true, false },
	{ "metrics", false, true },
	{ "both", true, true },
};

/* What is wrong with the route; a bad word after it is told by `what`. */
static const char *ignore_wrong(struct str text)
{
	struct str route = text;

	take_until(&text, '=', &route);
	return type_route.wrong(str_trim(route));
}

static int ignore_parse(const struct option *option, struct str text, void *field)
{
	struct str what = text, route;

	(void)option;
	if (!take_until(&what, '=', &route)) {
		route = text;
		what = STR("traces");
	}
	route = str_trim(route);
	if (type_route.wrong(route))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (str_eq_nocase(str_of(ignored[i].word), str_trim(what))) {
			*(struct ignore_rule *)field = (struct ignore_rule){
				.route = xstrndup(route.at, route.len),
				.traces = ignored[i].traces,
				.metrics = ignored[i].metrics,
			};
			return 0;
		}
	return -EINVAL;
}

static void ignore_print(const struct option *option, const void *field, FILE *to)
{
	const struct ignore_rule *rule = field;
	size_t i = 0;
	_cleanup_(freep) char *text = NULL;

	(void)option;
	while (ignored[i].traces != rule->traces || ignored[i].metrics != rule->metrics)
		i++;
	text = xasprintf("%s=%s", rule->route, ignored[i].word);
	text_print(str_of(text), to);
}

static void ignore_clear(void *field)
{
	struct ignore_rule *rule = field;

	free(rule->route);
}

const struct type type_ignore = {
	.name = "ROUTE[=traces|metrics|both]",
	.what = "a route like /healthz, with =traces, =metrics or =both",
	.size = sizeof(struct ignore_rule),
	.mapping = true,
	.wrong = ignore_wrong,
	.parse = ignore_parse,
	.print = ignore_print,
	.clear = ignore_clear,
};

/* sampler: "parentbased_always_on" or "traceidratio=0.1" */

const char *const sampler_words[] = {
	[SAMPLER_ALWAYS_ON] = "always_on",
	[SAMPLER_ALWAYS_OFF] = "always_off",
	[SAMPLER_RATIO] = "traceidratio",
	[SAMPLER_PARENT_ALWAYS_ON] = "parentbased_always_on",
	[SAMPLER_PARENT_ALWAYS_OFF] = "parentbased_always_off",
	[SAMPLER_PARENT_RATIO] = "parentbased_traceidratio",
	NULL,
};

static int sampler_field_parse(const struct option *option, struct str text, void *field)
{
	struct sampler sampler = { .ratio = 1 };
	struct str ratio = text, name = text;
	bool with_ratio = take_until(&ratio, '=', &name);
	int kind;

	(void)option;
	if (word_find(sampler_words, str_trim(name), &kind))
		return -EINVAL;
	sampler.kind = (enum sampler_kind)kind;
	if (with_ratio &&
	    (!sampler_has_ratio(sampler.kind) || ratio_parse(str_trim(ratio), &sampler.ratio)))
		return -EINVAL;
	*(struct sampler *)field = sampler;
	return 0;
}

static void sampler_print(const struct option *option, const void *field, FILE *to)
{
	const struct sampler *sampler = field;

	(void)option;
	fputs(sampler_words[sampler->kind], to);
	if (sampler_has_ratio(sampler->kind)) {
		fputc('=', to);
		ratio_print(sampler->ratio, to);
	}
}

const struct type type_sampler = {
	.name = "SAMPLER",
	.what = "a sampler like always_on or parentbased_traceidratio=0.1",
	.size = sizeof(struct sampler),
	.parse = sampler_field_parse,
	.print = sampler_print,
};
