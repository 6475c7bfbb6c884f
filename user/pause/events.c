/* SPDX-License-Identifier: Apache-2.0 */
#include "user/pause/events.h"

#include "user/base/mem.h"

/* The longest so far, in order of time. */
struct longest {
	size_t count;
	uint32_t dropped;
	struct seen_pause at[SPAN_EVENTS];
};

static uint64_t length_of(const struct seen_pause *pause)
{
	return pause->ended_ns - pause->began_ns;
}

static size_t shortest(const struct longest *l)
{
	size_t found = 0;

	for (size_t i = 1; i < l->count; i++)
		if (length_of(&l->at[i]) < length_of(&l->at[found]))
			found = i;
	return found;
}

static void take_out(struct longest *l, size_t which)
{
	l->count--;
	memmove(&l->at[which], &l->at[which + 1], (l->count - which) * sizeof(l->at[0]));
}

static void keep(void *context, const struct seen_pause *pause)
{
	struct longest *l = context;
	size_t at, out;

	if (l->count == SPAN_EVENTS) {
		l->dropped++;
		out = shortest(l);
		if (length_of(&l->at[out]) >= length_of(pause))
			return;
		take_out(l, out);
	}
	for (at = l->count; at && l->at[at - 1].began_ns > pause->began_ns; at--)
		l->at[at] = l->at[at - 1];
	l->at[at] = *pause;
	l->count++;
}

static struct span_event event_of(const struct pauses *p, const struct seen_pause *pause)
{
	return (struct span_event){
		.name = STR("sonde.pause"),
		.unix_ns = pauses_unix_ns(p, pause->began_ns),
		.attribute_count = EVENT_ATTRIBUTES,
		.attributes = {
			attribute_text(STR("sonde.pause.kind"),
				       (struct str){ pause->kind, pause->kind_length }),
			attribute_text(STR("sonde.pause.runtime"),
				       pauses_runtime(p, pause->runtime)),
			{ .key = STR("sonde.pause.seconds"),
			  .type = ATTRIBUTE_DOUBLE,
			  .real = (double)length_of(pause) / 1e9 },
		},
	};
}

void pause_events(struct pauses *p, struct process_id process, const uint32_t threads[2],
		  uint64_t from_ns, uint64_t to_ns, struct span_event room[static SPAN_EVENTS],
		  struct span *span)
{
	struct longest longest;

	longest.count = longest.dropped = 0;
	pauses_tell_from(p, process, from_ns);
	pauses_between(p, process, threads, from_ns, to_ns, keep, &longest);
	for (size_t i = 0; i < longest.count; i++)
		room[i] = event_of(p, &longest.at[i]);
	span->events = room;
	span->event_count = longest.count;
	span->events_dropped = longest.dropped;
}
