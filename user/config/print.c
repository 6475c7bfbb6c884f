/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - `config print`: the whole configuration as YAML that reads back to the same. */
#include "user/config/field.h"
#include "user/config/services.h"
#include "user/config/settings.h"

static struct str group_of(const struct option *option)
{
	struct str rest = str_of(option->key), group;

	take_until(&rest, '.', &group);
	return group;
}

static void option_print(const struct settings *settings, size_t i, FILE *to)
{
	const struct option *option = &options[i];
	const struct origin *origin = &settings->origins[i];

	fprintf(to, "  %s: ", option->key + group_of(option).len + 1);
	/* What nobody set and has no default is absent, which "" or [] is not. */
	if (origin->place == PLACE_DEFAULT && !option->value)
		fputs("null", to);
	else
		field_print(option, (const char *)settings + option->at, to);
	fprintf(to, "  # %s%s\n", origin->place == PLACE_DEFAULT ? "" : "from ", origin->where);
}

void config_print(const struct config *config, FILE *to)
{
	const struct settings *settings = (const struct settings *)config;
	struct str group = {};

	if (config->config_file)
		fprintf(to, "# config.file %s, from %s\n", config->config_file,
			settings->origins[option_find(STR("config.file")) - options].where);
	for (size_t i = 0; i < option_count; i++) {
		if (!strcmp(options[i].key, "config.file"))
			continue;
		if (!str_eq(group, group_of(&options[i]))) {
			group = group_of(&options[i]);
			fprintf(to, "%.*s:\n", STR_ARGS(group));
		}
		option_print(settings, i, to);
	}
	services_print(config, settings->services_where, to);
}
