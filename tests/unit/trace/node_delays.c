/* SPDX-License-Identifier: Apache-2.0 */
/* node_delays.c - mirrors user/trace/node_delays.c; no clocks are known, and each thing done in a story takes 1 ms. */
#include "user/trace/node_delays.h"
#include "tests/test.h"
#include "tests/unit/trace/story.h"
#include "user/base/clock.h"

/* How many milliseconds R waited for its calls. */
static uint64_t waited(const char *text)
{
	struct story *s = story_begin();
	uint64_t ns;

	tell(s, text);
	pass(s);
	ns = actor(s, "R")->told.delays.ns[DELAY_DOWNSTREAM];
	return story_end(s) ? ns / NS_PER_MS : UINT64_MAX;
}

TEST(a_request_waits_while_at_least_one_call_runs)
{
	CHECK(waited("1 reads R, rests 5, answers R") == 0);
	CHECK(waited("1 reads R, calls C, rests 5, hears C, answers R") == 7);
	/* one after the other: what is between is not counted */
	CHECK(waited("1 reads R, calls C, hears C, rests 5, calls D, hears D, answers R") == 2);
	/* at the same time: it counts once */
	CHECK(waited("1 reads R, calls C, calls D, hears C, hears D, answers R") == 3);
	/* one within the other */
	CHECK(waited("1 reads R, calls C, calls D, hears D, hears C, answers R") == 3);
	CHECK(waited("1 reads R, calls C, calls D, hears D, calls E, hears E, hears C, answers R") ==
	      5);
	/* begun in the moment in which the one before ended */
	CHECK(waited("1 reads R, calls C, hears C, calls D, hears D, answers R") == 2);
}

TEST(a_request_does_not_wait_after_its_answer)
{
	CHECK(waited("1 reads R(7.1), calls C(7.2), answers R, hears C") == 1);
	CHECK(waited("1 reads R(7.1), calls C(7.2), calls D(7.3), hears C, answers R, hears D") ==
	      3);
}

TEST(only_its_own_calls_are_waited_for)
{
	CHECK(waited("1 reads R; 2 reads Q, calls C, hears C; 1 answers R; 2 answers Q") == 0);
	CHECK(waited("a1 reads R, calls C; b1 reads S of C, calls D, hears D, answers S; a1 hears C, answers R") ==
	      5);
}

/* A thread's clocks by now, in milliseconds; what is not said is 0. */
static struct clocks clocks(unsigned off, unsigned waited)
{
	return (struct clocks){ .off = off * (NS_PER_MS >> CLOCK_UNIT_SHIFT),
				.waited = waited * (NS_PER_MS >> CLOCK_UNIT_SHIFT) };
}

/* Of what thread 1 did for R, and of its call, which thread `caller` made. */
static uint64_t slept_downstream(uint32_t caller)
{
	struct node call = { .role = ROLE_CLIENT,
			     .started_ns = 2 * NS_PER_MS,
			     .ended_ns = 9 * NS_PER_MS };
	struct node server = { .role = ROLE_SERVER, .children = &call };
	struct delays delays;

	call.times = (struct delay_facts){ .moment_count = 2 };
	call.moments[0] = (struct moment){ 2 * NS_PER_MS, caller, clocks(0, 0) };
	call.moments[1] = (struct moment){ 9 * NS_PER_MS, caller, clocks(4, 0) };
	server.times = (struct delay_facts){ .role = ROLE_SERVER,
					     .started_ns = NS_PER_MS,
					     .ended_ns = 10 * NS_PER_MS,
					     .moment_count = EXCHANGE_MOMENTS };
	server.moments[0] = (struct moment){ NS_PER_MS, 1, clocks(0, 0) };
	server.moments[1] = server.moments[2] = (struct moment){ 10 * NS_PER_MS, 1, clocks(5, 0) };
	node_delays(&server, &delays);
	return delays.ns[DELAY_DOWNSTREAM] >> CLOCK_UNIT_SHIFT;
}

TEST(a_call_is_waited_for_while_the_thread_sleeps)
{
	CHECK(slept_downstream(1) == 4 * (NS_PER_MS >> CLOCK_UNIT_SHIFT));
	/* by another thread: that of the request slept for 5 ms meanwhile, whatever the other did */
	CHECK(slept_downstream(2) == 5 * (NS_PER_MS >> CLOCK_UNIT_SHIFT));
}
