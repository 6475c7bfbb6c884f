/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - the options as --help lists them, 100 columns wide. */
#include "user/base/mem.h"
#include "user/config/field.h"

enum { COLUMNS = 100, INDENT = 8 };

/* `text` in lines of whole words, each `INDENT` in. */
static void wrap(struct str text, FILE *to)
{
	size_t column = 0;
	struct str word;

	while (take_part(&text, ' ', &word)) {
		if (column && column + 1 + word.len > COLUMNS - INDENT) {
			fputc('\n', to);
			column = 0;
		}
		fprintf(to, "%*s%.*s", column ? 1 : INDENT, "", STR_ARGS(word));
		column += word.len + !!column;
	}
	fputc('\n', to);
}

static void option_help(const struct option *option, FILE *to)
{
	_cleanup_(freep) char *expected = field_expected(option), *text = NULL;

	if (option->type == &type_bool)
		fprintf(to, "  --%s[=%s]\n", option->key, option->type->name);
	else
		fprintf(to, "  --%s=%s%s\n", option->key, option->type->name,
			option->list ? ",..." : "");
	text = xasprintf("%s%s%s%s%s%s%s%s", option->help, option->type->what ? "" : " Takes ",
			 option->type->what ? "" : expected, option->type->what ? "" : ".",
			 option->value ? " Default: " : "", option->value ? option->value : "",
			 option->otel ? (option->value ? "; also " : " Also ") : "",
			 option->otel ? option->otel : "");
	wrap(str_of(text), to);
}

static void services_help(FILE *to)
{
	fputs("\nservices, in the YAML file alone: a list, of which the first entry that matches counts\n",
	      to);
	for (size_t f = 0; f < service_field_count; f++)
		fprintf(to, "  %-10s %s\n", service_fields[f].key, service_fields[f].help);
}

void config_help(FILE *to)
{
	struct str group = {};

	fputs("Each option may be a flag (--web.max-requests=40), a variable of the environment\n"
	      "(SONDE_WEB_MAX_REQUESTS=40) or a line of the YAML file (web.max-requests: 40); the first\n"
	      "of these that sets it counts. Lists are separated by commas.\n\n",
	      to);
	for (size_t i = 0; i < option_count; i++) {
		struct str rest = str_of(options[i].key), own = {};

		take_until(&rest, '.', &own);
		if (!str_eq(own, group))
			fprintf(to, "%s%.*s:\n", i ? "\n" : "", STR_ARGS(own));
		group = own;
		option_help(&options[i], to);
	}
	services_help(to);
}
