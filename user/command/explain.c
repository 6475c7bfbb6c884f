/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c - why a process is or is not seen.
 *
 *	/proc (subject.h, lineage.h) \
 *	the running sonde (agent.h) --> one JSON object --> text (explain_text.h)
 *	options, without a sonde ----/
 *
 * What a running sonde says wins over what the options given here would do.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/command/agent.h"
#include "user/command/command.h"
#include "user/command/explain_text.h"
#include "user/command/lineage.h"
#include "user/command/usage.h"
#include "user/config/option.h"
#include "user/worker/inspect_answer.h"

enum { PID_LIMIT = 4194304, OPTIONS = 512 };

#define A_ZOMBIE "it has ended and waits for its parent (a zombie)"

/* The options that the running sonde was given, as it says them. */
static struct config *agent_config(const json_t *agent)
{
	const json_t *flags = json_object_get(json_object_get(agent, "agent"), "options");
	char *none[] = { NULL }, *argv[OPTIONS] = { "sonde" };
	struct config_error error;
	struct config *config;
	int argc = 1;

	for (size_t i = 0; i < json_array_size(flags) && argc < OPTIONS; i++) {
		const char *flag = json_string_value(json_array_get(flags, i));

		if (flag && !strncmp(flag, "--watch.", 8))
			argv[argc++] = (char *)flag;
	}
	return config_read(argc, argv, none, &config, &error) ? NULL : config;
}

static void set_text(json_t *to, const char *key, const char *text)
{
	json_object_set_new(to, key, text_json(str_of(text)));
}

/* From its parent up to the one that an option would choose. */
static json_t *ancestors_of(const struct lineage *l)
{
	json_t *list = json_array();

	for (size_t i = 1; i < l->count && l->at[i].watched; i++) {
		const struct relative *r = &l->at[i];
		const char *by = r->why_not ? "parent" : r->rule;

		json_array_append_new(list,
				      json_pack("{sisoso}", "pid", (int)r->subject.pid,
						"executable", text_json(str_of(r->subject.exe)),
						"watched_by", text_json(str_of(by))));
		if (!r->why_not)
			break;
	}
	return list;
}

/* Would this flag alone choose it? Not when it is excluded, nor by the port of a proxy. */
static bool chooses(char *flag, const struct subject *s)
{
	char *argv[] = { "sonde", flag, NULL }, *none[] = { NULL };
	struct config_error error;
	struct config *config;
	char text[RULE_BYTES];
	const char *why_not;
	bool chosen;

	if (config_read(2, argv, none, &config, &error))
		return false;
	chosen = subject_rule(s, config, &why_not, text);
	config_free(config);
	return chosen;
}

static void add_choice(json_t *list, const struct subject *s, const char *key, const char *value)
{
	_cleanup_(freep) char *flag = xasprintf("--%s=%s", key, value);

	if (*value && chooses(flag, s))
		json_array_append_new(list, text_json(str_of(flag)));
}

/* The options each of which would choose it. */
static json_t *choices_of(const struct subject *s, bool excluded)
{
	json_t *list = json_array();
	char number[16];

	if (excluded || s->is_kernel_thread || s->is_sonde)
		return list;
	for (size_t i = 0; i < s->port_count; i++) {
		snprintf(number, sizeof(number), "%u", s->ports[i]);
		add_choice(list, s, "watch.port", number);
	}
	snprintf(number, sizeof(number), "%u", s->pid);
	add_choice(list, s, "watch.pid", number);
	add_choice(list, s, "watch.exe", s->exe);
	add_choice(list, s, "watch.cgroup", strcmp(s->cgroup, "/") ? s->cgroup : "");
	return list;
}

/* Why the running sonde does not watch it, by the options that it was given. */
static const char *why_agent_not(const struct config *config, const struct subject *s)
{
	char text[RULE_BYTES];
	const char *why_not;

	if (s->is_sonde)
		return "it is sonde itself";
	if (s->is_zombie)
		return A_ZOMBIE;
	if (!config || !subject_rule(s, config, &why_not, text))
		return config ? why_not : "its options could not be read";
	return "its options name it, yet it is not among its processes: it began this moment, or "
	       "limit.processes was reached";
}

static void judge_with_agent(json_t *root, const struct subject *s)
{
	struct config *config;

	if (json_is_true(json_object_get(root, "watched")))
		return;
	config = agent_config(root);
	set_text(root, "why_not", why_agent_not(config, s));
	config_free(config);
}

static void judge_alone(json_t *root, const struct lineage *l, const struct config *config)
{
	const struct relative *self = &l->at[0];

	json_object_set_new(root, "watched", json_boolean(self->watched));
	if (self->watched) {
		set_text(root, "watched_by", self->why_not ? "parent" : self->rule);
		if (self->why_not)
			json_object_set_new(root, "ancestors", ancestors_of(l));
	} else {
		set_text(root, "why_not",
			 self->subject.is_sonde	   ? "it is sonde itself"
			 : self->subject.is_zombie ? A_ZOMBIE
			 : config_watches(config)  ? self->why_not
						   : "no option of watch.* was given");
	}
}

static void add_notes(json_t *root, const struct subject *s)
{
	json_t *ports = json_array();

	for (size_t i = 0; i < s->port_count; i++)
		json_array_append_new(ports, json_integer(s->ports[i]));
	set_text(root, "comm", s->comm);
	json_object_set_new(root, "ports", ports);
	json_object_set_new(root, "ports_known", json_boolean(s->ports_known));
	json_object_set_new(root, "executable_known", json_boolean(s->exe_known));
	json_object_set_new(root, "is_thread", json_boolean(s->is_thread));
	json_object_set_new(root, "kernel_thread", json_boolean(s->is_kernel_thread));
	json_object_set_new(root, "compat_32bit", json_boolean(s->is_32bit));
	set_text(root, "inner_pids", s->inner_pids);
	set_text(root, "unit", subject_unit(s));
	set_text(root, "cgroup", s->cgroup);
}

/* A running sonde looks for an OTEL_CTX only where it holds spans back for it. */
static void add_process(json_t *root, const struct lineage *l, const struct config *config)
{
	json_t *own = lineage_process(l, config), *known = json_object_get(root, "process");

	if (!known)
		json_object_set(root, "process", own);
	else if (!json_object_get(known, "sends_spans"))
		json_object_set(known, "sends_spans", json_object_get(own, "sends_spans"));
	json_decref(own);
}

/* The caller's reference; what it is when there is no such process as well. */
static json_t *document(uint32_t pid, const struct config *config)
{
	struct silence silence = {};
	char question[32];
	const char *why_not;
	struct lineage lineage;
	struct subject s;
	json_t *root;
	bool exists = !subject_read(pid, &s);

	snprintf(question, sizeof(question), "explain %u", exists ? s.pid : pid);
	root = agent_ask(question, &silence);
	if (root && !json_object_get(root, "agent")) {
		json_decref(root);
		root = NULL;
		snprintf(silence.why, sizeof(silence.why), "the running sonde is another version");
	}
	if (!root)
		root = json_pack("{ss}", "no_agent", silence.why);
	json_object_set_new(root, "pid", json_integer(exists ? s.pid : pid));
	json_object_set_new(root, "exists", json_boolean(exists));
	if (!exists) {
		json_object_set_new(root, "watched", json_false());
		return root;
	}
	add_notes(root, &s);
	lineage_read(&s, config, &lineage);
	if (*silence.why)
		judge_alone(root, &lineage, config);
	else
		judge_with_agent(root, &s);
	why_not = json_string_value(json_object_get(root, "why_not"));
	if (why_not)
		json_object_set_new(root, "choose_with",
				    choices_of(&s, !strncmp(why_not, "watch.exclude", 13)));
	add_process(root, &lineage, config);
	lineage_free(&lineage);
	return root;
}

/* Take "--json" out of the arguments. */
static bool take_json(int *argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < *argc; i++)
		if (strcmp(argv[i], "--json"))
			argv[kept++] = argv[i];
	argv[kept] = NULL;
	kept = *argc - kept;
	*argc -= kept;
	return kept;
}

static int run(int argc, char **argv)
{
	static const char *const known[] = { "--json", NULL };
	bool json = take_json(&argc, argv), watched;
	struct config_error error;
	struct config *config;
	uint64_t pid;
	json_t *root;

	if (argc < 2 || number_parse(str_of(argv[1]), 1, PID_LIMIT, &pid)) {
		fprintf(stderr, "sonde explain: %s%s; sonde explain PID [--json] [options]\n",
			argc < 2 ? "which process?" : argv[1], argc < 2 ? "" : " is no process id");
		return EXIT_USAGE;
	}
	for (int i = 2; i < argc; i++)
		if (usage_near(argv[i], known))
			return usage_unknown("sonde explain", "argument", argv[i], known);
	if (config_read(argc - 1, argv + 1, environ, &config, &error)) {
		fprintf(stderr, "sonde: %s\n", error.text);
		return EXIT_USAGE;
	}
	root = document((uint32_t)pid, config);
	watched = json_is_true(json_object_get(root, "watched"));
	if (argc > 2 && json_object_get(root, "agent"))
		json_object_set_new(root, "options_ignored", json_true());
	if (json) {
		json_dumpf(root, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		explain_print(root, stdout);
	}
	json_decref(root);
	config_free(config);
	return watched ? EXIT_OK : EXIT_FAILED;
}

const struct command command_explain = {
	.name = "explain",
	.usage = "PID [--json] [options]",
	.help = "why a process is or is not seen",
	.more = "Where a sonde runs, what it does by its own options is shown; options given here count\n"
		"only where none runs. Exit status: 0 it is watched, or would be; 1 it is not; 2 usage.\n",
	.run = run,
};
