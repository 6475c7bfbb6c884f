/* SPDX-License-Identifier: Apache-2.0 */
/*
 * active.h - how many exchanges are open now, by service and attributes.
 *
 * Nothing is kept on the way of an exchange: when an exporter asks, the table of
 * open exchanges is walked and counted under what each one's group says
 * (metric_group.active). Kinds that were seen once are given as 0 afterwards,
 * as long as their service lives. Past 4,096 kinds, the others of a resource are
 * counted under one overflow series (otel.metric.overflow=true).
 */
#pragma once

#include <stdint.h>

struct active;
struct pipeline;

/* Adds its collector to the pipeline's. */
struct active *active_new(struct pipeline *pipeline);
void active_free(struct active *active);
/* Exchanges that went to an overflow series, each time that they were counted. */
uint64_t active_overflowed(const struct active *active);
