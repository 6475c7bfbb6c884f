/* SPDX-License-Identifier: Apache-2.0 */
/* hook_info.c - mirrors user/worker/hook_info.c */
#include "user/worker/hook_info.h"

#include <stdio.h>

#include "tests/test.h"
#include "user/config/config.h"

static void learn(struct processes *p, uint32_t tgid, const char *text)
{
	size_t len = strlen(text), size = sizeof(struct record_process) + len;
	struct record_process *record = calloc(1, size);

	record->head = (struct record){ .type = RECORD_PROCESS,
					.size = (uint32_t)size,
					.process.tgid = tgid };
	for (size_t i = 0; i < len; i++)
		record->payload[i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	if (processes_learn(p, record))
		abort();
	free(record);
}

struct seen {
	struct metric_sink sink;
	size_t count;
};

static void see(struct metric_sink *sink, const struct sample *sample)
{
	(void)sample;
	((struct seen *)sink)->count++;
}

TEST(hooks_that_find_no_room_are_counted)
{
	struct config config = { .limit.processes = 2000 };
	struct processes *p = processes_new(&config);
	struct seen seen = { .sink.sample = see };
	char text[512];

	for (uint32_t i = 1; i <= 1030; i++) {
		learn(p, i, "event=seen|name=a|exe=/a|");
		snprintf(text, sizeof(text), "event=runtime|runtime=go 1|hooks=gc=none/reason%u|",
			 i);
		learn(p, i, text);
	}
	CHECK(hook_info_collect(p, &seen.sink) == 6 && seen.count == 1024);
	seen.count = 0;
	for (uint32_t i = 3; i <= 1030; i++)
		learn(p, i, "event=runtime|runtime=go 1|hooks=gc=none/reason1|");
	CHECK(!hook_info_collect(p, &seen.sink) && seen.count == 2);
	snprintf(text, sizeof(text), "event=runtime|runtime=go 1|hooks=gc=none/%0200d|", 1);
	learn(p, 3, text);
	CHECK(hook_info_collect(p, &seen.sink) == 1);
	processes_free(p);
}
