/* SPDX-License-Identifier: Apache-2.0 */
/* piped.h - a pipeline behind a rig's wires, and the values that come out of it. */
#pragma once

#include "tests/unit/config/read.h"
#include "tests/unit/exchange/script.h"
#include "user/export/prometheus/print.h"
#include "user/worker/pipeline.h"

struct piped {
	struct rig rig;
	struct config *config;
	struct pipeline *pipeline;
};

static inline void take_record(void *context, const struct record *record)
{
	pipeline_take_record(context, record);
}

static inline void piped_begin(struct piped *t, struct config *config)
{
	rig_begin(&t->rig, NULL);
	t->config = config;
	t->pipeline = pipeline_new(&(struct pipeline_options){ .config = config, .seed = 1 });
	t->rig.take = take_record;
	t->rig.take_context = t->pipeline;
}

static inline bool piped_end(struct piped *t)
{
	pipeline_free(t->pipeline);
	config_free(t->config);
	return rig_end(&t->rig);
}

/* A record of facts, with '|' for NUL. */
static inline void learn(struct piped *t, uint32_t tgid, const char *text)
{
	size_t len = strlen(text), size = sizeof(struct record_process) + len;
	struct record_process *record = calloc(1, size);

	record->head = (struct record){ .type = RECORD_PROCESS,
					.size = (uint32_t)size,
					.at_ns = t->rig.now_ns,
					.process.tgid = tgid };
	for (size_t i = 0; i < len; i++)
		record->payload[i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	pipeline_take_record(t->pipeline, &record->head);
	free(record);
}

/* How many lines of the exposition have all of `parts`, which NULL ends; the last one's value. */
static inline int lines_with(struct piped *t, double *value, const char *const *parts)
{
	char *text = NULL, *at, *line;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	int lines = 0;

	prometheus_print(&t->pipeline->collectors, t->rig.now_ns, to);
	fclose(to);
	at = text;
	while ((line = strsep(&at, "\n"))) {
		bool all = line[0] != '#';

		for (size_t i = 0; parts[i]; i++)
			all = all && strstr(line, parts[i]);
		if (all && strrchr(line, ' '))
			*value = atof(strrchr(line, ' '));
		lines += all;
	}
	free(text);
	return lines;
}

/* The value of the one line that has all of the parts; -1 when it is not one line. */
static inline double value_of(struct piped *t, const char *const *parts)
{
	double value = 0;

	return lines_with(t, &value, parts) == 1 ? value : -1;
}

#define VALUE(t, ...) value_of(t, (const char *const[]){ __VA_ARGS__, NULL })
