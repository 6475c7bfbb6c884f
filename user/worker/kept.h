/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - what kept an exchange: who carried it, its pauses, its delays. */
#pragma once

#include "user/pause/pauses.h"
#include "user/trace/trace.h"

/* Who carried it, for pauses to be looked up by. */
struct carried carried_of(const struct exchange *x);
/*
 * Of the time in which a server's question, or a client's answer, lay in its socket, how long collections
 * kept its reader.
 */
uint64_t paused_before(const struct pauses *pauses, const struct exchange *x);
/* What its time went to, as if it had made no calls. */
void delays_of(const struct pauses *pauses, const struct exchange *x, struct delays *ret);
/* The same as attributes, in seconds; all causes, so that they add up. */
void span_add_delays(struct span *span, const struct delays *delays);
/* The pauses that hit it as events, which lie in `room`. */
void span_add_pauses(struct span *span, struct pauses *pauses, const struct carried *by,
		     struct span_event room[static SPAN_EVENTS]);
