/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delta.h - what was last accepted, so that only the growth since is exported.
 *
 * A collection asks for each series' growth. Only when the receiver has taken
 * it does delta_commit() move the mark, so growth that was sent in vain is part
 * of the next one. A series that fell (it began anew) has grown by all it holds.
 * Series past DELTA_SERIES are refused; one that was not asked for is forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/model/metric.h"

/* A histogram's row is about 700 bytes twice over. */
enum { DELTA_SERIES = 16384 };

struct delta;
struct delta_key {
	uint64_t high, low;
};

struct delta *delta_new(void);
void delta_free(struct delta *d);
/* `metric`: bytes that tell it from others. */
struct delta_key delta_key(struct str metric, const struct sample *sample);

void delta_begin(struct delta *d, uint64_t now_unix_ns);
/*
 * `value` in: as it stands, out: grown by. `start` in: the series' own, out: since
 * when it grew. -EAGAIN: it did not grow; -ENOSPC: too many series. Both leave all
 * arguments alone.
 */
int delta_number(struct delta *d, struct delta_key key, double *value, uint64_t *start);
/* The same; `ret` is the caller's to free. Its min and max are not known. */
int delta_histogram(struct delta *d, struct delta_key key, const struct histogram *now,
		    uint64_t *start, struct histogram *ret);
void delta_commit(struct delta *d);
/* Series that were refused for lack of room since the start. */
uint64_t delta_refused(const struct delta *d);
