/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top.c - a live table of services.
 *
 *	on a terminal	the table on the alternate screen, anew each interval; q or Ctrl-C ends
 *	elsewhere	a table each interval, one below the other
 *	--json		an object a line each interval
 *	--once		one interval, then the end
 */
#include <stdio.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/command/agent.h"
#include "user/command/command.h"
#include "user/command/screen.h"
#include "user/command/top_rows.h"
#include "user/command/usage.h"
#include "user/config/field.h"

struct top_options {
	bool once, json;
	uint64_t interval_ms;
};

enum { HEADER_LINES = 3 };

static void print_duration(double seconds)
{
	if (seconds <= 0)
		printf(" %9s", "-");
	else if (seconds < 1e-3)
		printf(" %7.0fus", seconds * 1e6);
	else if (seconds < 1)
		printf(" %7.1fms", seconds * 1e3);
	else
		printf(" %8.2fs", seconds);
}

static void print_line(const struct top_line *line, bool colors)
{
	_cleanup_(freep) char *name =
		xasprintf("%s%s%s", line->namespace, *line->namespace ? "/" : "", line->service);
	bool red = colors && line->errors;

	printf("%s%-32.32s %-12.12s %9.1f %9.1f", red ? "\033[31m" : "", name, line->kind,
	       line->rate, line->errors_rate);
	print_duration(line->p50_s);
	print_duration(line->p99_s);
	print_duration(line->pause_s);
	printf(" %6llu%s\n", (unsigned long long)line->open, red ? "\033[0m" : "");
}

/* `lines` of the terminal; 0: as many as there are. */
static void print_table(const struct top_table *table, unsigned lines)
{
	bool colors = screen_wants_colors();
	size_t shown = table->count;

	if (lines > HEADER_LINES && shown > lines - HEADER_LINES)
		shown = lines - HEADER_LINES;
	printf("%s%-32s %-12s %9s %9s %9s %9s %9s %6s%s\n", colors ? "\033[1m" : "", "SERVICE",
	       "KIND", "REQ/s", "ERRORS/s", "P50", "P99", "PAUSE", "OPEN", colors ? "\033[0m" : "");
	for (size_t i = 0; i < shown; i++)
		print_line(&table->lines[i], colors);
	if (!table->count)
		printf("no requests seen yet\n");
	if (shown < table->count || table->left_out)
		printf("and %llu more\n",
		       (unsigned long long)(table->count - shown + table->left_out));
}

static void print_json(const struct top_table *table)
{
	json_t *services = json_array(), *root;

	for (size_t i = 0; i < table->count; i++) {
		const struct top_line *l = &table->lines[i];

		json_array_append_new(services,
				      json_pack("{sssssssIsIsIsfsfsfsfsf}", "service", l->service,
						"namespace", l->namespace, "kind", l->kind,
						"requests", (json_int_t)l->requests, "errors",
						(json_int_t)l->errors, "open", (json_int_t)l->open,
						"rate", l->rate, "errors_per_s", l->errors_rate,
						"p50_s", l->p50_s, "p99_s", l->p99_s, "pause_s",
						l->pause_s));
	}
	root = json_pack("{sfsosI}", "interval_s", table->interval_s, "services", services,
			 "left_out", (json_int_t)table->left_out);
	json_dumpf(root, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(root);
}

static void show(const struct top_options *asked, const struct top_table *table)
{
	unsigned lines = screen_lines();

	if (lines)
		printf("\033[H\033[2Jsonde top   q ends   %.1f s\n", table->interval_s);
	if (asked->json)
		print_json(table);
	else
		print_table(table, lines);
	fflush(stdout);
}

/* Show what happened between the last answer and a new one, which becomes the last. */
static int step(const struct top_options *asked, json_t **last, struct top_table *table,
		struct silence *silence)
{
	json_t *now = agent_ask("top", silence);
	struct top_table fresh;

	if (!now)
		return -1;
	if (!top_compare(*last, now, &fresh)) {
		top_table_free(table);
		*table = fresh;
		show(asked, table);
	}
	json_decref(*last);
	*last = now;
	return 0;
}

static int watch(const struct top_options *asked, json_t **last, struct silence *silence)
{
	uint64_t interval_ns = asked->interval_ms * NS_PER_MS;
	uint64_t next_ns = monotonic_ns() + interval_ns;
	struct top_table table = {};
	int status = EXIT_OK;

	for (;;) {
		enum screen_event event = screen_wait(next_ns);

		if (event == SCREEN_QUIT)
			break;
		if (event == SCREEN_RESIZED) {
			show(asked, &table);
			continue;
		}
		next_ns += interval_ns;
		if (step(asked, last, &table, silence)) {
			status = EXIT_FAILED;
			break;
		}
		if (asked->once || ferror(stdout))
			break;
	}
	top_table_free(&table);
	return status;
}

static int take_interval(const char *text, uint64_t *ret)
{
	static const struct option interval = {
		.key = "interval", .type = &type_duration, .min = 100, .max = 3600000
	};
	struct config_error error;
	struct str bad;
	int r = field_add(&interval, ret, str_of(text), &bad);

	if (r) {
		field_error(&interval, "--interval", bad, r, &error);
		fprintf(stderr, "sonde top: %s\n", error.text);
	}
	return r;
}

static int take_options(int argc, char **argv, struct top_options *ret)
{
	static const char *const known[] = { "--once", "--json", "--interval=1s", NULL };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--once")) {
			ret->once = true;
		} else if (!strcmp(argv[i], "--json")) {
			ret->json = true;
		} else if (!strncmp(argv[i], "--interval=", 11)) {
			if (take_interval(argv[i] + 11, &ret->interval_ms))
				return EXIT_USAGE;
		} else {
			return usage_unknown("sonde top", "argument", argv[i], known);
		}
	}
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct top_options asked = { .interval_ms = 1000 };
	struct silence silence = {};
	json_t *last;
	int status = take_options(argc, argv, &asked);

	if (status)
		return status;
	last = agent_ask("top", &silence);
	if (last) {
		if (!asked.json && !asked.once)
			screen_begin();
		status = watch(&asked, &last, &silence);
		screen_end();
	} else {
		status = EXIT_FAILED;
	}
	if (status)
		fprintf(stderr, "sonde top: %s%s\n", silence.why,
			silence.no_agent ? "; start one with sonde --watch.port=PORT" : "");
	json_decref(last);
	return status;
}

const struct command command_top = {
	.name = "top",
	.usage = "[--once] [--json] [--interval=1s]",
	.help = "live table of services",
	.more = "Every figure is of the interval since the line before, none counts from sonde's start;\n"
		"only `open` (requests without their answer yet) is of this moment. --json: an object a\n"
		"line, {interval_s, services[{service, namespace, kind, requests, errors, open, rate,\n"
		"errors_per_s, p50_s, p99_s, pause_s}], left_out}; requests and errors are those that\n"
		"ended within interval_s, so --once --json shows 0 where nothing came meanwhile. PAUSE\n"
		"is the longest pause of the service's runtime, rounded up by at most a tenth. Totals\n"
		"are in /metrics.\n",
	.run = run,
};
