/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric.h - metrics as exporters see them.
 *
 * Who has numbers is a collector: when an exporter asks, it names each metric
 * once (`sink->metric`) and then gives that metric's samples (`sink->sample`)
 * before it names the next. Exporters are sinks and know no collector; a
 * collector knows no exporter. Everything given to a sink is borrowed for the
 * length of the call.
 */
#pragma once

#include "user/model/attribute.h"
#include "user/model/histogram.h"
#include "user/model/trace_context.h"

struct resource;

enum metric_kind { METRIC_COUNTER, METRIC_UPDOWN, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
	/* OpenTelemetry's, with dots, without unit: "http.server.request.duration" */
	const char *name;
	const char *unit; /* UCUM: "s", "By", "{request}", "1" */
	const char *help;
	enum metric_kind kind;
	const struct histogram_bounds *bounds; /* METRIC_HISTOGRAM */
};

/* An exemplar of one classic bucket of a histogram, the newest of a span that exporters get. */
struct exemplar {
	double value;
	uint64_t unix_ns; /* 0: none */
	uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
};

struct sample {
	const struct resource *resource; /* NULL: sonde itself */
	const struct attribute *attributes;
	size_t attribute_count;
	uint64_t start_unix_ns; /* since when a counter or histogram counts; 0: not known */
	double value;		/* all kinds but METRIC_HISTOGRAM */
	const struct histogram *histogram;
	const struct exemplar *exemplars; /* bounds->count + 1 of them, or NULL */
};

struct metric_sink {
	void (*metric)(struct metric_sink *sink, const struct metric *metric);
	void (*sample)(struct metric_sink *sink, const struct sample *sample);
};

struct collector {
	const char *name;
	void *context;
	void (*collect)(void *context, uint64_t now_ns, struct metric_sink *sink);
	struct collector *next; /* for collectors_add */
};

/* The collectors that there are, in the order added; they are not owned. */
struct collectors {
	struct collector *first, **last;
};

void collectors_init(struct collectors *c);
void collectors_add(struct collectors *c, struct collector *collector);
/* The same, to be asked before all others: it fills in what they give. */
void collectors_add_first(struct collectors *c, struct collector *collector);
/* Ask each in turn. */
void collectors_collect(const struct collectors *c, uint64_t now_ns, struct metric_sink *sink);
