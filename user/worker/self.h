/* SPDX-License-Identifier: Apache-2.0 */
/* self.h - what sonde says about itself: the ledger's outer stages, counters, its own use. */
#pragma once

#include "user/monitor/shared.h"
#include "user/worker/follow.h"
#include "user/worker/jail.h"
#include "user/worker/learner.h"
#include "user/worker/loops.h"
#include "user/worker/pipeline.h"
#include "user/worker/rings.h"
#include "user/worker/scheduled.h"

struct self;

/* Of whom it tells. */
struct self_options {
	struct pipeline *pipeline;
	const struct shared *shared;
	struct rings *rings;
	const struct learner *learner;
	const struct follows *follows;
	const struct scheduled_table *scheduled;
	const struct loops *loops;
	int counters_fd; /* the kernel half's */
};

/* Adds its collector to the pipeline's. */
struct self *self_new(const struct self_options *options);
void self_jail(struct self *self, const struct jail *jail);
/* Requests that were lost until now, in all workers and before any. */
uint64_t self_requests_lost(struct self *self);
