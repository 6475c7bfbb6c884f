/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/loop_tally.h"

#include <math.h>

#include "headers/loop_sampler.h"
#include "user/base/clock.h"
#include "user/base/mem.h"

/* From 61 us to 4 s: bounds of the exponential buckets too, so each is exact. */
static const double bounds_at[] = { 0x1p-14, 0x1p-12, 0x1p-10, 0x1p-9, 0x1p-8, 0x1p-7, 0x1p-6,
				    0x1p-5,  0x1p-4,  0x1p-3,  0x1p-2, 0x1p-1, 1,      4 };
const struct histogram_bounds loop_bounds = { .at = bounds_at, .count = ARRAY_SIZE(bounds_at) };

static double lower_bound(size_t bucket)
{
	return bucket ? exp2((double)(LOOP_FIRST + (int)bucket - 1) / LOOP_STEPS) : 0;
}

static uint64_t idle_of(const struct loop_cell *cell, uint64_t now_ns)
{
	return cell->idle_ns & LOOP_SLEEPS ? now_ns - (cell->idle_ns & ~LOOP_SLEEPS)
					   : cell->idle_ns;
}

/* By how much a number that goes up went up; 0 where it seems to have gone down. */
static uint64_t growth(uint64_t now, uint64_t before)
{
	return (int64_t)(now - before) > 0 ? now - before : 0;
}

static void grow_times(struct loop_tally *to, struct loop_seen *seen, const struct loop_cell *cell,
		       uint64_t now_ns)
{
	uint64_t until_ns = cell->ended_ns ? cell->ended_ns : now_ns;
	uint64_t elapsed_ns = growth(growth(until_ns, cell->since_ns), seen->elapsed_ns);
	uint64_t idle_ns = growth(idle_of(cell, until_ns), seen->idle_ns);

	if (idle_ns > elapsed_ns)
		idle_ns = elapsed_ns;
	to->idle_ns += idle_ns;
	to->active_ns += elapsed_ns - idle_ns;
	seen->idle_ns += idle_ns;
	seen->elapsed_ns += elapsed_ns;
}

static void grow_count(struct loop_tally *to, struct loop_seen *seen, size_t bucket, uint32_t now)
{
	int32_t more = (int32_t)(now - seen->counts[bucket]);

	if (more <= 0)
		return;
	to->counts[bucket] += (uint32_t)more;
	seen->counts[bucket] = now;
}

void loop_tally_grow(struct loop_tally *to, struct loop_seen *seen, const struct loop_cell *cell,
		     uint64_t now_ns, bool fires)
{
	grow_times(to, seen, cell, now_ns);
	if (!fires)
		return;
	grow_count(to, seen, 0, cell->counts[0] + (uint32_t)loop_asleep(cell, now_ns));
	for (size_t i = 1; i < LOOP_BUCKETS; i++)
		grow_count(to, seen, i, cell->counts[i]);
	to->late_ns += cell->late_ns - seen->late_ns;
	to->early_ns += cell->early_ns - seen->early_ns;
	to->squares += cell->squares - seen->squares;
	seen->late_ns = cell->late_ns;
	seen->early_ns = cell->early_ns;
	seen->squares = cell->squares;
}

void loop_tally_less(const struct loop_tally *from, const struct loop_tally *less,
		     struct loop_tally *ret)
{
	ret->idle_ns = from->idle_ns - less->idle_ns;
	ret->active_ns = from->active_ns - less->active_ns;
	ret->late_ns = from->late_ns - less->late_ns;
	ret->early_ns = from->early_ns - less->early_ns;
	ret->squares = from->squares - less->squares;
	for (size_t i = 0; i < LOOP_BUCKETS; i++)
		ret->counts[i] = from->counts[i] - less->counts[i];
}

/* How late the firing is that a share `q` is not later than; those of a bucket lie evenly in it. */
static double quantile(const struct loop_tally *window, uint64_t count, double q)
{
	double rank = ceil(q * (double)count), below = 0;

	for (size_t i = 0; i < LOOP_BUCKETS; i++) {
		double here = (double)window->counts[i];

		if (here > 0 && below + here >= rank)
			return i ? lower_bound(i) * exp2((rank - below - 0.5) / here / LOOP_STEPS)
				 : 0;
		below += here;
	}
	return 0;
}

static double between(double value, double least, double most)
{
	return fmin(fmax(value, least), most);
}

void loop_gauges(const struct loop_tally *window, uint64_t least_ns, uint64_t most_ns,
		 struct loop_gauges *ret)
{
	const double period = LOOP_PERIOD_NS / 1e9;
	const double unit = (1 << LOOP_SQUARE_SHIFT) / 1e9;
	double elapsed = (double)(window->idle_ns + window->active_ns), n, off;

	*ret = (struct loop_gauges){ .utilization = elapsed > 0
							    ? (double)window->active_ns / elapsed
							    : NAN };
	for (size_t i = 0; i < LOOP_BUCKETS; i++)
		ret->count += window->counts[i];
	if (!ret->count)
		return;
	n = (double)ret->count;
	off = ((double)window->late_ns - (double)window->early_ns) / 1e9 / n;
	ret->least = least_ns ? (double)least_ns / 1e9 : period;
	ret->most = most_ns ? (double)most_ns / 1e9 : period;
	ret->mean = period + off;
	ret->deviation = sqrt(fmax(0, (double)window->squares / n * unit * unit - off * off));
	ret->p50 = between(period + quantile(window, ret->count, 0.5), ret->least, ret->most);
	ret->p90 = between(period + quantile(window, ret->count, 0.9), ret->least, ret->most);
	ret->p99 = between(period + quantile(window, ret->count, 0.99), ret->least, ret->most);
}

void loop_delays(const struct loop_tally *tally, struct loop_delays *ret)
{
	struct histogram *h = &ret->histogram;
	size_t classic = 0;

	static_assert(ARRAY_SIZE(bounds_at) < ARRAY_SIZE(ret->classic), "room for the last");
	static_assert(LOOP_FIRST == -16 * LOOP_STEPS, "where the zero bucket ends");
	*ret = (struct loop_delays){ .histogram = { .bounds = &loop_bounds,
						    .zero_count = tally->counts[0],
						    .zero_threshold = 0x1p-16,
						    .count = tally->counts[0],
						    .sum = (double)tally->late_ns / 1e9,
						    .min = NAN,
						    .max = NAN,
						    .scale = LOOP_SCALE,
						    .first = LOOP_FIRST,
						    .classic = ret->classic } };
	ret->classic[0] = tally->counts[0];
	for (size_t i = 1; i < LOOP_BUCKETS; i++) {
		while (classic < loop_bounds.count && lower_bound(i) >= bounds_at[classic])
			classic++;
		if (!tally->counts[i])
			continue;
		if (!h->used)
			h->first = LOOP_FIRST + (int)i - 1;
		h->used = (size_t)(LOOP_FIRST + (int)i - 1 - h->first) + 1;
		ret->buckets[h->used - 1] = tally->counts[i];
		ret->classic[classic] += tally->counts[i];
		h->count += tally->counts[i];
	}
	h->buckets = ret->buckets;
}
