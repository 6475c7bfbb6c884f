/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - what this host offers, feature by feature, and what to do about what it lacks. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/privileges.h"
#include "user/capture/capture.h"
#include "user/capture/host.h"
#include "user/command/command.h"
#include "user/command/usage.h"
#include "user/config/config.h"

struct verdict_line {
	const char *name, *used, *state; /* "ok", "reduced" or "missing" */
	char text[256];
};

struct report {
	struct host host;
	char capabilities[128]; /* that are missing, the less needed ones too */
	struct verdict_line lines[FEATURES];
	char lacks[HOST_LACKS][HOST_LACK_BYTES];
	size_t lack_count; /* of a host that cannot */
	int status;
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
		/* The reason begins with the name of the first. */
		snprintf(ret->text, sizeof(ret->text), "instead of %s%s%s", state->reason,
			 state->used->price ? "; " : "",
			 state->used->price ? state->used->price : "");
	} else {
		ret->state = feature->required ? "missing" : "reduced";
		snprintf(ret->text, sizeof(ret->text), "%s; %s", state->reason, feature->without);
	}
}

static void print_text(const struct report *r)
{
	printf("kernel       %s, %s\n", r->host.kernel, kernel_support_text(r->host.support));
	printf("capabilities %s%s\n", *r->capabilities ? "missing: " : "all there",
	       r->capabilities);
	for (size_t i = 0; i < FEATURES; i++)
		printf(*r->lines[i].text ? "%-12s %-8s %-7s %s\n" : "%-12s %-8s %s%s\n",
		       r->lines[i].name, r->lines[i].used, r->lines[i].state, r->lines[i].text);
	if (r->lack_count)
		printf("\nsonde cannot run here:\n");
	for (size_t i = 0; i < r->lack_count; i++)
		printf("  %s\n", r->lacks[i]);
}

static void print_json(const struct report *r)
{
	static const char *const support[] = {
		[KERNEL_TOO_OLD] = "too old",
		[KERNEL_BEST_EFFORT] = "best effort",
		[KERNEL_SUPPORTED] = "supported",
	};
	json_t *list = json_array(), *lacks = json_array(), *root;

	for (size_t i = 0; i < FEATURES; i++)
		json_array_append_new(list,
				      json_pack("{ssssssss}", "name", r->lines[i].name, "used",
						r->lines[i].used, "state", r->lines[i].state,
						"reason", r->lines[i].text));
	for (size_t i = 0; i < r->lack_count; i++)
		json_array_append_new(lacks, json_string(r->lacks[i]));
	root = json_pack("{sssssssosiso}", "kernel", r->host.kernel, "kernel_support",
			 support[r->host.support], "missing_capabilities", r->capabilities,
			 "features", list, "status", r->status, "lacks", lacks);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

/* By the features and the capabilities alone. */
static int status_of(const struct report *r)
{
	int status = *r->capabilities ? EXIT_FAILED : EXIT_OK;

	for (size_t i = 0; i < FEATURES; i++) {
		if (!strcmp(r->lines[i].state, "missing"))
			return EXIT_CANNOT;
		if (!strcmp(r->lines[i].state, "reduced"))
			status = EXIT_FAILED;
	}
	return status;
}

static void examine(const struct config *config, struct report *ret)
{
	struct feature_state states[FEATURES];
	struct capture *capture = NULL;
	bool cannot = capture_new(config, states, &capture);

	capture_free(capture);
	host_look(&ret->host);
	privileges_missing(ret->capabilities, sizeof(ret->capabilities));
	for (size_t i = 0; i < FEATURES; i++)
		judge(&features[i], &states[i], &ret->lines[i]);
	ret->status = cannot || *ret->host.missing ? EXIT_CANNOT : status_of(ret);
	if (ret->status == EXIT_CANNOT)
		ret->lack_count = host_lacks(&ret->host, ret->lacks);
}

static int run(int argc, char **argv)
{
	static const char *const known[] = { "--json", NULL };
	struct report report = {};
	struct config_error error;
	struct config *config;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json"))
			return usage_unknown("sonde check", "argument", argv[i], known);
	if (config_read(1, argv, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	examine(config, &report);
	if (argc > 1)
		print_json(&report);
	else
		print_text(&report);
	config_free(config);
	return report.status;
}

const struct command command_check = {
	.name = "check",
	.usage = "[--json]",
	.help = "what this host offers, and what to do about what it lacks",
	.more = "Exit status: 0 all is there, 1 something is missing that sonde works without, 2 wrong\n"
		"usage or configuration, 3 sonde cannot run on this host.\n",
	.run = run,
};
