/* SPDX-License-Identifier: Apache-2.0 */
/* attachment.c - mirrors user/probes/attachment.c, as far as it goes without the kernel half */
#include "user/probes/attachment.h"

#include <sys/mman.h>

#include "tests/test.h"
#include "user/base/mem.h"

static struct probe map[PROBES_MAX];
static struct rows rows;
static struct probes_counts counts;

static void changed(void *context, struct attachment *a)
{
	(void)context;
	(void)a;
}

/* Ourselves, who never map the file: as one that has begun another program. */
static bool user_of(void *context, const struct attachment *a, struct process_id *ret)
{
	(void)context;
	(void)a;
	*ret = (struct process_id){ .tgid = (uint32_t)getpid() };
	return true;
}

static struct attachment *use(struct attachments *all, int file)
{
	struct found_place places[SET_HOOKS] = {};
	size_t count = 0;

	while (count < SET_HOOKS && runtimes[0]->purposes[0].sets[0].hooks[count].name) {
		places[count].hook = (uint16_t)count;
		count++;
	}
	return attachment_use(all, file, 0, 0, places, count, 0);
}

TEST(who_is_gone_says_nothing_of_others_and_is_not_asked_for_ever)
{
	struct attachments all = { .loop = loop_new(),
				   .rows = &rows,
				   .counts = &counts,
				   .program = -1,
				   .changed = changed,
				   .user_of = user_of };
	int file = memfd_create("file", MFD_CLOEXEC);
	struct attachment *a;

	rows_init(&rows, map);
	counts = (struct probes_counts){};
	attachments_init(&all);
	a = use(&all, file);
	attachments_work(&all);
	CHECK(a->state == ATTACHMENT_WORKING);
	while (!counts.refused[REFUSED_GONE])
		CHECK(!loop_once(all.loop, -1));
	CHECK(a->state == ATTACHMENT_WAITING && a->due_ns > monotonic_ns() && !a->sets[0].tried);
	attachments_work(&all);
	CHECK(a->state == ATTACHMENT_WAITING); /* it is not due */
	while (a->state != ATTACHMENT_SETTLED) {
		if (a->state == ATTACHMENT_WAITING)
			a->due_ns = 1;
		attachments_work(&all);
		if (a->state == ATTACHMENT_WORKING)
			CHECK(!loop_once(all.loop, -1));
	}
	CHECK(a->reason == REFUSED_GONE && counts.refused[REFUSED_GONE] == 7);
	CHECK(use(&all, file) == a && a->users == 2 && a->state == ATTACHMENT_WAITING);
	a->changed_ns--; /* it was written to since */
	a->due_ns = 1;
	attachments_work(&all);
	CHECK(a->state == ATTACHMENT_SETTLED && a->reason == REFUSED_FILE);
	attachments_free(&all);
	loop_free(all.loop);
	close(file);
}
