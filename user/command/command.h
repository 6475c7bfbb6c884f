/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - what can follow `sonde` on the command line; one table in main.c.
 *
 * To add one: a file here that ends in `const struct command command_<name>`,
 * and its name in the table.
 */
#pragma once

#include "user/base/exit.h"

struct command {
	const char *name;
	const char *usage; /* what follows the name */
	const char *help;
	const char *more; /* lines that --help of it says besides; may be NULL */
	/* argv[0] is the command's name. Returns the exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_check, command_explain, command_top,
	command_replay, command_config;
