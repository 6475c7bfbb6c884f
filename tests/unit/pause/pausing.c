/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pause/pausing.h"

#include "tests/test.h"

static const struct metric_group loud_gc = {
	.metrics = { { .name = "loud.gc.duration",
		       .unit = "s",
		       .help = "Of the loud one.",
		       .kind = METRIC_HISTOGRAM,
		       .bounds = &request_duration_bounds } },
	.measures = { MEASURE_DURATION },
	.keys = { STR("loud.gc.text") },
};

static void describe_quiet(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){ .is_collection = true };
	if (record->kind)
		ret->kind = record->kind == 1 ? STR("short") : STR("long");
}

static void describe_loud(const struct record_pause *record, struct pause *ret)
{
	*ret = (struct pause){ .kind = STR("gc"), .group = &loud_gc };
	ret->attributes[ret->attribute_count++] =
		attribute_text(loud_gc.keys[0], str_of(record->text));
}

const struct runtime *const made_up[] = {
	[QUIET] = &(const struct runtime){ .name = "quiet", .describe = describe_quiet },
	[LOUD] = &(const struct runtime){ .name = "loud", .describe = describe_loud },
	[MUTE] = &(const struct runtime){ .name = "mute" },
	NULL,
};

void pausing_begin(struct pausing *t, struct config *config)
{
	*t = (struct pausing){ .config = config, .now_ns = 1000 * NS_PER_S };
	t->processes = processes_new(config);
	t->unknown = instance_unknown(NULL);
	t->series = series_new(config->limit.series, config->limit.series_total,
			       config->limit.ended_series_s * NS_PER_S);
	t->pauses = pauses_new(&(const struct pauses_options){
		.runtimes = made_up,
		.processes = t->processes,
		.unknown = t->unknown,
		.series = t->series,
		.unix_offset_ns = &t->unix_offset_ns,
		.max_processes = config->limit.processes,
	});
	collectors_init(&t->collectors);
	collectors_add(&t->collectors, series_collector(t->series));
	collectors_add(&t->collectors, pauses_collector(t->pauses));
}

void pausing_end(struct pausing *t)
{
	pauses_free(t->pauses);
	series_free(t->series);
	processes_free(t->processes);
	resource_unref(t->unknown);
	config_free(t->config);
}

struct record_pause pause_of(const struct pausing *t, uint16_t runtime, uint32_t tgid,
			     uint16_t kind, uint64_t length_ns)
{
	return (struct record_pause){
		.head = { .type = RECORD_PAUSE,
			  .size = sizeof(struct record_pause),
			  .at_ns = t->now_ns,
			  .process.tgid = tgid },
		.began_ns = t->now_ns - length_ns,
		.runtime = runtime,
		.kind = kind,
	};
}

void pausing_learn(struct pausing *t, uint32_t tgid, const char *name)
{
	_Alignas(8) char room[sizeof(struct record_process) + 64] = {};
	struct record_process *record = (struct record_process *)(void *)room;
	int len = snprintf((char *)record->payload, 64,
			   name ? "event=seen|name=%s|exe=/%s|" : "event=exit|", name, name);

	for (int i = 0; i < len; i++)
		if (record->payload[i] == '|')
			record->payload[i] = 0;
	record->head = (struct record){ .type = RECORD_PROCESS,
					.size = (uint32_t)(sizeof(*record) + (size_t)len),
					.at_ns = t->now_ns,
					.process.tgid = tgid };
	if (processes_learn(t->processes, record))
		abort();
}

int pausing_lines(struct pausing *t, double *value, const char *const *parts)
{
	char *text = NULL, *at, *line;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	int lines = 0;

	prometheus_print(&t->collectors, t->now_ns, to);
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

double pausing_value(struct pausing *t, const char *const *parts)
{
	double value = 0;

	return pausing_lines(t, &value, parts) == 1 ? value : -1;
}
