/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - validate a configuration, show what it comes to, or its schema. */
#include "user/config/config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/command/command.h"
#include "user/command/usage.h"

static int run(int argc, char **argv)
{
	static const char *const known[] = { "check", "print", "schema", NULL };
	const char *what = argc > 1 ? argv[1] : "";
	struct config_error error;
	struct config *config;

	if (!strcmp(what, "schema")) {
		config_schema(stdout);
		return EXIT_OK;
	}
	if (argc < 2) {
		fprintf(stderr, "sonde config: say check, print or schema\n");
		return EXIT_USAGE;
	}
	if (strcmp(what, "check") && strcmp(what, "print"))
		return usage_unknown("sonde config", "command", what, known);
	if (config_read(argc - 1, argv + 1, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	if (!strcmp(what, "print"))
		config_print(config, stdout);
	else
		printf("%s%sok\n", config->config_file ? config->config_file : "",
		       config->config_file ? ": " : "");
	config_free(config);
	return EXIT_OK;
}

const struct command command_config = {
	.name = "config",
	.usage = "check|print|schema",
	.help = "validate the configuration, show what it comes to, its schema",
	.more = "check and print read flags, variables and --config.file=PATH as sonde itself does:\n"
		"  check    says ok, or what is wrong and where (exit 2)\n"
		"  print    each value and where it came from\n"
		"  schema   of the YAML file, as JSON schema; `services` is in it\n"
		"`sonde --help` lists the options.\n",
	.run = run,
};
