/* SPDX-License-Identifier: Apache-2.0 */
/* pausing.h - pauses of two made-up runtimes, and what they come to. */
#pragma once

#include "tests/unit/config/read.h"
#include "user/base/clock.h"
#include "user/export/prometheus/print.h"
#include "user/pause/pauses.h"
#include "user/process/instance.h"

enum { QUIET, LOUD, MUTE };

extern const struct runtime *const made_up[];

struct pausing {
	struct config *config;
	struct processes *processes;
	struct resource *unknown;
	struct series *series;
	struct pauses *pauses;
	struct collectors collectors;
	int64_t unix_offset_ns;
	uint64_t now_ns;
};

/* `config` is its from now on. */
void pausing_begin(struct pausing *t, struct config *config);
void pausing_end(struct pausing *t);
/* A pause of process `tgid` that ends now; `kind` 0 is nothing to either runtime. */
struct record_pause pause_of(const struct pausing *t, uint16_t runtime, uint32_t tgid,
			     uint16_t kind, uint64_t length_ns);
/* Process `tgid` is known from now on as `name`; it has ended: NULL. */
void pausing_learn(struct pausing *t, uint32_t tgid, const char *name);
/* How many lines of the exposition have all parts, which NULL ends; the last one's value. */
int pausing_lines(struct pausing *t, double *value, const char *const *parts);
double pausing_value(struct pausing *t, const char *const *parts);

#define VALUE(t, ...) pausing_value(t, (const char *const[]){ __VA_ARGS__, NULL })
#define LINES(t, ...) pausing_lines(t, &(double){ 0 }, (const char *const[]){ __VA_ARGS__, NULL })
