/* SPDX-License-Identifier: Apache-2.0 */
#include "user/pause/pauses.h"

#include "user/base/mem.h"
#include "user/model/span.h"

/* A pause that took longer is an error of whoever measured it. */
#define LONGEST_NS (3600 * NS_PER_S)

enum refusal { REFUSED_RUNTIME, REFUSED_UNDESCRIBED, REFUSED_TIMES, REFUSALS };

static const struct str refusal_names[] = {
	[REFUSED_RUNTIME] = STR("runtime"),
	[REFUSED_UNDESCRIBED] = STR("undescribed"),
	[REFUSED_TIMES] = STR("times"),
};

static_assert(ARRAY_SIZE(refusal_names) == REFUSALS, "a name for each");

struct pauses {
	struct pauses_options options;
	size_t runtime_count;
	uint64_t refused[REFUSALS];
	struct recent recent;
	uint64_t long_spans; /* that began before what is remembered */
	struct collector collector;
};

const struct metric_group pauses_group = {
	.metrics = { {
		.name = "sonde.pause",
		.unit = "s",
		.help = "How long runtimes kept a thread or the whole process from working.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &pause_duration_bounds,
	} },
	.measures = { MEASURE_DURATION },
	.keys = { STR("runtime"), STR("kind") },
};

uint64_t pauses_unix_ns(const struct pauses *p, uint64_t at_ns)
{
	return at_ns + (uint64_t)*p->options.unix_offset_ns;
}

struct str pauses_runtime(const struct pauses *p, uint16_t runtime)
{
	return str_of(p->options.runtimes[runtime]->name);
}

/* A span that was never one: what series are made from. */
static void span_begin(const struct pauses *p, const struct record_pause *record, struct span *span)
{
	const struct process *process = processes_find(p->options.processes, record->head.process);

	mem_zero(span, offsetof(struct span, attributes));
	span->resource = process && process->resource ? process->resource : p->options.unknown;
	span->start_unix_ns = pauses_unix_ns(p, record->began_ns);
	span->measures.duration_ns = record->head.at_ns - record->began_ns;
	span->counted_only = true;
}

static void count(const struct pauses *p, const struct record_pause *record,
		  const struct pause *pause)
{
	struct span span;

	span_begin(p, record, &span);
	span.metrics = &pauses_group;
	span_add_text(&span, pauses_group.keys[0], pauses_runtime(p, record->runtime));
	span_add_text(&span, pauses_group.keys[1], pause->kind);
	series_observe(p->options.series, &span, record->head.at_ns);
	if (!pause->group)
		return;
	span.metrics = pause->group;
	span.attribute_count = 0;
	for (size_t i = 0; i < pause->attribute_count; i++)
		span_add(&span, pause->attributes[i]);
	series_observe(p->options.series, &span, record->head.at_ns);
}

static bool is_possible(const struct record_pause *record)
{
	return record->began_ns && record->began_ns <= record->head.at_ns &&
	       record->head.at_ns - record->began_ns <= LONGEST_NS;
}

/* REFUSALS: it is good. */
static enum refusal judge(const struct pauses *p, const struct record_pause *record)
{
	if (record->runtime >= p->runtime_count)
		return REFUSED_RUNTIME;
	if (!p->options.runtimes[record->runtime]->describe)
		return REFUSED_UNDESCRIBED;
	return is_possible(record) ? REFUSALS : REFUSED_TIMES;
}

static void remember(struct pauses *p, const struct record_pause *record, const struct pause *pause)
{
	recent_add(&p->recent, record->head.process,
		   &(const struct seen_pause){ .began_ns = record->began_ns,
					       .ended_ns = record->head.at_ns,
					       .kind = pause->kind.at,
					       .kind_length = (uint8_t)pause->kind.len,
					       .thread = record->thread,
					       .runtime = record->runtime,
					       .is_collection = pause->is_collection });
}

void pauses_take(struct pauses *p, const struct record_pause *record)
{
	enum refusal refusal = judge(p, record);
	struct pause pause = {};

	if (refusal != REFUSALS) {
		p->refused[refusal]++;
		return;
	}
	p->options.runtimes[record->runtime]->describe(record, &pause);
	if (!pause.kind.len)
		return;
	count(p, record, &pause);
	remember(p, record, &pause);
}

/* Who asks for pauses, and of what. */
struct asked {
	const uint32_t *threads;
	uint64_t from_ns, to_ns;
	pause_visit *visit;
	void *context;
};

static void visit_hit(void *context, const struct seen_pause *pause)
{
	const struct asked *asked = context;

	if (pause->began_ns >= asked->to_ns || pause->ended_ns <= asked->from_ns)
		return;
	if (!pause->thread || pause->thread == asked->threads[0] ||
	    pause->thread == asked->threads[1])
		asked->visit(asked->context, pause);
}

bool pauses_remembered(const struct pauses *p)
{
	return p->recent.rings.count;
}

void pauses_between(const struct pauses *p, struct process_id process, const uint32_t threads[2],
		    uint64_t from_ns, uint64_t to_ns, pause_visit *visit, void *context)
{
	struct asked asked = { threads, from_ns, to_ns, visit, context };

	recent_since(&p->recent, process, from_ns, visit_hit, &asked);
}

void pauses_tell_from(struct pauses *p, struct process_id process, uint64_t from_ns)
{
	p->long_spans += !recent_knows_all(&p->recent, process, from_ns);
}

/* What pauses take of a time that is gone through from its end. */
struct covered {
	uint64_t from_ns, until_ns; /* what lies after `until_ns` has been looked at */
	uint64_t sum_ns;
};

static void cover(void *context, const struct seen_pause *pause)
{
	struct covered *c = context;
	uint64_t from = pause->began_ns > c->from_ns ? pause->began_ns : c->from_ns;
	uint64_t to = pause->ended_ns < c->until_ns ? pause->ended_ns : c->until_ns;

	if (!pause->is_collection || from >= to)
		return;
	c->sum_ns += to - from;
	c->until_ns = from;
}

uint64_t pauses_collecting(const struct pauses *p, struct process_id process, uint32_t thread,
			   uint64_t from_ns, uint64_t to_ns)
{
	const uint32_t threads[2] = { thread, thread };
	struct covered covered = { from_ns, to_ns, 0 };

	pauses_between(p, process, threads, from_ns, to_ns, cover, &covered);
	return covered.sum_ns;
}

static void give(struct metric_sink *sink, struct str reason, uint64_t value)
{
	const struct attribute attribute = attribute_text(STR("reason"), reason);

	sink->sample(sink, &(const struct sample){ .attributes = &attribute,
						   .attribute_count = 1,
						   .value = (double)value });
}

static void collect(void *context, uint64_t now_ns, struct metric_sink *sink)
{
	static const struct metric refused = {
		.name = "sonde.pauses.refused",
		.unit = "{pause}",
		.help = "Pauses that are not counted: what was said of them cannot be.",
		.kind = METRIC_COUNTER,
	};
	static const struct metric forgotten = {
		.name = "sonde.pauses.forgotten",
		.unit = "{pause}",
		.help = "Pauses that were counted and spans that end later may not tell of; "
			"long_span: spans that lack some, for they began before those kept.",
		.kind = METRIC_COUNTER,
	};
	const struct pauses *p = context;

	(void)now_ns;
	sink->metric(sink, &refused);
	for (int i = 0; i < REFUSALS; i++)
		give(sink, refusal_names[i], p->refused[i]);
	sink->metric(sink, &forgotten);
	give(sink, STR("hurried"), p->recent.hurried);
	give(sink, STR("processes"), p->recent.rings.refused);
	give(sink, STR("long_span"), p->long_spans);
}

struct pauses *pauses_new(const struct pauses_options *options)
{
	struct pauses *p = xcalloc(1, sizeof(*p));

	p->options = *options;
	while (p->runtime_count < RUNTIMES_MAX && options->runtimes[p->runtime_count])
		p->runtime_count++;
	recent_init(&p->recent, options->max_processes);
	p->collector = (struct collector){ .name = "pauses", .context = p, .collect = collect };
	return p;
}

void pauses_free(struct pauses *p)
{
	if (!p)
		return;
	recent_free(&p->recent);
	free(p);
}

struct collector *pauses_collector(struct pauses *p)
{
	return &p->collector;
}
