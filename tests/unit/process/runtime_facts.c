/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_facts.c - mirrors user/process/runtime_facts.c */
#include "user/process/runtime_facts.h"

#include "tests/test.h"

TEST(runtimes_are_kept_a_line_each)
{
	char *lines = NULL;

	runtime_facts_learn(&lines, STR("nodejs 20.20.2"), STR(""));
	runtime_facts_learn(&lines, STR("cpython 3.11.2"), STR("gc=usdt/uprobe_multi"));
	CHECK(!strcmp(lines, "nodejs 20.20.2\t\ncpython 3.11.2\tgc=usdt/uprobe_multi\n"));
	free(lines);
}

TEST(what_is_learned_of_a_runtime_again_takes_the_place_of_what_was)
{
	char *lines = NULL;

	runtime_facts_learn(&lines, STR("nodejs 18.1"), STR("gc=callbacks/perf_event"));
	runtime_facts_learn(&lines, STR("nodejs 18.1"), STR("gc=tracer/perf_event"));
	CHECK(!strcmp(lines, "nodejs 18.1\tgc=tracer/perf_event\n"));
	free(lines);
}

TEST(a_runtime_that_would_break_the_lines_is_not_learned)
{
	char *lines = NULL;

	runtime_facts_learn(&lines, STR("a\tb"), STR(""));
	runtime_facts_learn(&lines, STR("a"), STR("b\n"));
	runtime_facts_learn(&lines, STR(""), STR(""));
	CHECK(!lines);
}

TEST(hooks_are_taken_apart)
{
	struct str hooks = STR("gc=callbacks/uprobe_multi safepoint=none/no-hooks");
	struct hook_fact hook;

	CHECK(take_hook(&hooks, &hook));
	CHECK(str_eq(hook.purpose, STR("gc")) && str_eq(hook.flavour, STR("callbacks")) &&
	      str_eq(hook.how, STR("uprobe_multi")));
	CHECK(take_hook(&hooks, &hook));
	CHECK(str_eq(hook.purpose, STR("safepoint")) && str_eq(hook.flavour, STR("none")) &&
	      str_eq(hook.how, STR("no-hooks")));
	CHECK(!take_hook(&hooks, &hook));
}

TEST(hooks_that_are_cut_have_empty_parts)
{
	struct str hooks = STR("gc safepoint=");
	struct hook_fact hook;

	CHECK(take_hook(&hooks, &hook) && str_eq(hook.purpose, STR("gc")) && !hook.flavour.len);
	CHECK(take_hook(&hooks, &hook) && !hook.flavour.len && !hook.how.len);
}
