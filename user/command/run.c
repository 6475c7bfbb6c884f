/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - the agent in the foreground. */
#include <stdio.h>
#include <unistd.h>

#include "user/command/command.h"
#include "user/command/listeners.h"
#include "user/config/config.h"
#include "user/monitor/monitor.h"
#include "user/worker/worker.h"

static int run(int argc, char **argv)
{
	struct config_error error;
	struct config *config;
	int status;

	if (config_read(argc, argv, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	log_setup(config->log_level, config->log_format);
	if (!config_watches(config)) {
		fprintf(stderr, "sonde: nothing to watch; choose with one of these:\n");
		listeners_print(config, stderr);
		config_free(config);
		return EXIT_USAGE;
	}
	status = monitor_run(config, argc, argv, worker_run);
	config_free(config);
	return status;
}

const struct command command_run = {
	.name = "run",
	.usage = "[options]",
	.help = "the agent, in the foreground",
	.run = run,
};
