/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - a configuration from what a test says, or the error it gives. */
#pragma once

#include <errno.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/config/config.h"

/* The last error; empty after a success. */
static struct config_error last_error;

/* Each list ends with NULL, and either may be NULL. The result may be NULL; config_free() it. */
static inline struct config *read_options(const char *const *flags, const char *const *environment)
{
	char *argv[32] = { "sonde" }, *variables[32] = {};
	struct config *config = NULL;
	int argc = 1;

	for (size_t i = 0; flags && flags[i]; i++)
		argv[argc++] = (char *)flags[i];
	for (size_t i = 0; environment && environment[i]; i++)
		variables[i] = (char *)environment[i];
	last_error.text[0] = '\0';
	if (config_read(argc, argv, variables, &config, &last_error) != 0 && config)
		abort();
	return config;
}

#define FLAGS(...)     read_options((const char *const[]){ __VA_ARGS__, NULL }, NULL)
#define VARIABLES(...) read_options(NULL, (const char *const[]){ __VA_ARGS__, NULL })

static inline struct config *read_yaml(const char *text)
{
	struct config *config = NULL;
	size_t len = strlen(text);
	char *tight = test_tight(text, len);

	last_error.text[0] = '\0';
	if (config_read_text((struct str){ tight, len }, "sonde.yaml", &config, &last_error) &&
	    config)
		abort();
	free(tight);
	return config;
}

/* Was it refused, and with this text? */
static inline bool refused(struct config *config, const char *text)
{
	bool as_said = !config && !strcmp(last_error.text, text);

	if (!as_said)
		printf("said: %s\nwant: %s\n", config ? "(accepted)" : last_error.text, text);
	config_free(config);
	return as_said;
}

static inline char *printed(const struct config *config)
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	config_print(config, to);
	fclose(to);
	return text;
}

static inline void config_freep(struct config **config)
{
	config_free(*config);
}

#define SCOPED _cleanup_(config_freep) struct config
