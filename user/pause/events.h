/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the pauses that hit an exchange, as events of its span.
 *
 *	sonde.pause at the pause's begin
 *	{sonde.pause.kind, sonde.pause.runtime, sonde.pause.seconds}
 */
#pragma once

#include "user/model/span.h"
#include "user/pause/pauses.h"

/*
 * Fill `room` and give it to the span. Of more than SPAN_EVENTS the longest are kept. Pauses that
 * end after the exchange are among them as far as their records have come.
 */
void pause_events(struct pauses *p, struct process_id process, const uint32_t threads[2],
		  uint64_t from_ns, uint64_t to_ns, struct span_event room[static SPAN_EVENTS],
		  struct span *span);
