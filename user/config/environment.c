/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.c - SONDE_WEB_MAX_REQUESTS=40, and OpenTelemetry's variables.
 *
 * Sonde's own are as strict as flags, a name that is none is an error.
 * OpenTelemetry's follow its specification: empty is unset, durations are
 * milliseconds, and what is wrong is said and ignored.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/config/settings.h"
#include "user/config/suggest.h"

char *environment_name(const char *key)
{
	char *name = xasprintf("SONDE_%s", key);

	for (char *at = name; *at; at++)
		*at = *at == '.' || *at == '-' ? '_' : (char)toupper((unsigned char)*at);
	return name;
}

static const struct option *option_of_variable(struct str name)
{
	for (size_t i = 0; i < option_count; i++) {
		_cleanup_(freep) char *known = environment_name(options[i].key);

		if (str_eq(name, str_of(known)))
			return &options[i];
	}
	return NULL;
}

static bool has(struct str text, struct str part)
{
	return part.len <= text.len && memmem(text.at, text.len, part.at, part.len);
}

/*
 * Kubernetes tells each pod of each service: one that is called sonde makes
 * SONDE_SERVICE_HOST, SONDE_PORT=tcp://..., SONDE_PORT_9464_TCP_ADDR and more.
 */
static bool is_kubernetes(struct str name, struct str value)
{
	if (has(name, STR("_SERVICE_HOST")) || has(name, STR("_SERVICE_PORT")))
		return true;
	return has(name, STR("_PORT")) && (has(value, STR("://")) || has(name, STR("_TCP")) ||
					   has(name, STR("_UDP")) || has(name, STR("_SCTP")));
}

/* What begins like an option of ours and is none. */
static bool is_not_option(struct str name, struct str value)
{
	return str_eq(name, STR("SONDE_CACHE")) || str_starts(name, STR("SONDE_TEST_")) ||
	       is_kubernetes(name, value);
}

static int unknown_variable(struct str name, struct config_error *error)
{
	/* The prefix is the same in all: it must not make them look alike. */
	const size_t prefix = strlen("SONDE_");
	struct suggestion near = { .given = str_after(name, prefix) };
	_cleanup_(freep) char *best = NULL, *text = text_shown(name);

	for (size_t i = 0; i < option_count; i++) {
		char *known = environment_name(options[i].key);

		suggest(&near, known + prefix);
		if (near.best == known + prefix) {
			free(best);
			best = known;
		} else {
			free(known);
		}
	}
	if (!best)
		return config_fail(error, "%s: unknown variable; see --help", text);
	return config_fail(error, "%s: unknown variable; did you mean %s?", text, best);
}

static int own_variable(struct settings *settings, struct str name, struct str value,
			struct config_error *error)
{
	const struct option *option = option_of_variable(name);
	_cleanup_(freep) char *who = NULL, *where = NULL;

	if (!option)
		return is_not_option(name, value) ? 0 : unknown_variable(name, error);
	who = xstrndup(name.at, name.len);
	where = xasprintf("environment %s", who);
	return settings_set(settings, option, value,
			    &(struct source){ PLACE_ENVIRONMENT, where, who }, error);
}

/* Booleans are true only as "true", any other word but "false" is worth a warning. */
static struct str otel_bool(const char *name, struct str value)
{
	if (str_eq_nocase(value, STR("true")))
		return STR("true");
	if (!str_eq_nocase(value, STR("false")))
		log_warn("environment variable taken for false", "name=%s value=%s", name,
			 log_value(value));
	return STR("false");
}

/* Set `option` from its OTEL_ variable. */
static void otel_variable(struct settings *settings, const struct option *option, struct str value)
{
	_cleanup_(freep) char *where = xasprintf("environment %s", option->otel), *ms = NULL;
	struct source source = { PLACE_OTEL, where, option->otel };
	struct config_error none;
	uint64_t count;

	if (option->type == &type_bool) {
		value = otel_bool(option->otel, value);
	} else if (option->type == &type_duration) {
		if (number_parse(value, 0, UINT64_MAX, &count)) {
			log_warn("environment variable ignored", "name=%s value=%s reason=%s",
				 option->otel, log_value(value),
				 log_value(STR("not a number of milliseconds")));
			return;
		}
		ms = xasprintf("%" PRIu64 "ms", count);
		value = str_of(ms);
	}
	settings_set(settings, option, value, &source, &none);
}

/* Each name of a list counts by itself; where none is known the variable says nothing. */
static void otel_words(struct settings *settings, const struct option *option, struct str value)
{
	struct str word;

	while (take_part(&value, ',', &word)) {
		word = str_trim(word);
		if (word.len)
			otel_variable(settings, option, word);
	}
}

static void otel_variables(struct settings *settings, struct str name, struct str value)
{
	value = str_trim(value);
	if (!value.len)
		return;
	if (str_eq(name, STR("OTEL_CONFIG_FILE")))
		log_warn("environment variable ignored", "name=OTEL_CONFIG_FILE reason=%s",
			 log_value(STR("sonde reads its own file, --config.file")));
	for (size_t i = 0; i < option_count; i++) {
		if (!options[i].otel || !str_eq(name, str_of(options[i].otel)))
			continue;
		if (options[i].list && options[i].words)
			otel_words(settings, &options[i], value);
		else
			otel_variable(settings, &options[i], value);
	}
}

int environment_read(struct settings *settings, char **environment, struct config_error *error)
{
	for (char **at = environment; at && *at; at++) {
		struct str value = str_of(*at), name;
		int r = 0;

		if (!take_until(&value, '=', &name))
			continue;
		if (str_starts(name, STR("SONDE_")))
			r = own_variable(settings, name, value, error);
		else if (str_starts(name, STR("OTEL_")))
			otel_variables(settings, name, value);
		if (r)
			return r;
	}
	return 0;
}
