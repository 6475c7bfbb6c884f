/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - mirrors user/trace/trace.c: who waits for whom, what is given out, and limits. */
#include "tests/test.h"
#include "tests/unit/trace/story.h"
#include "user/base/clock.h"

TEST(a_record_that_comes_late_hides_nobody)
{
	struct story *s = story_begin();

	tell(s, "2 reads X; 1 rests 300, reads R, sleeps, calls C, hears C, sleeps, answers R");
	/* X ended when nothing more was heard of it, which is told only now */
	s->now_ns -= 299 * NS_PER_MS;
	tell(s, "2 loses X");
	s->now_ns += 299 * NS_PER_MS;
	CHECK(told(s, "", "X R C<R"));
	CHECK(story_end(s));
}

TEST(parents_are_given_out_before_their_children)
{
	struct story *s = story_begin();

	tell(s, "a1 reads R, calls C; b1 reads S of C, answers S; a1 hears C");
	for (int i = 0; i < 10; i++)
		settle(s, 100);
	/* R is being served: the two wait for what they are a part of */
	CHECK(!strcmp(order(s), "") && trace_waiting(s->trace) == 2);
	CHECK(told(s, "a1 answers R", "R C<R S<C"));
	CHECK(!strcmp(order(s), "R C S") && trace_waiting(s->trace) == 0);
	CHECK(hurried(s, "wait") == 0 && hurried(s, "spans") == 0);
	CHECK(story_end(s));
}

TEST(what_nobody_settles_is_given_out_at_the_end)
{
	struct story *s = story_begin();

	tell(s, "a1 reads R, calls C; b1 reads S of C, answers S; a1 hears C, answers R;"
		"a2 reads Q, calls D, hears D, calls E");
	CHECK(!strcmp(said(s), "") && trace_waiting(s->trace) == 4);
	trace_flush(s->trace);
	CHECK(!strcmp(said(s), "R C<R S<C D"));
	trace_flush(s->trace);
	CHECK(story_end(s));
}

TEST(nothing_is_given_out_before_late_records_are_in)
{
	struct story *s = story_begin();

	tell(s, "1 reads R, answers R");
	settle(s, 50);
	CHECK(!strcmp(said(s), ""));
	settle(s, 60);
	CHECK(!strcmp(said(s), "R"));
	CHECK(story_end(s));
}

TEST(a_child_may_end_after_its_parent)
{
	static const struct story_row rows[] = {
		{ "1 reads R(7.1), calls C(7.2), answers R, hears C", "R<(7.1) C<R" },
		{ "1 reads R(7.1), calls C(7.2), answers R, waits, rests 500, hears C",
		  "R<(7.1) C<R" },
		{ "1 reads R, calls C, answers R, waits, loses C", "R C<R" },
		/* without a proof */
		{ "1 reads R, calls C, answers R, waits, hears C", "R C~R" },
		{ "a1 reads R, calls C; b1 reads S of C; a1 loses C, answers R; b1 answers S",
		  "R C<R S<C" },
	};

	CHECK(COME_TRUE(rows));
}

TEST(a_child_that_ends_long_after_its_parent_is_still_its_child)
{
	struct story *s = story_begin();

	CHECK(told(s, "1 reads R(7.1), calls C(7.2), answers R", "R<(7.1)"));
	CHECK(told(s, "1 waits, hears C", "R<(7.1) C<R"));
	CHECK(story_end(s));
}

TEST(a_child_that_began_before_its_parent_has_none)
{
	struct story *s = story_begin();

	tell(s, "1 waits, reads R, calls C, waits");
	actor(s, "C")->x.started_ns = actor(s, "R")->x.started_ns - 10;
	CHECK(told(s, "1 hears C, answers R", "R C"));
	CHECK(story_end(s));
}

TEST(a_process_that_ends_is_not_waited_for)
{
	struct story *s = story_begin();

	tell(s, "a1 reads R, calls C, hears C; b1 reads Q, calls D, hears D");
	pass(s);
	CHECK(!strcmp(said(s), ""));
	/* of R nothing more is heard, Q ends with its process */
	exchanges_process_ended(s->rig.x, actor(s, "R")->x.process, s->now_ns);
	program_ends(s, 'b');
	pass(s);
	CHECK(!strcmp(said(s), "C Q D~Q"));
	CHECK(hurried(s, "wait") == 0);
	CHECK(story_end(s));
}

TEST(the_oldest_is_given_out_when_there_are_too_many_and_is_counted)
{
	struct story *s = story_new();

	s->config.limit.trace_spans = 16;
	story_open(s);
	tell(s, "1 reads R");
	for (int i = 0; i < 40; i++) {
		tell_numbered(s, "1 calls C%, hears C%", i);
		CHECK(trace_waiting(s->trace) == (i < 16 ? (size_t)i + 1 : 16));
	}
	CHECK(hurried(s, "spans") == 24);
	CHECK(!strncmp(order(s), "C0 C1 C2 ", 9));
	tell(s, "1 answers R");
	pass(s);
	/* those that could wait found what they had waited for */
	CHECK(hurried(s, "spans") == 25 && hurried(s, "wait") == 0);
	CHECK(strstr(said(s), "C24 C25<R") && strstr(said(s), "C39<R"));
	CHECK(story_end(s));
}

static void count_one(void *context, const struct traced *traced)
{
	(void)traced;
	++*(size_t *)context;
}

/* Requests that call their own program and answer at once, each the child of the one before. */
static void take_chain(struct trace *t, const struct resource *resource, uint32_t number)
{
	struct span span = { .name = STR("n"), .resource = resource };
	struct process_id own = { .tgid = 1 };
	struct cause cause = {
		.cookie = 2 * number, .number = 1, .waits = (uint16_t)number, .reads = 1
	};
	struct exchange server = { .role = ROLE_SERVER,
				   .process = own,
				   .other = own,
				   .cookie = 2 * number,
				   .answered = true };
	struct exchange client = { .role = ROLE_CLIENT,
				   .process = own,
				   .other = own,
				   .cookie = 2 * number + 1,
				   .answered = true };

	server.asked = (struct activity){ cause, 1, 1 };
	server.answered_by = (struct activity){ cause, 1, 2 };
	server.meeting = (struct meeting){ { number, number }, number };
	server.started_ns = number * NS_PER_MS;
	server.ended_ns = server.started_ns + NS_PER_MS / 2;
	client.asked = server.asked;
	client.meeting = (struct meeting){ { number + 1, number + 1 }, number + 1 };
	client.started_ns = server.started_ns + NS_PER_MS / 4;
	client.ended_ns = server.started_ns + 2 * NS_PER_MS;
	trace_take(t, &server, &(const struct traced){ .span = &span });
	trace_take(t, &client, &(const struct traced){ .span = &span });
	trace_settle(t, server.started_ns);
}

size_t __sanitizer_get_current_allocated_bytes(void);

TEST(a_trace_without_end_needs_no_memory_without_end)
{
	struct story *s = story_begin();
	size_t given = 0, before = 0, after;
	struct trace *t = trace_new(&(const struct trace_options){ .config = &s->config,
								   .random = &s->random,
								   .exchanges = s->rig.x,
								   .emit = count_one,
								   .context = &given });

	for (uint32_t i = 1; i <= 40000; i++) {
		take_chain(t, s->resource, i);
		if (i == 20000)
			before = __sanitizer_get_current_allocated_bytes();
	}
	after = __sanitizer_get_current_allocated_bytes();
	trace_flush(t);
	trace_free(t);
	CHECK(given == 80000 && after < before + 100000);
	CHECK(story_end(s));
}

TEST(children_follow_what_the_sampler_said_of_their_parent)
{
	static const char text[] =
		"a1 reads R, calls C; b1 reads S of C, answers S; a1 hears C, answers R";

	for (int drops = 0; drops < 2; drops++) {
		struct story *s = story_begin();

		s->drops_roots = drops;
		CHECK(told(s, text, "R C<R S<C"));
		CHECK(!actor(s, "R")->told.has_local_parent);
		CHECK(actor(s, "C")->told.has_local_parent && actor(s, "S")->told.has_local_parent);
		CHECK(actor(s, "C")->told.parent_sampled == !drops);
		CHECK(actor(s, "S")->told.parent_sampled == !drops);
		CHECK(story_end(s));
	}
}

static bool is_sampled(struct story *s, const char *name)
{
	return actor(s, name)->told.span->sampled;
}

TEST(a_trace_is_kept_whole_for_what_failed_in_it)
{
	struct story *s = story_begin();

	s->drops_roots = true;
	tell(s,
	     "a1 reads R, calls C; b1 reads S of C, calls D; c1 reads T of D, fails T, answers T;"
	     "b1 hears D, answers S; a1 hears C, calls E, hears E, answers R;"
	     "a1 reads Q, calls F, hears F, answers Q");
	CHECK(told(s, "", "R C<R S<C D<S T<D E<R Q F<Q"));
	for (const char *name = "RCSDTE"; *name; name++)
		CHECK(is_sampled(s, (char[]){ *name, 0 }));
	CHECK(!is_sampled(s, "Q") && !is_sampled(s, "F"));
	CHECK(kept_late(s) == 0);
	CHECK(story_end(s));
}

TEST(what_was_left_out_before_something_failed_is_counted)
{
	struct story *s = story_begin();

	s->drops_roots = true;
	CHECK(told(s, "1 reads R(7.1), calls C(7.2), answers R", "R<(7.1)"));
	CHECK(told(s, "1 fails C, waits, hears C", "R<(7.1) C<R"));
	CHECK(!is_sampled(s, "R") && is_sampled(s, "C"));
	CHECK(kept_late(s) == 1);
	CHECK(story_end(s));
}

TEST(links_lead_to_spans_whose_trace_is_known_later)
{
	struct story *s = story_begin();

	/* R and Q are children of calls; C, which may be of both, could be given out before them */
	tell(s,
	     "b1 calls X, calls Y; a1 reads R of X, waits, reads Q of Y, waits, calls C, waits, hears C");
	settle(s, 90);
	tell(s, "a1 waits, answers R, answers Q");
	settle(s, 20);
	settle(s, 50);
	tell(s, "b1 hears X, hears Y");
	CHECK(told(s, "", "X Y R<X Q<Y C~R~Q"));
	CHECK(story_end(s));
}

TEST(whoever_is_hurried_keeps_links_that_lead_somewhere)
{
	struct story *s = story_begin();

	tell(s,
	     "b1 calls X; a1 reads R of X, waits, calls C, waits, hears C, waits, answers R; b1 hears X");
	trace_flush(s->trace);
	CHECK(!strcmp(said(s), "X R<X C~R"));
	CHECK(story_end(s));
}

TEST(a_deep_tree_is_a_tree)
{
	struct story *s = story_begin();

	tell(s, "1 calls C0");
	for (int i = 0; i < 45; i++) {
		tell_numbered(s, "1 waits, reads R% of C%", i);
		tell_numbered(s, "1 calls C%", i + 1);
	}
	for (int i = 45; i; i--) {
		tell_numbered(s, "1 waits, hears C%", i);
		tell_numbered(s, "1 answers R%", i - 1);
	}
	tell(s, "1 waits, hears C0");
	pass(s);
	for (int i = 0; i < 45; i++)
		CHECK(is_said(s, "R%<C%", i) && is_said(s, "<R%", i));
	CHECK(story_end(s));
}

TEST(a_program_that_calls_nobody_is_not_kept_for_long)
{
	struct story *s = story_begin();

	s->first_turn = 3;
	for (int i = 0; i < 100; i++)
		tell_numbered(s,
			      "1 reads R%, answers R%; b1 calls C%, reads Q%, answers Q%, hears C%",
			      i);
	CHECK(s->not_taken == 36);
	CHECK(story_end(s));
}

TEST(who_connected_and_asked_may_be_known_after_the_answer)
{
	struct story *s = story_begin();

	for (int i = 0; i < 70; i++)
		tell_numbered(s, "b1 reads Q%, answers Q%", i);
	tell(s, "a1 calls C; b1 reads S of C");
	actor(s, "S")->x.other = (struct process_id){};
	tell(s, "b1 answers S; a1 hears C");
	pass(s);
	CHECK(is_said(s, "S<C", 0));
	CHECK(story_end(s));
}

TEST(an_answer_that_is_told_later_than_its_call_still_tells_of_it)
{
	/* In between, the call is old enough to be placed, and the request is not. */
	for (uint64_t ms = 95; ms < 105; ms++) {
		struct story *s = story_begin();

		tell(s, "1 waits, reads R, calls C, waits, hears C, answers R");
		settle(s, ms);
		CHECK(told(s, "", "R C<R"));
		CHECK(story_end(s));
	}
}

TEST(what_was_given_out_is_forgotten_when_there_is_too_much_of_it_and_counted)
{
	struct story *s = story_new();

	s->config.limit.trace_spans = 16;
	story_open(s);
	tell(s, "1 reads R, calls C, answers R");
	pass(s);
	for (int i = 0; i < 9; i++) {
		tell_numbered(s, "b1 calls D%, hears D%", i);
		pass(s);
	}
	CHECK(forgotten(s) == 2);
	/* its parent is forgotten */
	CHECK(told(s, "1 waits, hears C", "R C D0 D1 D2 D3 D4 D5 D6 D7 D8"));
	CHECK(story_end(s));
}

TEST(who_is_below_a_hidden_span_is_the_child_of_the_next_one_above_it)
{
	static const struct story_row rows[] = {
		{ "a1 reads R, calls C; b1 reads S of C, hides S, calls D, hides D;"
		  "c1 reads T of D, answers T; b1 hears D, answers S; a1 hears C, answers R",
		  "R C<R T<C" },
		{ "1 reads R, hides R, calls C, hears C, answers R", "C" },
		/* the span that its header names */
		{ "a1 reads R(7.1), hides R, calls C; b1 reads S of C, answers S; a1 hears C, answers R",
		  "C<(7.1) S<C" },
		/* what could be it and is hidden */
		{ "1 reads R, hides R, waits, reads Q, calls C, waits, hears C, answers R, waits, answers Q",
		  "Q C~Q" },
		/* whose ids the program sends itself */
		{ "a1 reads R(7.1), hides R, calls C(7.2), hides C; b1 reads S(7.2) of C, answers S;"
		  "a1 hears C, answers R",
		  "S<C" },
	};

	CHECK(COME_TRUE(rows));
}

/* A request that is served for longer than calls wait, and what came of `call` by then. */
static bool is_sure(const char *before, const char *call, const char *after)
{
	struct story *s = story_begin();
	bool is;

	tell(s, before);
	tell(s, "a1 rests 10000");
	pass(s);
	is = is_said(s, call, 0);
	tell(s, after);
	return story_end(s) && is;
}

TEST(a_request_that_is_served_still_may_have_made_a_call_that_waited_for_long)
{
	CHECK(is_sure("1 reads R, calls C, hears C, answers R; 2 reads Q", "C<R", "2 answers Q"));
	CHECK(!is_sure("1 reads Q, reads R, calls C, hears C, answers R", "C<R", "1 answers Q"));
	CHECK(!is_sure(
		"1 runs 7, reads Q, waits, reads R, waits, calls C, waits, hears C, waits, answers R",
		"C<R", "1 answers Q"));
	CHECK(!is_sure("1 reads Q(7.1), waits; 2 reads R(7.1), waits;"
		       "1 calls C(7.1), waits, hears C, waits; 2 answers R",
		       "C<R", "1 answers Q"));
}

TEST(a_request_that_had_no_place_may_have_made_the_call)
{
	for (int calls = 1; calls >= 0; calls--) {
		struct story *s = story_begin();

		s->first_turn = 2;
		for (int i = 0; i < 70; i++)
			tell_numbered(s, "1 reads P%, answers P%, waits", i);
		settle(s, 200);
		if (calls)
			tell(s, "1 calls D, hears D, waits");
		tell(s, "1 reads Q, reads R, calls C, answers Q, hears C, answers R");
		pass(s);
		CHECK(!is_said(s, "C<R", 0));
		CHECK(story_end(s));
	}
}

/* Each of many calls that all ran at once, made by timers, and none of them led to an answer. */
static struct story *crowd(void)
{
	enum { CROWD = 250 };
	struct story *s = story_begin();

	for (int i = 0; i < CROWD; i++)
		tell_numbered(s, "1 reads R%, waits", i);
	for (int i = 0; i < CROWD; i++)
		tell_numbered(s, "1 calls C%, waits", i);
	for (int i = 0; i < CROWD; i++)
		tell_numbered(s, "1 hears C%, waits", i);
	for (int i = 0; i < CROWD; i++)
		tell_numbered(s, "1 reads -, answers R%, waits", i);
	return s;
}

TEST(where_very_many_ran_at_once_they_are_looked_at_little_by_little)
{
	struct story *s = crowd();

	settle(s, 150);
	CHECK(trace_waiting(s->trace) > 0);
	settle(s, 20);
	settle(s, 20);
	settle(s, 20);
	CHECK(trace_waiting(s->trace) == 0 && hurried(s, "looks") == 0);
	CHECK(story_end(s));
	s = crowd();
	settle(s, 10000); /* all at once has expired */
	CHECK(trace_waiting(s->trace) == 0 && hurried(s, "looks") > 0);
	CHECK(story_end(s));
}

static void count_orphans(void *context, const struct traced *traced)
{
	*(size_t *)context += traced->span->kind == SPAN_CLIENT && !traced->span->has_parent;
}

/* What a loop serves: its turn `number` reads a request and calls, the next one hears and answers. */
static void take_one_of_loop(struct trace *t, const struct resource *resource, uint32_t number,
			     uint64_t started_ns)
{
	uint64_t request = 10 + 2 * number, call = request + 1;
	struct span serves = { .name = STR("R"), .kind = SPAN_SERVER, .resource = resource };
	struct span calls = { .name = STR("C"), .kind = SPAN_CLIENT, .resource = resource };
	struct cause read = {
		.cookie = request, .number = 1, .waits = (uint16_t)(2 * number), .reads = 1
	};
	struct cause heard = {
		.cookie = call, .number = 2, .waits = (uint16_t)(2 * number + 1), .reads = 1
	};
	struct exchange server = { .role = ROLE_SERVER,
				   .process.tgid = 1,
				   .cookie = request,
				   .answered = true,
				   .asked = { read, started_ns, 1, 1 },
				   .answered_by = { heard, started_ns + NS_PER_MS, 1, 2 },
				   .started_ns = started_ns,
				   .ended_ns = started_ns + NS_PER_MS };
	struct exchange client = { .role = ROLE_CLIENT,
				   .process.tgid = 1,
				   .cookie = call,
				   .answered = true,
				   .asked = { read, started_ns, 1, 1 },
				   .answered_by = { heard, started_ns + NS_PER_MS, 1, 2 },
				   .started_ns = started_ns + NS_PER_MS / 4,
				   .ended_ns = started_ns + NS_PER_MS * 3 / 4 };

	trace_take(t, &client, &(const struct traced){ .span = &calls });
	trace_take(t, &server, &(const struct traced){ .span = &serves });
}

/*
 * So many requests a second of one program with calls, beside a slow one: how many calls have no
 * parent, or were not looked for since that would have taken too long.
 */
static size_t orphans_of(uint32_t a_second, bool beside_slow, unsigned int *ret_hurried)
{
	struct story *s = story_new();
	size_t orphans = 0;

	s->config.limit.trace_spans = 16384;
	story_open(s);
	trace_free(s->trace);
	s->trace = trace_new(&(const struct trace_options){ .config = &s->config,
							    .random = &s->random,
							    .exchanges = s->rig.x,
							    .emit = count_orphans,
							    .context = &orphans });
	if (beside_slow)
		tell(s, "a1 reads SLOW");
	for (uint32_t i = 0; i < 2 * a_second; i++) {
		s->now_ns += NS_PER_S / a_second;
		take_one_of_loop(s->trace, s->resource, i, s->now_ns - NS_PER_MS);
		if (i % (a_second / 50) == 0)
			settle(s, 0);
	}
	orphans += hurried(s, "looks");
	*ret_hurried = hurried(s, "spans");
	story_end(s);
	return orphans;
}

TEST(calls_of_a_busy_program_find_their_parents)
{
	unsigned int hurried;

	CHECK(orphans_of(20000, false, &hurried) == 0 && hurried == 0);
}

TEST(calls_beside_a_slow_request_find_their_parents_though_they_cannot_wait_for_it)
{
	unsigned int hurried;

	CHECK(orphans_of(10000, true, &hurried) == 0 && hurried > 0);
}
