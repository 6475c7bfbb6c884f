/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - mirrors user/base/table.c. */
#include <errno.h>

#include "tests/test.h"
#include "user/base/random.h"
#include "user/base/table.h"

enum { KEYS = 3000 };

struct thing {
	uint64_t number;
	char name[16];
	struct str key;
	bool in;
};

static struct thing things[KEYS];

static void make_things(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		things[i] = (struct thing){ .number = i };
		snprintf(things[i].name, sizeof(things[i].name), "key-%zu", i);
		things[i].key = str_of(things[i].name);
	}
}

TEST(a_table_gives_back_what_was_put_in)
{
	struct table t;
	int a, b;

	table_init(&t, 10);
	CHECK(!table_find(&t, STR("a")) && !table_remove(&t, STR("a")));
	CHECK(!table_put(&t, STR("a"), &a) && !table_put(&t, STR(""), &b));
	CHECK(table_put(&t, STR("a"), &b) == -EEXIST);
	CHECK(table_find(&t, STR("a")) == &a && table_find(&t, STR("")) == &b);
	CHECK(!table_find(&t, STR("ab")));
	CHECK(table_remove(&t, STR("a")) == &a && !table_find(&t, STR("a")) && t.count == 1);
	table_free(&t);
	CHECK(!table_find(&t, STR("")));
}

TEST(a_table_stops_at_its_limit_and_counts_it)
{
	struct table t;
	int value;

	table_init(&t, 3);
	for (uint64_t i = 0; i < 3; i++)
		CHECK(!table_put_u64(&t, i, &value));
	CHECK(table_put_u64(&t, 3, &value) == -ENOSPC && t.refused == 1 && t.count == 3);
	CHECK(table_put_u64(&t, 2, &value) == -EEXIST && t.refused == 1);
	CHECK(table_remove_u64(&t, 0) && !table_put_u64(&t, 3, &value));
	table_free(&t);
}

/* Puts and removes at random, and asks for everything after each; both kinds of keys. */
static bool survives(bool numbers)
{
	struct random random;
	struct table t;
	size_t in = 0;
	bool good = true;

	make_things();
	random_seed(&random, 42);
	table_init(&t, KEYS);
	for (int step = 0; step < 20000 && good; step++) {
		/* The range grows and shrinks, so that the table does too. */
		size_t range = (step / 2000) % 2 ? 40 : KEYS;
		struct thing *thing = &things[random_next(&random) % range];
		void *was;

		if (!thing->in) {
			good = !(numbers ? table_put_u64(&t, thing->number, thing)
					 : table_put(&t, thing->key, thing));
		} else {
			was = numbers ? table_remove_u64(&t, thing->number)
				      : table_remove(&t, thing->key);
			good = was == thing;
		}
		thing->in = !thing->in;
		in += thing->in ? 1 : (size_t)-1;
		good &= t.count == in && t.room * 3 >= t.count * 4;
		if (step % 100)
			continue;
		for (size_t i = 0; i < KEYS && good; i++)
			good = (numbers ? table_find_u64(&t, things[i].number)
					: table_find(&t, things[i].key)) ==
			       (things[i].in ? &things[i] : NULL);
	}
	table_free(&t);
	return good;
}

TEST(a_table_survives_puts_and_removes_in_any_order)
{
	CHECK(survives(true));
	CHECK(survives(false));
}

TEST(an_emptied_table_gives_its_memory_back)
{
	struct table t;

	make_things();
	table_init(&t, KEYS);
	for (size_t i = 0; i < KEYS; i++)
		CHECK(!table_put(&t, things[i].key, &things[i]));
	CHECK(t.room == 4096);
	for (size_t i = 0; i < KEYS; i++)
		CHECK(table_remove(&t, things[i].key) == &things[i]);
	CHECK(t.room == 16 && t.count == 0);
	table_free(&t);
}

TEST(stepping_meets_every_value_once)
{
	struct table t;
	size_t at = 0, met = 0;
	struct thing *thing;

	make_things();
	table_init(&t, KEYS);
	CHECK(!table_next(&t, &at));
	for (size_t i = 0; i < KEYS; i++)
		CHECK(!table_put(&t, things[i].key, &things[i]));
	for (at = 0; (thing = table_next(&t, &at)); met++) {
		CHECK(!thing->in);
		thing->in = true;
	}
	CHECK(met == KEYS);
	table_free(&t);
}

static bool drop_odd(void *value, void *context)
{
	struct thing *thing = value;

	++*(size_t *)context;
	thing->in = true;
	return thing->number % 2;
}

TEST(a_sweep_asks_about_every_entry_once_and_drops_what_it_is_told)
{
	for (int round = 0; round < 20; round++) { /* each with another seed */
		struct table t;
		size_t asked = 0;

		make_things();
		table_init(&t, KEYS);
		table_sweep(&t, drop_odd, &asked);
		CHECK(asked == 0);
		for (size_t i = 0; i < 700; i++)
			CHECK(!table_put(&t, things[i].key, &things[i]));
		table_sweep(&t, drop_odd, &asked);
		CHECK(asked == 700 && t.count == 350);
		for (size_t i = 0; i < 700; i++) {
			CHECK(things[i].in);
			CHECK(table_find(&t, things[i].key) == (i % 2 ? NULL : &things[i]));
		}
		table_free(&t);
	}
}

TEST(two_tables_hash_the_same_keys_differently)
{
	struct table a, b;

	table_init(&a, 1);
	table_init(&b, 1);
	CHECK(a.seed != b.seed);
	CHECK(!table_put_u64(&a, 1, &a) && !table_put_u64(&b, 1, &b));
	table_free(&a);
	table_free(&b);
}
