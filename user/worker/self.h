/* SPDX-License-Identifier: Apache-2.0 */
/* self.h - what sonde says about itself: the ledger's outer stages, counters, its own use. */
#pragma once

#include "user/monitor/shared.h"
#include "user/worker/follow.h"
#include "user/worker/jail.h"
#include "user/worker/learner.h"
#include "user/worker/pipeline.h"
#include "user/worker/rings.h"

struct self;

/* Adds its collector to the pipeline's. `counters_fd` is the kernel half's counters. */
struct self *self_new(struct pipeline *pipeline, const struct shared *shared, struct rings *rings,
		      const struct learner *learner, const struct follows *follows,
		      int counters_fd);
void self_jail(struct self *self, const struct jail *jail);
/* Requests that were lost until now, in all workers and before any. */
uint64_t self_requests_lost(struct self *self);
