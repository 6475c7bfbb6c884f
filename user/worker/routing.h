/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing.h - what the configuration says of a service: its routes and sampler.
 *
 * The first entry of `services` that names a process (process.service) sets
 * both; otherwise the http.route list and trace.sampler hold. Guessed routes
 * are kept for each entry apart.
 */
#pragma once

#include "user/config/config.h"
#include "user/model/route.h"
#include "user/process/process.h"

struct routing;

struct routing *routing_new(const struct config *config);
void routing_free(struct routing *r);

struct routes *routing_routes(const struct routing *r, const struct process *process);
const struct sampler *routing_sampler(const struct routing *r, const struct process *process);
/* Segments that became {id} because there were too many, over all services. */
uint64_t routing_collapsed(const struct routing *r);
