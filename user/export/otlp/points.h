/* SPDX-License-Identifier: Apache-2.0 */
/*
 * points.h - metrics as OTLP's bytes: a sink that writes each sample as it comes.
 *
 * Samples of one metric may belong to many resources and OTLP groups by resource
 * first, so each resource has its own run of finished metrics and the points of
 * the metric that is being given. Past LIMIT_OTLP_REQUEST_BYTES points are
 * dropped and counted.
 */
#pragma once

#include "user/base/buf.h"
#include "user/model/metric.h"

struct delta;

struct points_resource {
	struct points_resource *next; /* a ring, in the order met */
	struct resource *resource;    /* a reference */
	struct buf metrics;	      /* ScopeMetrics.metrics, finished */
	struct buf points;	      /* data_points of the metric that is being given */
	size_t count, total;	      /* points: of this metric, of all that are finished */
};

struct points {
	struct metric_sink sink;
	struct buf header; /* name, description and unit of the metric that is being given */
	enum metric_kind kind;
	bool is_whole;		      /* its numbers are integers */
	bool has_buckets;	      /* it is a histogram with bounds */
	struct points_resource *last; /* where the last sample went */
	size_t bytes, count, dropped;
	uint64_t now_unix_ns;
	uint64_t started_unix_ns; /* since when sonde's own count, where they do not say */
	struct delta *delta;	  /* NULL: everything is cumulative */
	bool delta_counters;	  /* with `delta`: counters too, not only histograms */
	bool exponential;
};

/* `points` is zero but for the last five members. */
void points_begin(struct points *points);
/* Finish the last metric. */
void points_end(struct points *points);
void points_free(struct points *points);
