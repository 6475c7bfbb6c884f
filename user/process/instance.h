/* SPDX-License-Identifier: Apache-2.0 */
/* instance.h - from the facts of a process to OpenTelemetry's resource. */
#pragma once

#include "user/process/fact.h"
#include "user/process/host.h"

/*
 * The resource of process `id` by its facts, with one reference. `facts` has the
 * name and instance as they are to be; an empty instance becomes a UUID made of
 * host, pid and start (to 10 ms, as /proc has it). Texts become valid UTF-8. `dropped` grows by the
 * attributes for which there was no room.
 */
struct resource *instance_resource(struct process_id id, const struct facts *facts,
				   uint64_t *dropped);
/* Of all processes of a host that nothing is known of, with one reference; NULL: of any host. */
struct resource *instance_unknown(const struct host *host);
