/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - where a value belongs, and the window of buckets that follows.
 *
 * A value is taken apart into an exponent e and a mantissa m of 64 bits whose
 * top bit is set: value = m * 2^(e - 63). Eight boundaries lie in each octave,
 * at the same mantissas in all of them, so the bucket is 8 e plus the number of
 * boundaries that m exceeds. A boundary that is no whole number is rounded down,
 * which changes no answer: a whole number exceeds b when it exceeds floor(b).
 */
#include "user/model/histogram.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "user/base/mem.h"

enum { STEPS = 1 << HISTOGRAM_SCALE, CELLS = 16, WINDOW_STEP = 4, SPLIT = 0x80 };

/* What is served from memory takes less than the conventions' first, 5 ms. */
static const double duration_bounds_s[] = {
	0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
	0.25,	0.5,   0.75,   1,     2.5,  5,	   7.5,	 10,
};

const struct histogram_bounds request_duration_bounds = {
	.at = duration_bounds_s,
	.count = ARRAY_SIZE(duration_bounds_s),
};

/* What one runtime calls long another does not notice: half decades. */
static const double pause_bounds_s[] = { 0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01,
					 0.03,	  0.1,	   0.3,	   1,	   3,	  10 };

const struct histogram_bounds pause_duration_bounds = {
	.at = pause_bounds_s,
	.count = ARRAY_SIZE(pause_bounds_s),
};

/* The boundaries of one octave, and how many of them lie below each sixteenth of it. */
struct octave {
	uint64_t bounds[STEPS + 1]; /* the last is past the end */
	uint8_t below[CELLS];
};

/* floor(2^63 * 2^(j/8)). */
static const struct octave units = {
	{ 0x8000000000000000, 0x8b95c1e3ea8bd6e6, 0x9837f0518db8a96f, 0xa5fed6a9b15138ea,
	  0xb504f333f9de6484, 0xc5672a115506dadd, 0xd744fccad69d6af4, 0xeac0c6e7dd24392e,
	  UINT64_MAX },
	{ 0, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8 },
};

/*
 * The same boundaries when the value is nanoseconds and the buckets are of
 * seconds: floor(10^9 * 2^((j - 239) / 8) * 2^63). The last is whole: 1 s itself.
 */
static const struct octave nanoseconds = {
	{ 0x81ffa7a9549ca6e3, 0x8dc3b8960164a7d9, 0x9a9867054d512391, 0xa8965f74bf065071,
	  0xb7d88a12d0dd9ea0, 0xc87c3e7d03cdbec3, 0xdaa17c2cd19555db, 0xee6b280000000000,
	  UINT64_MAX },
	{ 0, 1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 7, 7, 8, 8 },
};

/* How many of an octave's boundaries `mantissa` exceeds: no cell has two boundaries inside. */
static inline int steps_below(const struct octave *o, uint64_t mantissa)
{
	unsigned below = o->below[(mantissa >> 59) & (CELLS - 1)];

	return (int)(below + (mantissa > o->bounds[below]));
}

/* Bucket at HISTOGRAM_SCALE of a whole number, which is not 0. */
static inline int index_of_int(const struct octave *o, uint64_t number)
{
	int exponent = 63 ^ __builtin_clzll(number);

	return STEPS * exponent + steps_below(o, number << (63 ^ exponent));
}

/* The first boundary of octave 0 of nanoseconds is number -239 of seconds. */
static inline int ns_index(uint64_t ns)
{
	return index_of_int(&nanoseconds, ns) - 240;
}

/* Bucket at HISTOGRAM_SCALE of a normal, positive double. */
static int index_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return STEPS * ((int)(bits >> 52) - (DBL_MAX_EXP - 1)) +
	       steps_below(&units, bits << 11 | UINT64_C(1) << 63) - 1;
}

void histogram_init(struct histogram *h, const struct histogram_bounds *bounds)
{
	*h = (struct histogram){
		.bounds = bounds,
		.scale = HISTOGRAM_SCALE,
		.min = INFINITY,
		.max = -INFINITY,
		.classic = xcalloc(bounds->count + 1, sizeof(*h->classic)),
		.zero_classic = (uint8_t)histogram_classic_index(bounds, 0),
	};
}

void histogram_free(struct histogram *h)
{
	free(h->buckets);
	free(h->classic);
	*h = (struct histogram){};
}

/* How many classic bounds lie below bucket `index`, and SPLIT when one lies inside it. */
static uint8_t bounds_below(const struct histogram *h, int index)
{
	uint8_t below = 0;

	for (size_t i = 0; i < h->bounds->count; i++) {
		double bound = h->bounds->at[i];
		int at = bound >= DBL_MIN ? index_of(bound) >> (HISTOGRAM_SCALE - h->scale)
					  : INT_MIN;

		if (at >= index)
			return at == index ? below | SPLIT : below;
		below++;
	}
	return below;
}

/* Join pairs of neighbours: half the buckets, each twice as wide. The window is set after it. */
static void halve_scale(struct histogram *h)
{
	int first = h->first >> 1, last = (h->first + (int)h->used - 1) >> 1;

	for (size_t i = 0; i < h->used; i++) {
		uint64_t count = h->buckets[i];

		h->buckets[i] = 0;
		h->buckets[((h->first + (int)i) >> 1) - first] += count;
	}
	h->scale--;
	h->last = 0;
	h->used = h->used ? (size_t)(last - first + 1) : 0;
	h->first = first;
}

/* Make the window reach from `first` to `last`, which are at most HISTOGRAM_BUCKETS. */
static void set_window(struct histogram *h, int first, int last)
{
	size_t used = (size_t)(last - first + 1), moved = (size_t)(h->first - first);
	size_t room = (used + WINDOW_STEP - 1) / WINDOW_STEP * WINDOW_STEP;

	if (room > h->room) {
		uint64_t *buckets = xcalloc(room, sizeof(*buckets) + sizeof(*h->below));

		if (h->used)
			memcpy(buckets + moved, h->buckets, h->used * sizeof(*buckets));
		free(h->buckets);
		h->buckets = buckets;
		h->below = (uint8_t *)(buckets + room);
		h->room = room;
	} else if (moved) {
		memmove(h->buckets + moved, h->buckets, h->used * sizeof(*h->buckets));
		memset(h->buckets, 0, moved * sizeof(*h->buckets));
	}
	h->first = first;
	h->used = used;
	h->last = 0;
	for (size_t i = 0; i < used; i++)
		h->below[i] = bounds_below(h, first + (int)i);
}

/* Widen the window for `first` to `last`, indexes at `scale`; the scale may shrink for it. */
static void cover(struct histogram *h, int first, int last, int scale)
{
	for (;;) {
		int shift = scale - h->scale, low = first >> shift, high = last >> shift;

		if (h->used) {
			int old_last = h->first + (int)h->used - 1;

			low = low < h->first ? low : h->first;
			high = high > old_last ? high : old_last;
		} else {
			h->first = low;
		}
		if (high - low < HISTOGRAM_BUCKETS) {
			set_window(h, low, high);
			return;
		}
		halve_scale(h);
	}
}

/* Classic bucket of a value in a bucket of which `below` bounds lie below. */
static __attribute__((noinline)) size_t split_index(const struct histogram_bounds *bounds,
						    size_t below, double value)
{
	while (below < bounds->count && value > bounds->at[below])
		below++;
	return below;
}

static inline void count_value(struct histogram *h, double value)
{
	h->count++;
	h->sum += value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

static __attribute__((noinline)) size_t count_outside(struct histogram *h, int index, double value);

/* Count `value`, whose bucket at HISTOGRAM_SCALE is `index`. */
static inline size_t count_positive(struct histogram *h, int index, double value)
{
	size_t at = (size_t)((index >> (HISTOGRAM_SCALE - h->scale)) - h->first), classic;

	if (__builtin_expect(at >= h->used, 0))
		return count_outside(h, index, value);
	h->buckets[at]++;
	classic = h->below[at];
	if (__builtin_expect(classic >= SPLIT, 0))
		classic = split_index(h->bounds, classic - SPLIT, value);
	h->classic[classic]++;
	count_value(h, value);
	return classic;
}

/* The same when its bucket is not in the window yet. */
static size_t count_outside(struct histogram *h, int index, double value)
{
	cover(h, index, index, HISTOGRAM_SCALE);
	return count_positive(h, index, value);
}

/* Also what is too small for a bucket. */
static size_t count_low(struct histogram *h, double value)
{
	size_t classic = histogram_classic_index(h->bounds, value);

	h->zero_count++;
	h->classic[classic]++;
	count_value(h, value);
	return classic;
}

static inline size_t count_zero(struct histogram *h)
{
	h->zero_count++;
	h->classic[h->zero_classic]++;
	count_value(h, 0);
	return h->zero_classic;
}

void histogram_observe(struct histogram *h, double value)
{
	if (!isfinite(value))
		return;
	if (value < DBL_MIN)
		count_low(h, value);
	else
		count_positive(h, index_of(value), value);
}

size_t histogram_observe_ns(struct histogram *h, uint64_t ns)
{
	if (ns - 1 >= INT64_MAX) /* 0, or 292 years: past that the conversion is slow */
		return ns ? count_outside(h, ns_index(ns), (double)ns / 1e9) : count_zero(h);
	return count_positive(h, ns_index(ns), (double)(int64_t)ns / 1e9);
}

/* The same number again, which is neither less nor more than what was seen. */
static inline size_t count_again(struct histogram *h)
{
	h->buckets[h->last_at]++;
	h->classic[h->last_classic]++;
	h->count++;
	h->sum += (double)h->last;
	return h->last_classic;
}

/* A number other than the last one; out of line, so that the others are short. */
static __attribute__((noinline)) size_t count_another(struct histogram *h, int64_t number)
{
	int index;

	if (number < 0)
		return count_low(h, (double)number);
	index = index_of_int(&units, (uint64_t)number) - 1;
	h->last_classic = (uint8_t)count_positive(h, index, (double)number);
	h->last_at = (uint8_t)((index >> (HISTOGRAM_SCALE - h->scale)) - h->first);
	h->last = number;
	return h->last_classic;
}

size_t histogram_observe_int(struct histogram *h, int64_t number)
{
	if (!number)
		return count_zero(h);
	return number == h->last ? count_again(h) : count_another(h, number);
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	while (h->scale > from->scale)
		halve_scale(h);
	if (from->used)
		cover(h, from->first, from->first + (int)from->used - 1, from->scale);
	for (size_t i = 0; i < from->used; i++) {
		int index = (from->first + (int)i) >> (from->scale - h->scale);

		h->buckets[index - h->first] += from->buckets[i];
	}
	for (size_t i = 0; i <= h->bounds->count; i++)
		h->classic[i] += from->classic[i];
	h->zero_count += from->zero_count;
	h->count += from->count;
	h->sum += from->sum;
	h->min = fmin(h->min, from->min);
	h->max = fmax(h->max, from->max);
}

double histogram_quantile(const struct histogram *h, double q)
{
	double rank = q * (double)h->count, seen = (double)h->zero_count, value = h->max;

	if (!h->count)
		return 0;
	if (rank <= seen && h->zero_count)
		return fmin(0, h->max);
	for (size_t i = 0; i < h->used; i++) {
		double count = (double)h->buckets[i];

		if (seen + count >= rank && count > 0) {
			double place = (double)h->first + (double)i + (rank - seen) / count;

			value = exp2(ldexp(place, -h->scale));
			break;
		}
		seen += count;
	}
	return fmin(fmax(value, h->min), h->max);
}

size_t histogram_classic_index(const struct histogram_bounds *bounds, double value)
{
	size_t i = 0;

	while (i < bounds->count && value > bounds->at[i])
		i++;
	return i;
}
