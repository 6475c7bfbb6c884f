/* SPDX-License-Identifier: Apache-2.0 */
/* subject.c - mirrors user/probes/subject.c, as far as it goes without attaching */
#include "user/probes/subject.h"

#include <stdio.h>
#include <sys/mman.h>

#include "tests/test.h"
#include "user/base/mem.h"

static struct probe map[PROBES_MAX];
static struct rows rows;
static struct probes_counts counts;
static struct attachments all;
static struct reader_answer answer;
static int files[READER_FILES];

static uint16_t number_of(const char *name)
{
	uint16_t i = 0;

	while (strcmp(runtimes[i]->name, name))
		i++;
	return i;
}

/* A file in which that runtime was found, and all hooks of its first set. */
static void find_in_file(const char *runtime)
{
	const struct hook *hooks;

	rows_init(&rows, map);
	counts = (struct probes_counts){};
	all = (struct attachments){ .rows = &rows, .counts = &counts, .open_max = 100 };
	answer = (struct reader_answer){ .runtime_count = 1 };
	memset(files, -1, sizeof(files));
	files[0] = memfd_create("file", MFD_CLOEXEC);
	answer.runtimes[0].runtime = number_of(runtime);
	snprintf(answer.runtimes[0].version, RUNTIME_VERSION, "1.2.3");
	hooks = runtimes[answer.runtimes[0].runtime]->purposes[0].sets[0].hooks;
	for (uint16_t h = 0; h < SET_HOOKS && hooks[h].name; h++)
		answer.places[answer.place_count++] =
			(struct found_place){ .runtime = answer.runtimes[0].runtime, .hook = h };
}

TEST(what_was_found_is_used_once_a_file_and_purpose)
{
	struct subject one = {}, other = {};

	find_in_file("nodejs");
	CHECK(!subject_take(&one, &all, &answer, files));
	CHECK(!subject_take(&other, &all, &answer, files));
	CHECK(all.count == 1 && all.first->users == 2 && all.first->sets[0].whole);
	CHECK(subject_uses(&one, all.first) && subject_uses(&other, all.first));
	subject_leave(&one);
	CHECK(all.count == 1 && !subject_uses(&one, all.first));
	subject_leave(&other);
	CHECK(!all.count && !all.open);
	close(files[0]);
}

TEST(a_forked_child_uses_what_its_parent_does_and_outlives_it)
{
	struct subject parent = {}, child = {};

	find_in_file("nodejs");
	CHECK(!subject_take(&parent, &all, &answer, files));
	subject_share(&child, &parent);
	subject_leave(&parent);
	CHECK(all.count == 1 && all.first->users == 1);
	subject_leave(&child);
	CHECK(!all.count);
	close(files[0]);
}

TEST(a_set_of_which_a_hook_is_missing_is_not_whole)
{
	struct subject one = {};

	find_in_file("nodejs");
	answer.place_count = 1;
	CHECK(!subject_take(&one, &all, &answer, files));
	CHECK(!all.first->sets[0].whole);
	subject_leave(&one);
	close(files[0]);
}

TEST(another_file_has_its_own_probes)
{
	struct subject one = {}, other = {};
	int first;

	find_in_file("nodejs");
	first = files[0];
	CHECK(!subject_take(&one, &all, &answer, files));
	files[0] = memfd_create("other", MFD_CLOEXEC);
	CHECK(!subject_take(&other, &all, &answer, files));
	CHECK(all.count == 2);
	subject_leave(&one);
	subject_leave(&other);
	close(first);
	close(files[0]);
}

TEST(a_set_that_needs_a_return_is_refused_where_none_may_be_probed)
{
	char hooks[HOOKS_TEXT];
	struct subject one = {};
	const struct hook *returns;
	uint16_t number;

	find_in_file("php");
	number = answer.runtimes[0].runtime;
	returns = runtimes[number]->purposes[0].sets[0].hooks;
	for (size_t i = 0; i < answer.place_count; i++)
		answer.places[i].at_return = returns[i].at_return;
	CHECK(!subject_take(&one, &all, &answer, files) && all.first->sets[0].whole);
	subject_leave(&one);
	all.no_returns = true;
	CHECK(!subject_take(&one, &all, &answer, files) && !all.first->sets[0].whole);
	CHECK(counts.refused[REFUSED_RETURN] == 1);
	all.first->state = ATTACHMENT_SETTLED;
	found_hooks(&one.found[0], "uprobe_multi", hooks);
	CHECK(!strcmp(hooks, "gc=none/return"));
	subject_leave(&one);
	close(files[0]);
}

TEST(no_return_is_probed_where_stacks_are_walked)
{
	struct subject one = {};

	find_in_file("go");
	answer.places[0].at_return = 1;
	CHECK(subject_take(&one, &all, &answer, files) == REFUSED_READER_NONSENSE);
	CHECK(!all.count && !one.found);
	close(files[0]);
}

TEST(a_version_that_is_no_text_is_refused)
{
	static const char *const bad[] = { "1 2", "1\n2", "\x80" };
	struct subject one = {};

	EACH(i, bad) {
		find_in_file("nodejs");
		snprintf(answer.runtimes[0].version, RUNTIME_VERSION, "%s", bad[i]);
		CHECK(subject_take(&one, &all, &answer, files) == REFUSED_READER_NONSENSE);
		close(files[0]);
	}
	find_in_file("nodejs");
	memset(answer.runtimes[0].version, '1', RUNTIME_VERSION);
	CHECK(subject_take(&one, &all, &answer, files) == REFUSED_READER_NONSENSE);
	close(files[0]);
}

TEST(a_reader_that_failed_says_so)
{
	struct subject one = {};

	find_in_file("nodejs");
	answer.error = -13;
	CHECK(subject_take(&one, &all, &answer, files) == REFUSED_READER_FAILED);
	close(files[0]);
}

TEST(what_came_of_it_is_told_by_purpose)
{
	char hooks[HOOKS_TEXT];
	struct subject one = {};

	find_in_file("nodejs");
	CHECK(!subject_take(&one, &all, &answer, files));
	found_hooks(&one.found[0], "uprobe_multi", hooks);
	CHECK(!*hooks); /* not known yet */
	all.first->state = ATTACHMENT_SETTLED;
	found_hooks(&one.found[0], "uprobe_multi", hooks);
	CHECK(!strcmp(hooks, "gc=none/no-hooks"));
	all.first->used = 0;
	all.first->reason = REFUSED_NOT;
	found_hooks(&one.found[0], "uprobe_multi", hooks);
	CHECK(!strcmp(hooks, "gc=callbacks/uprobe_multi"));
	subject_leave(&one);
	close(files[0]);
}
