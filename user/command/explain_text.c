/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/explain_text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/process/sdk.h"

static const char *text_of(const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	return text ? text : "";
}

static long long number_of(const json_t *from, const char *key)
{
	return json_integer_value(json_object_get(from, key));
}

static bool is(const json_t *from, const char *key)
{
	return json_is_true(json_object_get(from, key));
}

static void line(FILE *to, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void line(FILE *to, const char *label, const char *format, ...)
{
	va_list args;

	fprintf(to, "%-12s ", label);
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	fputc('\n', to);
}

static void print_watched(const json_t *root, FILE *to)
{
	const json_t *ancestors = json_object_get(root, "ancestors");
	size_t count = json_array_size(ancestors);
	const json_t *top = json_array_get(ancestors, count - 1);
	const char *yes = json_object_get(root, "agent") ? "yes" : "would be";
	const char *rule = text_of(root, "watched_by");

	if (!is(root, "watched"))
		line(to, "watched", "no: %s", text_of(root, "why_not"));
	else if (strcmp(rule, "parent"))
		line(to, "watched", "%s: --%s names it", yes, rule);
	else if (count)
		line(to, "watched", "%s: by its parent; --%s names %lld (%s)", yes,
		     text_of(top, "watched_by"), number_of(top, "pid"), text_of(top, "executable"));
	else
		line(to, "watched", "%s: by its parent, which was watched and has ended", yes);
}

static void print_choices(const json_t *root, FILE *to)
{
	const json_t *choices = json_object_get(root, "choose_with");

	if (!strncmp(text_of(root, "why_not"), "watch.exclude", 13))
		line(to, "to watch it",
		     "set --watch.exclude.exe to what must stay out; it beats "
		     "the others");
	for (size_t i = 0; i < json_array_size(choices); i++)
		line(to, i ? "" : "to watch it", "%s%s", i ? "or " : "",
		     json_string_value(json_array_get(choices, i)));
	if (!is(root, "ports_known"))
		line(to, "", "(which ports it listens on only root may see)");
}

static void print_identity(const json_t *root, FILE *to)
{
	const json_t *p = json_object_get(root, "process");
	const char *const rows[][2] = { { "namespace", text_of(p, "namespace") },
					{ "instance", text_of(p, "instance") },
					{ "executable", text_of(p, "executable") },
					{ "container", text_of(p, "container") },
					{ "unit", text_of(root, "unit") },
					{ "cgroup", text_of(root, "cgroup") } };

	if (*text_of(p, "service"))
		line(to, "service", "%s (named by: %s)", text_of(p, "service"), text_of(p, "rule"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (*rows[i][1])
			line(to, rows[i][0], "%s", rows[i][1]);
	if (!is(root, "executable_known") && !is(root, "kernel_thread"))
		line(to, "",
		     "(its executable and environment only root may see: its name may be "
		     "another)");
}

/* "nodejs 20.20.2; gc: callbacks (uprobe_multi)" */
static void print_runtime(const json_t *runtime, const char *label, FILE *to)
{
	const json_t *hooks = json_object_get(runtime, "hooks");

	fprintf(to, "%-12s %s", label, text_of(runtime, "runtime"));
	for (size_t i = 0; i < json_array_size(hooks); i++) {
		const json_t *hook = json_array_get(hooks, i);
		const char *reason = text_of(hook, "reason"), *without = text_of(hook, "without");

		fprintf(to, "; %s: %s (%s)", text_of(hook, "purpose"), text_of(hook, "flavour"),
			*reason ? reason : text_of(hook, "how"));
		if (*without)
			fprintf(to, ": %s", without);
	}
	fputc('\n', to);
}

static void print_runtimes(const json_t *root, FILE *to)
{
	const json_t *p = json_object_get(root, "process");
	const json_t *runtimes = json_object_get(p, "runtimes");
	size_t count = json_array_size(runtimes);

	for (size_t i = 0; i < count; i++)
		print_runtime(json_array_get(runtimes, i), i ? "" : "runtime", to);
	if (!count)
		line(to, "runtime", "%s",
		     *text_of(p, "language")
			     ? text_of(p, "language")
			     : "none that sonde knows: no pauses of its own are told");
}

static void print_jvm(const json_t *root, FILE *to)
{
	static const char *const states[][2] = {
		{ "waiting", "asked for; it has none yet" },
		{ "read", "HotSpot's own are read (hsperfdata)" },
		{ "none", "none: its JVM keeps none that can be read (-XX:-UsePerfData, "
			  "-XX:+PerfDisableSharedMem), or is not HotSpot" },
		{ "invalid", "not read: what its file of counters says cannot be" },
		{ "file_system", "not read: its /tmp is on a file system that may keep a reader "
				 "waiting" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(text_of(root, "jvm_counters"), states[i][0]))
			line(to, "counters", "%s", states[i][1]);
}

static void print_sdk(const json_t *root, FILE *to)
{
	const char *name = text_of(json_object_get(root, "process"), "sends_spans");
	enum sdk_sign sign = sdk_sign_find(str_of(name));

	if (sign)
		line(to, "spans", "it sends its own (%s): see trace.beside-sdk",
		     sdk_sign_sentence(sign));
}

static void print_notes(const json_t *root, FILE *to)
{
	char own[64] = "";

	if (is(root, "is_thread"))
		line(to, "note", "the id given is a thread of this process");
	if (is(root, "kernel_thread"))
		line(to, "note",
		     "a kernel thread: it has no memory of its own to read requests from");
	if (is(root, "compat_32bit"))
		line(to, "note",
		     "a 32-bit program: its operations are counted, its bytes not read");
	if (*text_of(root, "inner_pids"))
		line(to, "note", "in its own pid namespace its id is %s",
		     text_of(root, "inner_pids"));
	if (readlink("/proc/self/ns/pid", own, sizeof(own) - 1) > 0 &&
	    strcmp(own, "pid:[4026531836]"))
		line(to, "note",
		     "this shell has a pid namespace of its own; sonde knows processes "
		     "by the host's ids");
}

static void print_connections(const json_t *root, FILE *to)
{
	static const char *const reasons[][2] = {
		{ "tls", "encrypted, not read" },
		{ "http2", "HTTP/2, not read in this release" },
		{ "other", "not a protocol of ours" },
		{ "upgraded", "upgraded: handed over to another protocol" },
	};
	const json_t *c = json_object_get(root, "connections");

	if (!c)
		return;
	line(to, "connections", "%lld followed now (of this process alone)",
	     number_of(c, "followed"));
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		const json_t *of = json_object_get(json_object_get(c, "unread"), reasons[i][0]);

		if (number_of(of, "ever") || number_of(of, "open"))
			line(to, "", "%lld %s (%lld open now)", number_of(of, "ever"),
			     reasons[i][1], number_of(of, "open"));
	}
}

static void print_requests(json_t *root, FILE *to)
{
	json_t *requests = json_object_get(root, "requests"), *whole, *count;
	const char *kind;

	whole = json_object_get(root, "whole_agent");
	if (requests && !json_object_size(requests))
		line(to, "requests", "none seen yet");
	json_object_foreach(requests, kind, count)
		line(to, "requests", "%lld seen, %s (all processes of this instance)",
		     (long long)json_integer_value(count), kind);
	if (requests)
		line(to, "", "%lld open now (of this process alone)",
		     number_of(root, "open_requests"));
	if (number_of(root, "instance_processes") > 1)
		line(to, "", "%lld processes are of this instance now: ask of each for its own",
		     number_of(root, "instance_processes"));
	if (whole)
		line(to, "whole sonde", "%lld joined late, %lld lost, %lld heads cut",
		     number_of(whole, "joined_late"), number_of(whole, "lost"),
		     number_of(whole, "heads_cut"));
}

static void print_hooks(const json_t *root, FILE *to)
{
	const json_t *hooks = json_object_get(root, "hooks");

	for (size_t i = 0; i < json_array_size(hooks); i++) {
		const json_t *hook = json_array_get(hooks, i);
		const char *reason = text_of(hook, "reason"), *without = text_of(hook, "without");

		line(to, i ? "" : "hooks", "%-12s %s%s%s%s%s", text_of(hook, "hook"),
		     text_of(hook, "flavour"), *reason ? ": " : "", reason, *without ? "; " : "",
		     without);
	}
}

static void print_agent(const json_t *root, FILE *to)
{
	const json_t *agent = json_object_get(root, "agent");

	if (agent)
		line(to, "sonde", "%s is running, pid %lld%s", text_of(agent, "version"),
		     number_of(agent, "pid"),
		     is(root, "options_ignored") ? "; its options count, not those given here"
						 : "");
	else
		line(to, "sonde", "%s; by the options given here:", text_of(root, "no_agent"));
}

void explain_print(const json_t *root, FILE *to)
{
	if (!is(root, "exists")) {
		line(to, "process", "%lld does not exist", number_of(root, "pid"));
		return;
	}
	line(to, "process", "%lld %s", number_of(root, "pid"), text_of(root, "comm"));
	print_notes(root, to);
	print_agent(root, to);
	print_watched(root, to);
	print_choices(root, to);
	print_identity(root, to);
	print_runtimes(root, to);
	print_jvm(root, to);
	print_sdk(root, to);
	print_connections(root, to);
	print_requests((json_t *)root, to);
	print_hooks(root, to);
}
