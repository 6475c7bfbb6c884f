/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/config/field.h"
#include "user/config/services.h"

static_assert(offsetof(struct settings, config) == 0, "a config is its settings");

int config_fail(struct config_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

struct settings *settings_new(void)
{
	struct settings *settings = xcalloc(1, sizeof(*settings));

	settings->origins = xcalloc(option_count, sizeof(*settings->origins));
	for (size_t i = 0; i < option_count; i++)
		settings->origins[i].said = buf_new(2 * LIMIT_CONFIG_BYTES);
	return settings;
}

static void target_free(struct otlp_target *target)
{
	for (size_t i = 0; i < target->headers.count; i++)
		type_pair.clear(&target->headers.at[i]);
	free(target->headers.at);
	free(target->endpoint);
	free(target->certificate);
	free(target->client_certificate);
	free(target->client_key);
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (size_t i = 0; i < option_count; i++) {
		field_clear(&options[i], (char *)settings + options[i].at);
		free(settings->origins[i].where);
		buf_free(&settings->origins[i].said);
	}
	for (size_t i = 0; i < OTLP_SIGNALS; i++)
		target_free(&settings->config.otlp.target[i]);
	services_free(&settings->config);
	free(settings->origins);
	free(settings->services_where);
	free(settings);
}

static void origin_set(struct origin *origin, enum place place, const char *where)
{
	free(origin->where);
	origin->place = place;
	origin->where = where ? xstrdup(where) : NULL;
}

/* A value that a higher place overrules must be a good one all the same. */
static int value_check(const struct option *option, struct str text, struct str *bad)
{
	_Alignas(max_align_t) char scratch[64] = {};
	int r = field_add(option, scratch, text, bad);

	field_clear(option, scratch);
	return r;
}

int settings_set(struct settings *settings, const struct option *option, struct str text,
		 const struct source *source, struct config_error *error)
{
	struct origin *origin = &settings->origins[option - options];
	void *field = (char *)settings + option->at;
	struct config_error why;
	struct str bad;
	int r = value_check(option, text, &bad);

	if (!r && source->place >= origin->place) {
		if (source->place > origin->place || !option->list)
			buf_clear(&origin->said);
		if (source->place > origin->place)
			field_clear(option, field);
		r = field_add(option, field, text, &bad);
		buf_add(&origin->said, text);
		buf_add_byte(&origin->said, '\0');
	}
	if (r && source->place == PLACE_OTEL) {
		field_error(option, source->who, bad, r, &why);
		log_warn("environment variable ignored", "reason=%s", log_value(str_of(why.text)));
		return 0;
	}
	if (r) {
		field_error(option, source->who, bad, r, error);
		return -EINVAL;
	}
	if (source->place > origin->place || (source->place == origin->place && !option->list))
		origin_set(origin, source->place, source->where);
	return 0;
}

enum place settings_place(const struct settings *settings, const void *field)
{
	size_t at = (size_t)((const char *)field - (const char *)settings);

	for (size_t i = 0; i < option_count; i++)
		if (options[i].at == at)
			return settings->origins[i].place;
	return PLACE_NONE;
}

static int defaults_set(struct settings *settings, struct config_error *error)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];
		struct source source = { PLACE_DEFAULT, "default", option->key };

		if (settings->origins[i].place != PLACE_NONE)
			continue;
		origin_set(&settings->origins[i], PLACE_DEFAULT, "default");
		if (option->value &&
		    settings_set(settings, option, str_of(option->value), &source, error))
			return -EINVAL;
	}
	return 0;
}

static void warn_of_ratio(const struct settings *settings)
{
	const struct sampler *sampler = &settings->config.trace.sampler;

	if (settings_place(settings, &sampler->ratio) > PLACE_DEFAULT &&
	    !sampler_has_ratio(sampler->kind))
		log_warn("trace.ratio changes nothing: only the traceidratio samplers take it",
			 "trace.sampler=%s", sampler_words[sampler->kind]);
}

int settings_finish(struct settings *settings, struct config_error *error)
{
	int r = defaults_set(settings, error);

	if (!r)
		warn_of_ratio(settings);
	return r ? r : otlp_resolve(settings, error);
}

void config_free(struct config *config)
{
	settings_free((struct settings *)config);
}

bool config_watches(const struct config *config)
{
	return config->watch.all || config->watch.pid.count || config->watch.exe.count ||
	       config->watch.cgroup.count || config->watch.port.count;
}
