/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - what this host offers, feature by feature, and what to do about what it lacks. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "user/capture/capture.h"
#include "user/command/command.h"
#include "user/command/usage.h"
#include "user/config/config.h"
#include "user/monitor/privileges.h"

struct verdict_line {
	const char *name, *used, *state; /* "ok", "reduced" or "missing" */
	char text[256];
};

static void judge(const struct feature *feature, const struct feature_state *state,
		  struct verdict_line *ret)
{
	ret->name = feature->name;
	ret->used = state->used ? state->used->name : "none";
	if (state->used == &feature->flavours[0]) {
		ret->state = "ok";
		ret->text[0] = '\0';
	} else if (state->used) {
		ret->state = "ok";
		snprintf(ret->text, sizeof(ret->text), "instead of %s: %s",
			 feature->flavours[0].name, state->reason);
	} else {
		ret->state = feature->required ? "missing" : "reduced";
		snprintf(ret->text, sizeof(ret->text), "%s; %s", state->reason, feature->without);
	}
}

static void print_text(const struct verdict_line *lines, size_t count, const char *kernel,
		       const char *missing)
{
	printf("kernel       %s\n", kernel);
	printf("capabilities %s%s\n", *missing ? "missing: " : "all there", missing);
	for (size_t i = 0; i < count; i++)
		printf("%-12s %-8s %-7s %s\n", lines[i].name, lines[i].used, lines[i].state,
		       lines[i].text);
}

static void print_json(const struct verdict_line *lines, size_t count, const char *kernel,
		       const char *missing, int status)
{
	json_t *features_json = json_array();
	json_t *root;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(features_json,
				      json_pack("{ssssssss}", "name", lines[i].name, "used",
						lines[i].used, "state", lines[i].state, "reason",
						lines[i].text));
	root = json_pack("{sssssosi}", "kernel", kernel, "missing_capabilities", missing,
			 "features", features_json, "status", status);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static int status_of(const struct verdict_line *lines, size_t count)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(lines[i].state, "missing"))
			return EXIT_CANNOT;
		if (!strcmp(lines[i].state, "reduced"))
			status = EXIT_FAILED;
	}
	return status;
}

static int run(int argc, char **argv)
{
	static const char *const known[] = { "--json", NULL };
	bool json = argc > 1;
	struct verdict_line lines[FEATURES];
	struct feature_state states[FEATURES];
	struct capture *capture = NULL;
	struct config_error error;
	struct config *config;
	struct utsname host;
	char missing[128];
	int status;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json"))
			return usage_unknown("sonde check", "argument", argv[i], known);
	if (config_read(1, argv, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	uname(&host);
	status = capture_new(config, states, &capture) ? EXIT_CANNOT : EXIT_OK;
	capture_free(capture);
	privileges_missing(missing, sizeof(missing));
	for (size_t i = 0; i < FEATURES; i++)
		judge(&features[i], &states[i], &lines[i]);
	if (status == EXIT_OK)
		status = status_of(lines, FEATURES);
	if (json)
		print_json(lines, FEATURES, host.release, missing, status);
	else
		print_text(lines, FEATURES, host.release, missing);
	config_free(config);
	return status;
}

const struct command command_check = {
	.name = "check",
	.usage = "[--json]",
	.help = "what this host offers, and what to do about what it lacks",
	.run = run,
};
