/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.c - mirrors user/model/histogram.c. */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/base/random.h"
#include "user/model/histogram.h"

static const double seconds[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1,
				  0.25,	  0.5,	 0.75,	 1,	2.5,  5,     7.5,  10 };
static const struct histogram_bounds bounds = { seconds, 17 };
static const double crowd[] = { -1, 0, 1.00, 1.01, 1.02, 1.03, 1.5, 1e6 };
static const struct histogram_bounds crowded = { crowd, 8 };
static const struct histogram_bounds none = {};

/* The bucket of the rule itself, 2^(i/8) < v <= 2^((i+1)/8), in long double. */
static int by_rule(long double value)
{
	int i = (int)floorl(log2l(value) * 8) - 2;

	while (exp2l((long double)(i + 1) / 8) < value)
		i++;
	return i;
}

static int bucket_of_ns(uint64_t ns)
{
	struct histogram h;
	int first;

	histogram_init(&h, &none);
	histogram_observe_ns(&h, ns);
	first = h.first;
	histogram_free(&h);
	return first;
}

static int bucket_of(double value)
{
	struct histogram h;
	int first;

	histogram_init(&h, &none);
	histogram_observe(&h, value);
	first = h.first;
	histogram_free(&h);
	return first;
}

/* From 10^-7 s (boundary -187) to 10^3 s (boundary 80). */
TEST(nanoseconds_fall_in_the_bucket_of_the_rule_at_and_around_every_boundary)
{
	int boundaries = 0;

	for (int i = by_rule(1e-7L); i <= by_rule(1e3L) + 1; i++, boundaries++) {
		long double exact = exp2l((long double)i / 8) * 1e9L;
		uint64_t below = (uint64_t)floorl(exact);

		/* Whole only at powers of two; elsewhere far enough from whole for long double. */
		if (i % 8)
			CHECK(fabsl(exact - roundl(exact)) > 1e-6L);
		for (uint64_t ns = below - 3; ns <= below + 3; ns++) {
			int want = (long double)ns <= exact ? i - 1 : i;

			CHECK(bucket_of_ns(ns) == want);
			CHECK(by_rule((long double)ns / 1e9L) == want);
			CHECK(bucket_of((double)ns / 1e9) == want);
		}
	}
	CHECK(boundaries == 268);
}

TEST(any_nanoseconds_fall_in_the_bucket_of_the_rule)
{
	struct random random;

	random_seed(&random, 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = random_next(&random) >> (random_next(&random) % 64);

		CHECK(!ns || bucket_of_ns(ns) == by_rule((long double)ns / 1e9L));
	}
	CHECK(bucket_of_ns(UINT64_MAX) == by_rule((long double)UINT64_MAX / 1e9L));
}

TEST(whole_numbers_and_doubles_fall_in_the_bucket_of_the_rule)
{
	struct random random;

	random_seed(&random, 2);
	for (int i = 0; i < 100000; i++) {
		int64_t number = (int64_t)(random_next(&random) >> (1 + random_next(&random) % 63));
		double value = ldexp((double)random_next(&random),
				     (int)(random_next(&random) % 1800) - 1000);
		struct histogram h;

		histogram_init(&h, &none);
		histogram_observe_int(&h, number);
		CHECK(!number || h.first == by_rule((long double)number));
		CHECK(!isnormal(value) || bucket_of(value) == by_rule((long double)value));
		histogram_free(&h);
	}
	for (int i = 0; i < 62; i++) {
		CHECK(bucket_of(ldexp(1, i)) == 8 * i - 1);
		CHECK(bucket_of(nextafter(ldexp(1, i), INFINITY)) == 8 * i);
	}
}

/* The same number may be counted at the place that it had: that must move with the window. */
TEST(numbers_that_come_again_are_counted_as_at_first)
{
	static const int64_t numbers[] = { 7, 7, 7, 0, 0, 900, 900, 900, 7, INT64_MAX, INT64_MAX };
	static const double between[] = { 9, 0.5, 1e-3, 1e12, 1e-12, 1e200 };
	struct histogram h, slow;

	histogram_init(&h, &bounds);
	histogram_init(&slow, &bounds);
	EACH(i, numbers) {
		size_t classic = histogram_observe_int(&h, numbers[i]);

		histogram_observe(&slow, (double)numbers[i]);
		CHECK(classic == histogram_classic_index(&bounds, (double)numbers[i]));
		histogram_observe(&h, between[i % ARRAY_SIZE(between)]);
		histogram_observe(&slow, between[i % ARRAY_SIZE(between)]);
		CHECK(h.count == slow.count && h.zero_count == slow.zero_count);
		CHECK(h.sum == slow.sum && h.min == slow.min && h.max == slow.max);
		CHECK(h.first == slow.first && h.used == slow.used && h.scale == slow.scale);
		CHECK(!h.used || !memcmp(h.buckets, slow.buckets, h.used * sizeof(*h.buckets)));
		CHECK(!memcmp(h.classic, slow.classic, (bounds.count + 1) * sizeof(*h.classic)));
	}
	CHECK(h.scale < HISTOGRAM_SCALE);
	histogram_free(&h);
	histogram_free(&slow);
}

/* The double next to a boundary that is no double. */
TEST(a_double_next_to_a_boundary_falls_on_its_side)
{
	for (int i = -200; i < 200; i++) {
		long double exact = exp2l((long double)i / 8);
		double near = (double)exact;

		for (int step = -2; step <= 2; step++) {
			double value = near;

			for (int n = 0; n < abs(step); n++)
				value = nextafter(value, step < 0 ? 0 : INFINITY);
			CHECK(bucket_of(value) == ((long double)value <= exact ? i - 1 : i));
		}
	}
}

static uint64_t in_buckets(const struct histogram *h)
{
	uint64_t sum = h->zero_count;

	for (size_t i = 0; i < h->used; i++)
		sum += h->buckets[i];
	return sum;
}

static uint64_t in_classic(const struct histogram *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= h->bounds->count; i++)
		sum += h->classic[i];
	return sum;
}

TEST(classic_buckets_are_exact_at_their_bounds_and_beside_them)
{
	const struct histogram_bounds *both[] = { &bounds, &crowded };

	EACH(b, both)
		for (size_t i = 0; i < both[b]->count; i++) {
			double at = both[b]->at[i];
			double values[] = { at, nextafter(at, -INFINITY), nextafter(at, INFINITY) };

			EACH(v, values) {
				struct histogram h;
				size_t want = i + (v == 2);

				histogram_init(&h, both[b]);
				histogram_observe(&h, values[v]);
				CHECK(h.classic[want] == 1 && in_classic(&h) == 1);
				CHECK(histogram_classic_index(both[b], values[v]) == want);
				histogram_free(&h);
			}
		}
}

TEST(classic_buckets_stay_exact_while_the_window_moves_and_the_scale_shrinks)
{
	uint64_t want[18] = {};
	struct random random;
	struct histogram h;

	random_seed(&random, 3);
	histogram_init(&h, &bounds);
	for (int i = 0; i < 20000; i++) {
		uint64_t ns = random_next(&random) >> (24 + random_next(&random) % 40);
		size_t classic = histogram_observe_ns(&h, ns);

		CHECK(classic == histogram_classic_index(&bounds, (double)ns / 1e9));
		want[classic]++;
		CHECK(h.used <= HISTOGRAM_BUCKETS && h.used <= h.room);
	}
	CHECK(h.scale < HISTOGRAM_SCALE && h.count == 20000);
	CHECK(!memcmp(want, h.classic, sizeof(want)));
	CHECK(in_buckets(&h) == h.count);
	histogram_free(&h);
}

TEST(every_bucket_is_exact_at_the_scale_it_ends_with)
{
	uint64_t want[1024] = {};
	double values[3000];
	struct random random;
	struct histogram h;

	random_seed(&random, 4);
	histogram_init(&h, &bounds);
	EACH(i, values) {
		values[i] = ldexp((double)(random_next(&random) | 1),
				  (int)(random_next(&random) % 90) - 90);
		histogram_observe(&h, values[i]);
	}
	CHECK(h.scale < HISTOGRAM_SCALE);
	EACH(i, values)
		want[(by_rule(values[i]) >> (HISTOGRAM_SCALE - h.scale)) - h.first]++;
	CHECK(!memcmp(want, h.buckets, h.used * sizeof(want[0])));
	CHECK(h.buckets[0] && h.buckets[h.used - 1]);
	histogram_free(&h);
}

TEST(the_widest_range_of_doubles_fits)
{
	struct histogram h;

	histogram_init(&h, &bounds);
	histogram_observe(&h, DBL_MIN);
	histogram_observe(&h, 1);
	histogram_observe(&h, DBL_MAX);
	CHECK(h.count == 3 && in_buckets(&h) == 3 && h.used <= HISTOGRAM_BUCKETS);
	CHECK(h.min == DBL_MIN && h.max == DBL_MAX && h.scale == -4);
	histogram_free(&h);
}

TEST(zero_negative_and_tiny_values_are_zeros_and_the_rest_is_not_counted)
{
	struct histogram h;

	histogram_init(&h, &bounds);
	histogram_observe(&h, 0);
	histogram_observe(&h, -2);
	histogram_observe(&h, DBL_MIN / 2);
	histogram_observe_ns(&h, 0);
	histogram_observe_int(&h, 0);
	histogram_observe_int(&h, -1);
	CHECK(h.zero_count == 6 && h.count == 6 && h.classic[0] == 6 && h.used == 0);
	CHECK(h.min == -2 && h.max == DBL_MIN / 2);
	histogram_observe(&h, NAN);
	histogram_observe(&h, INFINITY);
	CHECK(h.count == 6 && isfinite(h.sum));
	histogram_free(&h);
}

TEST(sum_min_and_max_follow_the_values)
{
	struct histogram h;

	histogram_init(&h, &bounds);
	histogram_observe_ns(&h, 250000000);
	histogram_observe_ns(&h, 750000000);
	histogram_observe(&h, 3);
	CHECK(h.count == 3 && h.sum == 4 && h.min == 0.25 && h.max == 3);
	histogram_free(&h);
}

static bool same(const struct histogram *a, const struct histogram *b)
{
	return a->count == b->count && a->zero_count == b->zero_count && a->scale == b->scale &&
	       a->first == b->first && a->used == b->used && a->min == b->min && a->max == b->max &&
	       fabs(a->sum - b->sum) <= 1e-9 * fabs(a->sum) &&
	       (!a->used || !memcmp(a->buckets, b->buckets, a->used * sizeof(a->buckets[0]))) &&
	       !memcmp(a->classic, b->classic, (a->bounds->count + 1) * sizeof(a->classic[0]));
}

TEST(merging_two_is_as_if_one_had_seen_all)
{
	static const int ranges[][2] = { { 40, 10 }, { 10, 50 }, { 60, 60 }, { 0, 20 } };

	EACH(r, ranges) {
		struct histogram parts[2], all, merged;
		struct random random;

		random_seed(&random, r);
		for (int p = 0; p < 2; p++)
			histogram_init(&parts[p], &bounds);
		histogram_init(&all, &bounds);
		histogram_init(&merged, &bounds);
		for (int i = 0; i < 2000; i++)
			for (int p = 0; p < 2; p++) {
				uint64_t ns = random_next(&random) >> 63;

				if (ranges[r][p])
					ns = random_next(&random) >>
					     (63 - random_next(&random) % (uint64_t)ranges[r][p]);
				histogram_observe_ns(&parts[p], ns);
				histogram_observe_ns(&all, ns);
			}
		histogram_merge(&merged, &parts[0]);
		CHECK(same(&merged, &parts[0]));
		histogram_merge(&merged, &parts[1]);
		CHECK(same(&merged, &all));
		for (int p = 0; p < 2; p++)
			histogram_free(&parts[p]);
		histogram_free(&all);
		histogram_free(&merged);
	}
}

TEST(a_merged_histogram_counts_on_exactly)
{
	struct histogram a, b;

	histogram_init(&a, &bounds);
	histogram_init(&b, &bounds);
	histogram_observe(&a, 0.001);
	histogram_observe(&b, 1e-9);
	histogram_observe(&b, 1e9);
	histogram_merge(&a, &b);
	histogram_merge(&b, &a);
	histogram_observe(&a, 0.0026);
	CHECK(a.classic[0] == 1 && a.classic[1] == 1 && a.classic[3] == 1 && a.classic[17] == 1);
	CHECK(a.count == 4 && in_buckets(&a) == 4 && b.count == 5 && in_buckets(&b) == 5);
	histogram_free(&a);
	histogram_free(&b);
}

TEST(quantiles_are_right_within_a_bucket)
{
	struct histogram h;

	histogram_init(&h, &bounds);
	CHECK(histogram_quantile(&h, 0.5) == 0);
	for (int ms = 1; ms <= 1000; ms++)
		histogram_observe(&h, ms / 1e3);
	for (double q = 0.01; q < 1; q += 0.01)
		CHECK(fabs(histogram_quantile(&h, q) / q - 1) < 0.1);
	CHECK(histogram_quantile(&h, 0) == 0.001 && histogram_quantile(&h, 1) == 1);
	for (int i = 0; i < 1000; i++)
		histogram_observe(&h, 0);
	CHECK(histogram_quantile(&h, 0.4) == 0);
	CHECK(fabs(histogram_quantile(&h, 0.75) / 0.5 - 1) < 0.1);
	histogram_free(&h);
}
