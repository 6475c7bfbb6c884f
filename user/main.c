/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - picks the command; without one, `run`. */
#include <stdio.h>
#include <string.h>

#include "user/base/mem.h"
#include "user/command/command.h"
#include "user/command/usage.h"
#include "user/config/config.h"
#include "user/export/exporter.h"
#include "user/proto/proto.h"

static const struct command *const commands[] = {
	&command_run, &command_check,  &command_explain,
	&command_top, &command_replay, &command_config,
};

static int help(void)
{
	printf("sonde: how long the requests of running services take, from outside\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  sonde %-8s %-24s %s\n", commands[i]->name, commands[i]->usage,
		       commands[i]->help);
	printf("  sonde --version | --help\n\n");
	config_help(stdout);
	return EXIT_OK;
}

static int version(void)
{
	printf("sonde %s\nprotocols:", SONDE_VERSION);
	for (size_t i = 0; protos[i]; i++)
		printf(" %s", protos[i]->versions);
	printf("\nexporters:");
	for (size_t i = 0; exporters[i]; i++)
		printf(" %s", exporters[i]->name);
	putchar('\n');
	return EXIT_OK;
}

static int unknown(const char *name)
{
	const char *names[ARRAY_SIZE(commands) + 1] = {};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	return usage_unknown("sonde", "command", name, names);
}

/* What `sonde` alone understands besides options, which the agent reads. */
static int without_command(int argc, char **argv)
{
	static const char *const known[] = { "--help", "--version", NULL };

	if (argc > 1 && is_help(argv[1]))
		return help();
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return version();
	if (argc > 1 && usage_near(argv[1], known))
		return usage_unknown("sonde", "option", argv[1], known);
	return command_run.run(argc, argv);
}

static int help_of(const struct command *command)
{
	if (command == &command_run)
		return help();
	printf("sonde %s %s\n  %s\n", command->name, command->usage, command->help);
	if (command->more)
		printf("\n%s", command->more);
	return EXIT_OK;
}

/* First, or behind a command's other arguments; no value begins so. */
static bool asks_help(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			return true;
	return argc > 2 && is_help(argv[2]);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return without_command(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return asks_help(argc, argv) ? help_of(commands[i])
						     : commands[i]->run(argc - 1, argv + 1);
	return unknown(argv[1]);
}
