/* SPDX-License-Identifier: Apache-2.0 */
/*
 * series.h - the metrics that are made from spans.
 *
 * A group is a set of histograms that share their attributes ("http server":
 * duration, body sizes, first byte). One span finds one row, by resource and the
 * values of the group's attributes among the span's, and moves all the row's
 * histograms. Rows are bounded: past `limit_per_service` rows for a service (by
 * service.name and namespace, over all its instances) in a group, and past
 * `limit_total` rows of all services and groups together, new sets of values go to
 * one overflow row of their resource (otel.metric.overflow=true), so that sums stay
 * exact; so does a value of more than SERIES_VALUE_BYTES. Rows of a resource that ended
 * are dropped `ended_series_ns` later, or when another resource replaced it, by a
 * collection or by a new row.
 */
#pragma once

#include "user/model/delays.h"
#include "user/model/metric.h"
#include "user/model/span.h"

enum { GROUP_METRICS = 4, GROUP_ATTRIBUTES = 10 };

/* Which of a span's measures a histogram takes. */
enum measure {
	MEASURE_DURATION,
	MEASURE_FIRST_BYTE,
	MEASURE_ASKING_BODY,
	MEASURE_ANSWERING_BODY,
	MEASURES,
};

struct metric_group {
	const char *name; /* of a kind of request; NULL: it counts something else */
	struct metric metrics[GROUP_METRICS]; /* name NULL ends them */
	enum measure measures[GROUP_METRICS]; /* no measure twice */
	/* empty ends them; a span that lacks one leaves it out */
	struct str keys[GROUP_ATTRIBUTES];
	/* How many are open now, counted when asked: by the first `active_keys` of the keys. */
	struct metric active; /* name NULL: not counted */
	size_t active_keys;
	struct metric
		oldest; /* how long the oldest of them is open, by the same; name NULL: not told */
	/* What their time went to, by cause and by one of the keys; a histogram that has no bounds. */
	struct metric delay; /* name NULL: not told */
	struct str delay_key;
};

struct series;
struct row;

struct series *series_new(size_t limit_per_service, size_t limit_total, uint64_t ended_series_ns);
void series_free(struct series *s);
/*
 * The two halves of series_observe(), for who knows a span's row already: a row stays as long as
 * series_drops() does. NULL for a span that is not counted. Each span of an overflow row is to be
 * asked for, since those are counted. series_count() returns the classic bucket of the duration,
 * where a sampled span with these measures may be the exemplar.
 */
struct row *series_row(struct series *s, const struct span *span, uint64_t now_ns);
size_t series_count(struct row *row, const struct measures *measures);
void series_exemplar(struct row *row, size_t classic, const struct span *span);
/* What the time of a span that was counted went to, once that is known. */
void series_delay(struct row *row, const struct delays *delays);
/*
 * Until it is released (or the series are freed) a held row can be counted in, whatever is dropped:
 * where that is the row itself, all that it counted is told of no more.
 */
void series_hold(struct row *row);
void series_release(struct row *row);
bool series_row_is_overflow(const struct row *row);
uint64_t series_drops(const struct series *s);
/* Count `span` under span->metrics. An exemplar is kept when exporters get it. `now_ns` is monotonic. */
void series_observe(struct series *s, const struct span *span, uint64_t now_ns);
/* The collector of all rows; also drops what ended long enough ago. */
struct collector *series_collector(struct series *s);
/* Spans that went to an overflow row. */
uint64_t series_overflowed(const struct series *s);

/* Is there room for `count` series that are kept elsewhere? Then it is theirs until given back. */
bool series_room_take(struct series *s, size_t count);
void series_room_give(struct series *s, size_t count);

/* Each row's histograms: of `group->metrics[metric]`. */
typedef void series_visit(void *context, const struct resource *resource,
			  const struct attribute *attributes, size_t count,
			  const struct metric_group *group, size_t metric,
			  const struct histogram *histogram);
void series_each(const struct series *s, series_visit *visit, void *context);

/* What the time of a row's spans went to. */
struct delayed {
	struct delays sum;
	uint64_t count;
};
typedef void series_visit_delays(void *context, const struct resource *resource,
				 const struct attribute *attributes, size_t count,
				 const struct metric_group *group, uint64_t start_unix_ns,
				 const struct delayed *delayed);
/* Each row whose group tells of it. */
void series_each_delayed(const struct series *s, series_visit_delays *visit, void *context);
