/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/loop_row.h"

#include <math.h>
#include <stddef.h>

#include "user/base/clock.h"
#include "user/base/mem.h"

#define WINDOW_NS NS_PER_S /* at least */

static void close_window(struct loop_row *row, uint64_t now_ns)
{
	struct loop_tally window;

	if (now_ns - row->window_ns < WINDOW_NS)
		return;
	loop_tally_less(&row->total, &row->before, &window);
	loop_gauges(&window, row->least_ns, row->most_ns, &row->gauges);
	row->before = row->total;
	row->window_ns = now_ns;
	row->least_ns = row->most_ns = 0;
}

static struct attribute kind_of(const struct loop_row *row)
{
	return attribute_text(STR("loop"), row->is_main ? STR("main") : STR("thread"));
}

static void give(const struct loop_row *row, uint64_t since, double value, struct metric_sink *sink)
{
	const struct attribute kind = kind_of(row);

	sink->sample(sink, &(struct sample){ .resource = row->resource,
					     .attributes = &kind,
					     .attribute_count = 1,
					     .start_unix_ns = since,
					     .value = value });
}

static void give_time(const struct loop_row *row, struct str key, struct metric_sink *sink)
{
	static const struct str states[] = { STR("active"), STR("idle") };
	const uint64_t ns[] = { row->total.active_ns, row->total.idle_ns };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		const struct attribute attributes[] = { kind_of(row),
							attribute_text(key, states[i]) };

		sink->sample(sink, &(struct sample){ .resource = row->resource,
						     .attributes = attributes,
						     .attribute_count = ARRAY_SIZE(attributes),
						     .start_unix_ns = row->since_unix_ns,
						     .value = (double)ns[i] / 1e9 });
	}
}

static void give_times(const struct table *rows, bool node, struct metric_sink *sink)
{
	static const struct metric
		all = { .name = "sonde.loop.time",
			.unit = "s",
			.help = "Time of event loops, in which they slept or not.",
			.kind = METRIC_COUNTER },
		nodes = { .name = "nodejs.eventloop.time",
			  .unit = "s",
			  .help = "Time that the event loop was in each state.",
			  .kind = METRIC_COUNTER };
	const struct str key = node ? STR("nodejs.eventloop.state") : STR("state");
	const struct loop_row *row;
	size_t at = 0;

	sink->metric(sink, node ? &nodes : &all);
	while ((row = table_next(rows, &at)))
		if (!node || row->is_node)
			give_time(row, key, sink);
}

/* A gauge of the last window: where it lies in struct loop_gauges. */
struct gauge {
	struct metric metric;
	size_t at;
	bool node;  /* Node's loops only */
	bool fires; /* only where a timer has fired */
};

#define DELAY(name_, of_, help_)                                                                   \
	{                                                                                          \
		.metric = { .name = "nodejs.eventloop.delay." name_,                               \
			    .unit = "s",                                                           \
			    .help = help_ " time between firings of a timer of 10 ms.",            \
			    .kind = METRIC_GAUGE },                                                \
		.at = offsetof(struct loop_gauges, of_), .node = true, .fires = true,              \
	}

static const struct gauge gauges[] = {
	DELAY("min", least, "Least"),
	DELAY("max", most, "Greatest"),
	DELAY("mean", mean, "Mean"),
	DELAY("stddev", deviation, "Standard deviation of the"),
	DELAY("p50", p50, "Median of the"),
	DELAY("p90", p90, "90th percentile of the"),
	DELAY("p99", p99, "99th percentile of the"),
	{ .metric = { .name = "nodejs.eventloop.utilization",
		      .unit = "1",
		      .help = "Share of time in which the event loop was active.",
		      .kind = METRIC_GAUGE },
	  .at = offsetof(struct loop_gauges, utilization),
	  .node = true },
	{ .metric = { .name = "sonde.loop.utilization",
		      .unit = "1",
		      .help = "Share of time in which event loops did not sleep.",
		      .kind = METRIC_GAUGE },
	  .at = offsetof(struct loop_gauges, utilization) },
};

static void give_gauge(const struct gauge *gauge, const struct table *rows,
		       struct metric_sink *sink)
{
	const struct loop_row *row;
	size_t at = 0;

	sink->metric(sink, &gauge->metric);
	while ((row = table_next(rows, &at))) {
		double value = *(const double *)((const char *)&row->gauges + gauge->at);

		if ((gauge->node && !row->is_node) || (gauge->fires && !row->gauges.count) ||
		    isnan(value) || !row->loops)
			continue;
		give(row, 0, value, sink);
	}
}

static void give_delays(const struct table *rows, struct metric_sink *sink)
{
	static const struct metric metric = {
		.name = "sonde.loop.delay",
		.unit = "s",
		.help = "How late a timer of 10 ms would have fired on event loops.",
		.kind = METRIC_HISTOGRAM,
		.bounds = &loop_bounds,
	};
	const struct loop_row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(rows, &at))) {
		const struct attribute kind = kind_of(row);
		struct loop_delays delays;

		loop_delays(&row->total, &delays);
		if (delays.histogram.count)
			sink->sample(sink, &(struct sample){ .resource = row->resource,
							     .attributes = &kind,
							     .attribute_count = 1,
							     .start_unix_ns = row->since_unix_ns,
							     .histogram = &delays.histogram });
	}
}

static void give_loops(const struct table *rows, struct metric_sink *sink)
{
	static const struct metric metric = { .name = "sonde.loops",
					      .unit = "{loop}",
					      .help = "Event loops: threads that live in epoll.",
					      .kind = METRIC_UPDOWN };
	const struct loop_row *row;
	size_t at = 0;

	sink->metric(sink, &metric);
	while ((row = table_next(rows, &at)))
		give(row, row->since_unix_ns, (double)row->loops, sink);
}

void loop_rows_give(struct table *rows, uint64_t now_ns, struct metric_sink *sink)
{
	struct loop_row *row;
	size_t at = 0;
	bool has_node = false;

	if (!rows->count)
		return;
	while ((row = table_next(rows, &at))) {
		close_window(row, now_ns);
		has_node |= row->is_node;
	}
	for (size_t i = 0; i < ARRAY_SIZE(gauges); i++)
		if (has_node || !gauges[i].node)
			give_gauge(&gauges[i], rows, sink);
	if (has_node)
		give_times(rows, true, sink);
	give_times(rows, false, sink);
	give_delays(rows, sink);
	give_loops(rows, sink);
}
