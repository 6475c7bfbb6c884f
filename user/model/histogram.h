/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - base-2 exponential histogram, kept once and rendered three ways.
 *
 * Scale 3 (factor 2^(1/8)): OpenTelemetry's bucket i holds
 * 2^(i/8) < v <= 2^((i+1)/8); Prometheus' native bucket i+1 is the same one.
 * Memory follows the range of values seen (a growing window of buckets, at most
 * HISTOGRAM_BUCKETS); past that the scale is halved. Besides the exponential
 * buckets it counts exactly into the classic bounds it was made with, so that a
 * classic bucket is never an estimate. Zero and negative values, and those too
 * small for a normal double, go to zero_count. What is not finite is not counted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_SCALE = 3, HISTOGRAM_BUCKETS = 160 };

/* The classic buckets of a metric: upper bounds that are included, ascending, +Inf left out. */
struct histogram_bounds {
	const double *at;
	size_t count; /* at most 64; 0: of sum and count alone */
};

/* Of how long requests take, in seconds: the conventions' bounds and three below them. */
extern const struct histogram_bounds request_duration_bounds;
/* Of how long runtimes pause: from 10 us to 10 s. */
extern const struct histogram_bounds pause_duration_bounds;

struct histogram {
	const struct histogram_bounds *bounds;
	uint64_t count, zero_count;
	double zero_threshold; /* zero_count has what is not above it; 0: as exporters have it */
	double sum, min, max;  /* min and max mean something only when count > 0; NAN: not known */
	int scale;
	int first;   /* OpenTelemetry's index of buckets[0] */
	size_t used; /* buckets from `first` on */
	size_t room;
	uint64_t *buckets; /* owned */
	uint8_t *below; /* of each bucket, which classic buckets it counts into; behind `buckets` */
	uint64_t *classic; /* owned, bounds->count + 1, not cumulative */
	/* Where the last whole number went, while the window stays; 0: nowhere. */
	int64_t last;
	uint8_t last_at, last_classic;
	uint8_t zero_classic; /* where 0 goes */
};

void histogram_init(struct histogram *h, const struct histogram_bounds *bounds);
void histogram_free(struct histogram *h);
void histogram_observe(struct histogram *h, double value);
/*
 * The same as observing `ns` / 1e9 and `number`, but the bucket is found from the
 * integer alone. They return the classic bucket, for its exemplar.
 */
size_t histogram_observe_ns(struct histogram *h, uint64_t ns);
size_t histogram_observe_int(struct histogram *h, int64_t number);
/* Add all that `from` counted to `h`; the bounds are the same. */
void histogram_merge(struct histogram *h, const struct histogram *from);
/* Value below which a share `q` (0 to 1) of the observations lie; for people, not for export. 0: none. */
double histogram_quantile(const struct histogram *h, double q);
/* Classic bucket that `value` falls in: 0 to bounds->count. */
size_t histogram_classic_index(const struct histogram_bounds *bounds, double value);
