/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/command.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return EXIT_OK;
}

const struct command command_explain = {
	.name = "explain",
	.usage = "PID",
	.help = "why a process is or is not seen",
	.run = run,
};
