/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - mirrors user/pause/events.c. */
#include "user/pause/events.h"
#include "tests/test.h"
#include "tests/unit/pause/pausing.h"

#define START (1000 * NS_PER_S)

static const struct process_id shop = { .tgid = 1 };

static void pause_at(struct pausing *t, uint64_t began_ns, uint64_t length_ns)
{
	struct record_pause record = pause_of(t, QUIET, shop.tgid, 2, 0);

	record.began_ns = began_ns;
	record.head.at_ns = began_ns + length_ns;
	pauses_take(t->pauses, &record);
}

/* Of an exchange of one second. */
static void events_of(struct pausing *t, struct span_event room[static SPAN_EVENTS],
		      struct span *span)
{
	*span = (struct span){};
	pause_events(t->pauses, shop, (const uint32_t[]){ 0, 0 }, START, START + NS_PER_S, room,
		     span);
}

TEST(a_pause_is_an_event_with_kind_runtime_and_seconds_at_its_begin)
{
	struct span_event room[SPAN_EVENTS];
	struct pausing t;
	struct span span;

	pausing_begin(&t, FLAGS("--watch.all"));
	t.unix_offset_ns = 500;
	events_of(&t, room, &span);
	CHECK(!span.event_count && !span.events_dropped);
	pause_at(&t, START + 7, 2 * NS_PER_MS);
	events_of(&t, room, &span);
	CHECK(span.event_count == 1 && !span.events_dropped);
	CHECK(str_eq(span.events->name, STR("sonde.pause")));
	CHECK(span.events->unix_ns == START + 507 && span.events->attribute_count == 3);
	CHECK(str_eq(span.events->attributes[0].key, STR("sonde.pause.kind")));
	CHECK(str_eq(span.events->attributes[0].text, STR("long")));
	CHECK(str_eq(span.events->attributes[1].key, STR("sonde.pause.runtime")));
	CHECK(str_eq(span.events->attributes[1].text, STR("quiet")));
	CHECK(str_eq(span.events->attributes[2].key, STR("sonde.pause.seconds")));
	CHECK(span.events->attributes[2].type == ATTRIBUTE_DOUBLE);
	CHECK(span.events->attributes[2].real == 0.002);
	pausing_end(&t);
}

TEST(of_too_many_pauses_the_longest_are_told_in_order_of_time)
{
	enum { PAUSES = 20 };
	struct span_event room[SPAN_EVENTS];
	struct pausing t;
	struct span span;

	pausing_begin(&t, FLAGS("--watch.all"));
	/* The even ones are long. */
	for (uint64_t i = 0; i < PAUSES; i++)
		pause_at(&t, START + i * 10 * NS_PER_MS, (i % 2 ? 1 : 5) * NS_PER_MS + i);
	events_of(&t, room, &span);
	CHECK(span.event_count == SPAN_EVENTS && span.events_dropped == PAUSES - SPAN_EVENTS);
	for (size_t i = 0; i < SPAN_EVENTS; i++)
		CHECK(room[i].unix_ns == START + (4 + 2 * i) * 10 * NS_PER_MS);
	pausing_end(&t);
}

TEST(a_span_that_began_before_the_pauses_that_are_kept_is_counted)
{
	struct span_event room[SPAN_EVENTS];
	struct pausing t;
	struct span span;

	pausing_begin(&t, FLAGS("--watch.all"));
	for (uint64_t i = 0; i < RECENT_PAUSES; i++)
		pause_at(&t, START + i * NS_PER_S, NS_PER_MS);
	events_of(&t, room, &span);
	CHECK(VALUE(&t, "sonde_pauses_forgotten_total", "long_span") == 0);
	pause_at(&t, START + RECENT_PAUSES * NS_PER_S, NS_PER_MS);
	events_of(&t, room, &span);
	CHECK(VALUE(&t, "sonde_pauses_forgotten_total", "long_span") == 1);
	CHECK(VALUE(&t, "sonde_pauses_forgotten_total", "hurried") == 0);
	pausing_end(&t);
}
