/* SPDX-License-Identifier: Apache-2.0 */
/* recent.c - mirrors user/pause/recent.c. */
#include "user/pause/recent.h"
#include "tests/test.h"

#define START (100 * NS_PER_S)

static const struct process_id shop = { .tgid = 1, .started_ns = 7 };
static const struct process_id bank = { .tgid = 1, .started_ns = 8 };

/* Of one nanosecond, which ended then. */
static void add(struct recent *r, struct process_id process, uint64_t ended_ns)
{
	recent_add(r, process,
		   &(const struct seen_pause){ .began_ns = ended_ns - 1,
					       .ended_ns = ended_ns,
					       .kind = "gc",
					       .kind_length = 2 });
}

struct visits {
	size_t count;
	uint64_t newest_ns, oldest_ns;
};

static void count_visit(void *context, const struct seen_pause *pause)
{
	struct visits *v = context;

	if (!v->count++)
		v->newest_ns = pause->ended_ns;
	v->oldest_ns = pause->ended_ns;
}

static struct visits since(const struct recent *r, struct process_id process, uint64_t from_ns)
{
	struct visits v = {};

	recent_since(r, process, from_ns, count_visit, &v);
	return v;
}

TEST(pauses_are_remembered_by_process_newest_first)
{
	struct recent r;
	struct visits v;

	recent_init(&r, 10);
	CHECK(!since(&r, shop, 0).count);
	add(&r, shop, START);
	add(&r, bank, START + 1);
	add(&r, shop, START + 2);
	v = since(&r, shop, START);
	CHECK(v.count == 2 && v.newest_ns == START + 2 && v.oldest_ns == START);
	CHECK(since(&r, bank, START).count == 1);
	CHECK(!since(&r, (struct process_id){ .tgid = 2, .started_ns = 7 }, START).count);
	recent_free(&r);
}

TEST(a_process_is_known_whatever_its_padding_says)
{
	struct process_id padded = shop;
	struct recent r;

	recent_init(&r, 10);
	padded.padding = 99;
	add(&r, padded, START);
	r.last = NULL;
	CHECK(since(&r, shop, START).count == 1);
	recent_free(&r);
}

TEST(what_ended_long_before_is_not_gone_through)
{
	struct recent r;

	recent_init(&r, 10);
	for (uint64_t i = 0; i < 10; i++)
		add(&r, shop, START + i * NS_PER_S);
	CHECK(since(&r, shop, START + 7 * NS_PER_S).count == 3);
	CHECK(!since(&r, shop, START + 10 * NS_PER_S).count);
	/* Told of late by a ring of its own. */
	add(&r, shop, START + 9 * NS_PER_S - NS_PER_MS);
	CHECK(since(&r, shop, START + 9 * NS_PER_S).count == 2);
	recent_free(&r);
}

TEST(the_last_pauses_of_a_process_stay_and_those_that_go_early_are_counted)
{
	struct recent r;
	struct visits v;

	recent_init(&r, 10);
	for (uint64_t i = 0; i < RECENT_PAUSES; i++)
		add(&r, shop, START + i);
	CHECK(!r.hurried && since(&r, shop, START).count == RECENT_PAUSES);
	add(&r, shop, START + RECENT_NS - 1);
	CHECK(r.hurried == 1);
	add(&r, shop, START + RECENT_NS + 1);
	CHECK(r.hurried == 1);
	v = since(&r, shop, 1);
	CHECK(v.count == RECENT_PAUSES && v.oldest_ns == START + 2);
	recent_free(&r);
}

TEST(who_asks_for_more_than_is_kept_can_know)
{
	struct recent r;

	recent_init(&r, 10);
	CHECK(recent_knows_all(&r, shop, 0));
	for (uint64_t i = 0; i < RECENT_PAUSES; i++)
		add(&r, shop, START + i * NS_PER_S);
	CHECK(recent_knows_all(&r, shop, 0));
	add(&r, shop, START + RECENT_PAUSES * NS_PER_S);
	CHECK(!r.hurried && !recent_knows_all(&r, shop, START - 1));
	CHECK(recent_knows_all(&r, shop, START) && recent_knows_all(&r, bank, 0));
	recent_free(&r);
}

TEST(past_the_limit_of_processes_pauses_are_counted_and_not_remembered)
{
	struct recent r;

	recent_init(&r, 1);
	add(&r, shop, START);
	add(&r, bank, START);
	add(&r, bank, START);
	CHECK(r.rings.refused == 2 && !since(&r, bank, 0).count);
	CHECK(since(&r, shop, 0).count == 1);
	recent_free(&r);
}

TEST(who_was_not_paused_for_a_minute_makes_room)
{
	struct recent r;

	recent_init(&r, 1);
	add(&r, shop, START);
	add(&r, bank, START + 59 * NS_PER_S);
	CHECK(r.rings.refused == 1);
	add(&r, bank, START + 70 * NS_PER_S);
	CHECK(r.rings.refused == 1 && since(&r, bank, START).count == 1);
	CHECK(!since(&r, shop, 0).count);
	recent_free(&r);
}
