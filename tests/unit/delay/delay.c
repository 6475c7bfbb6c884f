/* SPDX-License-Identifier: Apache-2.0 */
/* delay.c - mirrors user/delay/delay.c; times and clocks are in CLOCK_UNIT_NS. */
#include "user/delay/delay.h"

#include "tests/test.h"
#include "user/base/mem.h"

static uint64_t units(uint64_t count)
{
	return count << CLOCK_UNIT_SHIFT;
}

static struct moment moment(uint64_t at, uint32_t thread, struct clocks clocks)
{
	return (struct moment){ units(at), thread, clocks };
}

/* Are these the delays, and is their sum the duration? */
static bool comes_to(const struct delay_facts *f, const struct delays *want)
{
	struct delays have;
	uint64_t sum = 0;
	bool same = true;

	delays_find(f, &have);
	for (enum delay i = 0; i < DELAYS; i++) {
		same &= have.ns[i] == units(want->ns[i]);
		sum += have.ns[i];
	}
	return same && sum == f->ended_ns - f->started_ns;
}

#define COMES_TO(facts_, ...) CHECK(comes_to(facts_, &(struct delays){ .ns = { __VA_ARGS__ } }))

/* Read at 100, answered at 1,100, whole at 1,100; arrived at 100 but where it says otherwise. */
struct told {
	struct moment moments[3];
	struct delay_facts facts;
};

static struct told served(struct clocks end)
{
	struct told t = { .moments = { moment(100, 7, (struct clocks){}), moment(1100, 7, end),
				       moment(1100, 7, end) },
			  .facts = { .role = ROLE_SERVER,
				     .started_ns = units(100),
				     .ended_ns = units(1100),
				     .moment_count = 3 } };

	return t;
}

static const struct delay_facts *facts_of(struct told *t)
{
	t->facts.moments = t->moments;
	return &t->facts;
}

TEST(what_a_thread_did_not_sleep_or_wait_it_ran)
{
	struct told t = served((struct clocks){});

	COMES_TO(facts_of(&t), [DELAY_ON_CPU] = 1000);
	t = served((struct clocks){ .off = 300 });
	COMES_TO(facts_of(&t), [DELAY_ON_CPU] = 700, [DELAY_UNATTRIBUTED] = 300);
	t = served((struct clocks){ .off = 300, .waited = 200 });
	COMES_TO(facts_of(&t), [DELAY_ON_CPU] = 700, [DELAY_CPU_WAIT] = 200,
		 [DELAY_UNATTRIBUTED] = 100);
}

TEST(a_quota_holds_before_all_other_causes)
{
	struct told t = served((struct clocks){ .off = 300, .waited = 300, .throttled = 250 });

	COMES_TO(facts_of(&t), [DELAY_THROTTLE] = 250, [DELAY_CPU_WAIT] = 50, [DELAY_ON_CPU] = 700);
	/* over all CPUs a group may be held back longer than the thread waited */
	t = served((struct clocks){ .off = 300, .waited = 300, .throttled = 900 });
	COMES_TO(facts_of(&t), [DELAY_THROTTLE] = 300, [DELAY_ON_CPU] = 700);
}

TEST(pauses_of_a_thread_are_run_through_and_those_of_a_process_slept_through)
{
	struct told t = served((struct clocks){ .off = 100, .paused = 400 });

	COMES_TO(facts_of(&t), [DELAY_GC] = 400, [DELAY_UNATTRIBUTED] = 100, [DELAY_ON_CPU] = 500);
	t = served((struct clocks){ .off = 500, .stopped = 400 });
	COMES_TO(facts_of(&t), [DELAY_GC] = 400, [DELAY_UNATTRIBUTED] = 100, [DELAY_ON_CPU] = 500);
	/* it had slept less than the pause took: the rest it ran, or waited for the pause to begin */
	t = served((struct clocks){ .off = 100, .stopped = 400 });
	COMES_TO(facts_of(&t), [DELAY_GC] = 400, [DELAY_ON_CPU] = 600);
}

TEST(a_call_counts_while_the_thread_sleeps)
{
	const struct period calls[] = { { units(200), units(500) }, { units(400), units(700) } };
	struct told t = served((struct clocks){ .off = 600, .waited = 50 });

	t.facts.calls = calls;
	t.facts.call_count = ARRAY_SIZE(calls);
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 500, [DELAY_CPU_WAIT] = 50,
		 [DELAY_UNATTRIBUTED] = 50, [DELAY_ON_CPU] = 400);
	t = served((struct clocks){ .off = 200 });
	t.facts.calls = calls;
	t.facts.call_count = ARRAY_SIZE(calls);
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 200, [DELAY_ON_CPU] = 800);
}

TEST(before_it_is_read_a_request_waits_for_who_reads)
{
	struct told t = served((struct clocks){});

	t.facts.started_ns = units(40);
	COMES_TO(facts_of(&t), [DELAY_LOOP_WAIT] = 60, [DELAY_ON_CPU] = 1000);
	t.facts.arrival = (struct arrival){ .waited = 20, .throttled = 5 };
	t.facts.paused_ns = units(10);
	COMES_TO(facts_of(&t), [DELAY_THROTTLE] = 5, [DELAY_GC] = 10, [DELAY_CPU_WAIT] = 15,
		 [DELAY_LOOP_WAIT] = 30, [DELAY_ON_CPU] = 1000);
	t.facts.arrival = (struct arrival){ .unknown = UINT32_MAX, .waited = 9 };
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 60, [DELAY_ON_CPU] = 1000);
}

TEST(between_two_threads_nothing_is_known_but_calls)
{
	const struct period call = { units(200), units(500) };
	struct told t = served((struct clocks){ .off = 300 });

	t.moments[1].thread = t.moments[2].thread = 8;
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 1000);
	t.facts.calls = &call;
	t.facts.call_count = 1;
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 300, [DELAY_UNATTRIBUTED] = 700);
	t.moments[0].thread = t.moments[1].thread = t.moments[2].thread = 0;
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 300, [DELAY_UNATTRIBUTED] = 700);
}

TEST(a_client_sleeps_for_its_server)
{
	struct told t = served((struct clocks){ .off = 800, .waited = 100 });

	t.facts.role = ROLE_CLIENT;
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 700, [DELAY_CPU_WAIT] = 100,
		 [DELAY_ON_CPU] = 200);
	/* the answer lay there for 300, of which its thread waited for a CPU for 100 */
	t.facts.arrived_ns = units(800);
	t.facts.arrival = (struct arrival){ .waited = 100 };
	COMES_TO(facts_of(&t), [DELAY_DOWNSTREAM] = 700, [DELAY_CPU_WAIT] = 100,
		 [DELAY_LOOP_WAIT] = 200);
}

TEST(a_collection_behind_the_arrival_of_an_answer_is_not_the_servers)
{
	/* asked at 100, ran for 100, slept till the answer came at 800, was stopped till 1,000 */
	struct told t = served((struct clocks){ .off = 800, .stopped = 200 });

	t.facts.role = ROLE_CLIENT;
	t.facts.arrived_ns = units(800);
	t.facts.paused_ns = units(200);
	COMES_TO(facts_of(&t), [DELAY_GC] = 200, [DELAY_DOWNSTREAM] = 600, [DELAY_ON_CPU] = 100,
		 [DELAY_LOOP_WAIT] = 100);
	/* a collection of its own, for 50 of which it had no CPU */
	t = served((struct clocks){ .off = 650, .waited = 50, .paused = 150 });
	t.facts.role = ROLE_CLIENT;
	t.facts.arrived_ns = units(800);
	t.facts.arrival = (struct arrival){ .waited = 50 };
	t.facts.paused_ns = units(150);
	COMES_TO(facts_of(&t), [DELAY_GC] = 150, [DELAY_CPU_WAIT] = 50, [DELAY_DOWNSTREAM] = 600,
		 [DELAY_ON_CPU] = 100, [DELAY_LOOP_WAIT] = 100);
	/* more than its clocks say, as far as there is time */
	t = served((struct clocks){ .off = 600 });
	t.facts.role = ROLE_CLIENT;
	t.facts.arrived_ns = units(800);
	t.facts.paused_ns = units(900);
	COMES_TO(facts_of(&t), [DELAY_GC] = 300, [DELAY_DOWNSTREAM] = 600, [DELAY_ON_CPU] = 100);
}

TEST(moments_out_of_order_and_clocks_that_lie_never_make_more_than_there_was)
{
	struct told t =
		served((struct clocks){ .off = 5, .waited = 4000000000, .paused = 4000000000 });

	COMES_TO(facts_of(&t), [DELAY_GC] = 1000);
	t = served((struct clocks){});
	t.moments[1].at_ns = units(50);
	COMES_TO(facts_of(&t), [DELAY_ON_CPU] = 1000);
	t.moments[2].at_ns = units(2000);
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 1000);
	t.facts.moment_count = 0;
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 1000);
}

/* 73 minutes are all that a clock holds. */
TEST(clocks_go_around_and_what_took_longer_is_not_told)
{
	struct told t = served((struct clocks){ .off = 100 });

	t.moments[0].clocks.off = (uint32_t)-200;
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 300, [DELAY_ON_CPU] = 700);
	t = served((struct clocks){ .off = 300 });
	t.moments[1].at_ns = t.moments[2].at_ns = t.facts.ended_ns = units(3000000000);
	COMES_TO(facts_of(&t), [DELAY_UNATTRIBUTED] = 2999999900);
}

TEST(the_largest_cause_is_the_main_one)
{
	struct delays delays = {
		.ns = { [DELAY_GC] = 5, [DELAY_ON_CPU] = 6, [DELAY_UNATTRIBUTED] = 6 }
	};

	CHECK(delays_main(&delays) == DELAY_ON_CPU);
	CHECK(str_eq(delay_names[DELAY_CPU_WAIT], STR("cpu_wait")));
	CHECK(str_eq(delay_keys[DELAY_CPU_WAIT], STR("sonde.delay.cpu_wait")));
}
