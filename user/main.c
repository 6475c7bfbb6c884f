/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - picks the command; without one, `run`. */
#include <stdio.h>
#include <string.h>

#include "user/base/mem.h"
#include "user/command/command.h"
#include "user/config/config.h"
#include "user/config/suggest.h"

static const struct command *const commands[] = {
	&command_run, &command_check,  &command_explain,
	&command_top, &command_replay, &command_config,
};

static int help(void)
{
	printf("sonde: request durations and pauses of running services, from outside\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  sonde %-8s %-24s %s\n", commands[i]->name, commands[i]->usage,
		       commands[i]->help);
	printf("  sonde --version | --help\n\n");
	config_help(stdout);
	return EXIT_OK;
}

static int version(void)
{
	printf("sonde %s\nprotocols: http/1.0 http/1.1\nexporters: prometheus otlp console\n",
	       SONDE_VERSION);
	return EXIT_OK;
}

static int unknown(const char *name)
{
	struct suggestion near = { .given = str_of(name) };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		suggest(&near, commands[i]->name);
	fprintf(stderr, "sonde: unknown command %s%s%s%s; `sonde --help` lists them\n", name,
		near.best ? "; did you mean " : "", near.best ? near.best : "",
		near.best ? "?" : "");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-') {
		if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
			return help();
		if (argc >= 2 && !strcmp(argv[1], "--version"))
			return version();
		return command_run.run(argc, argv);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
