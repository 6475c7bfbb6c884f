/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/kept.h"

#include "user/delay/delay.h"
#include "user/pause/events.h"

struct carried carried_of(const struct exchange *x)
{
	return (struct carried){
		.process = x->process,
		.from_ns = x->started_ns,
		.to_ns = x->ended_ns,
		.threads = { x->asked.thread, x->answered ? x->answered_by.thread : 0 },
	};
}

uint64_t paused_before(const struct pauses *pauses, const struct exchange *x)
{
	bool is_server = x->role == ROLE_SERVER;
	const struct activity *read = is_server ? &x->asked : &x->answered_by;
	uint64_t arrived_ns = is_server ? x->started_ns : x->first_answer_ns;

	if (!pauses_remembered(pauses) || (!is_server && !x->answered) || !arrived_ns ||
	    arrived_ns >= read->at_ns)
		return 0;
	return pauses_collecting(pauses, x->process, read->thread, arrived_ns, read->at_ns);
}

void delays_of(const struct pauses *pauses, const struct exchange *x, struct delays *ret)
{
	struct moment moments[EXCHANGE_MOMENTS];
	struct delay_facts facts = delay_facts_of(x, moments);

	facts.paused_ns = paused_before(pauses, x);
	delays_find(&facts, ret);
}

void span_add_delays(struct span *span, const struct delays *delays)
{
	for (enum delay i = 0; i < DELAYS; i++)
		span_add(span, (struct attribute){ .key = delay_keys[i],
						   .type = ATTRIBUTE_DOUBLE,
						   .real = (double)delays->ns[i] / 1e9 });
	span_add_text(span, STR("sonde.delay.main"), delay_names[delays_main(delays)]);
}

void span_add_pauses(struct span *span, struct pauses *pauses, const struct carried *by,
		     struct span_event room[static SPAN_EVENTS])
{
	if (pauses_remembered(pauses))
		pause_events(pauses, by->process, by->threads, by->from_ns, by->to_ns, room, span);
}
