/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - durations come from CLOCK_MONOTONIC alone; the wall clock is that plus an offset. */
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS (1000 * NS_PER_US)
#define NS_PER_S  (1000 * NS_PER_MS)
/* What times in /proc/PID/stat are counted in, on every architecture. */
#define NS_PER_TICK (NS_PER_S / 100)

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static inline uint64_t monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* What to add to a monotonic time to get nanoseconds since 1970. Measure again every second. */
static inline int64_t clock_unix_offset_ns(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) - monotonic_ns());
}
