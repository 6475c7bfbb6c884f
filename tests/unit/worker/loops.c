/* SPDX-License-Identifier: Apache-2.0 */
/* loops.c - mirrors user/worker/loops.c, loop_tally.c, loop_row.c and headers/loop_sampler.h */
#include "user/worker/loops.h"

#include <math.h>

#include "headers/loop_sampler.h"
#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/random.h"
#include "user/config/config.h"
#include "user/worker/loop_tally.h"

#define MS    NS_PER_MS
#define START (1000 * NS_PER_S)

TEST(a_delay_goes_where_the_histogram_has_it)
{
	struct random random;

	random_seed(&random, 1);
	CHECK(loop_bucket(0) == 0 && loop_bucket(LOOP_LEAST_NS) == 0);
	CHECK(loop_bucket(LOOP_LEAST_NS + 1) == 1);
	CHECK(LOOP_FIRST + (int)loop_bucket(NS_PER_S) - 1 == -1); /* the bound is in its bucket */
	CHECK(LOOP_FIRST + (int)loop_bucket(NS_PER_S + 1) - 1 == 0);
	CHECK(loop_bucket(UINT64_MAX) == LOOP_BUCKETS - 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = LOOP_LEAST_NS + 1 + random_next(&random) % (NS_PER_S << i % 6);
		double steps = log2((double)ns / 1e9) * LOOP_STEPS;

		CHECK(fabs(steps - round(steps)) < 1e-9 ||
		      LOOP_FIRST + (int)loop_bucket(ns) - 1 == (int)ceil(steps) - 1);
	}
}

/* A loop that began at START, as hooks would tell of it. */
static struct loop_cell loop_at_start(void)
{
	return (struct loop_cell){ .thread = 7,
				   .process.tgid = 7,
				   .since_ns = START,
				   .fired_ns = START,
				   .due_ns = START + 10 * MS };
}

static void sleeps(struct loop_cell *cell, uint64_t at_ns)
{
	cell->sleeps++;
	cell->slept_ns = at_ns;
	cell->woke_ns = 0;
	cell->idle_ns = LOOP_SLEEPS | (at_ns - cell->idle_ns);
}

static void wakes(struct loop_cell *cell, uint64_t at_ns)
{
	cell->woke_ns = at_ns;
	cell->idle_ns = at_ns - (cell->idle_ns & ~LOOP_SLEEPS);
}

static void enters(struct loop_cell *cell, uint64_t waited_ns, uint64_t at_ns)
{
	cell->entries++;
	loop_rested(cell, waited_ns);
	loop_turned(cell, at_ns);
}

static uint64_t fired(const struct loop_cell *cell)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LOOP_BUCKETS; i++)
		sum += cell->counts[i];
	return sum;
}

TEST(while_a_loop_sleeps_the_timer_fires_in_time)
{
	struct loop_cell cell = loop_at_start();

	sleeps(&cell, START);
	CHECK(loop_asleep(&cell, START + 9 * MS) == 0);
	CHECK(loop_asleep(&cell, START + 95 * MS) == 9);
	wakes(&cell, START + 95 * MS);
	CHECK(loop_asleep(&cell, START + 200 * MS) == 9); /* no turn has ended yet */
	enters(&cell, 0, START + 96 * MS);
	CHECK(fired(&cell) == 9 && cell.counts[0] == 9);
	CHECK(cell.late_ns == 0 && cell.early_ns == 0 && cell.least_ns == 10 * MS);
	CHECK(cell.due_ns == START + 100 * MS && loop_asleep(&cell, START + 300 * MS) == 0);
}

TEST(due_in_a_turn_it_fires_at_the_turns_end)
{
	struct loop_cell cell = loop_at_start();

	enters(&cell, 0, START + 4 * MS);
	CHECK(fired(&cell) == 0);
	enters(&cell, 0, START + 54 * MS + 1000);
	CHECK(fired(&cell) == 1 && cell.late_ns == 44 * MS + 1000);
	CHECK(cell.most_ns == 54 * MS + 1000);
	CHECK(cell.due_ns == START + 64 * MS); /* libuv's clock has whole milliseconds */
}

TEST(due_while_the_thread_waited_for_a_cpu_it_fires_behind_the_turn)
{
	struct loop_cell cell = loop_at_start();

	sleeps(&cell, START);
	wakes(&cell, START + 12 * MS);
	enters(&cell, 5 * MS, START + 15 * MS); /* it could run at 7 ms */
	CHECK(fired(&cell) == 1 && cell.late_ns == 5 * MS);
}

TEST(due_at_the_wake_up_it_fires_behind_the_work_and_is_set_by_the_clock_of_before)
{
	struct loop_cell cell = loop_at_start();

	sleeps(&cell, START);
	wakes(&cell, START + 10 * MS + 100000);
	enters(&cell, 0, START + 20 * MS + 100000);
	CHECK(fired(&cell) == 1 && cell.late_ns == 10 * MS + 100000);
	CHECK(cell.due_ns == START + 20 * MS);
	enters(&cell, 0, START + 20 * MS + 120000);
	CHECK(fired(&cell) == 2 && cell.least_ns == 20000 && cell.counts[0] == 1);
}

TEST(active_and_idle_are_all_the_time_there_is)
{
	struct loop_cell cell = loop_at_start();
	struct loop_tally tally = {};
	struct loop_seen seen = {};
	uint64_t now_ns = START;

	for (uint64_t i = 0; i < 100; i++) {
		now_ns += i * MS / 3;
		if (i % 2)
			sleeps(&cell, now_ns);
		else if (i)
			wakes(&cell, now_ns);
		loop_tally_grow(&tally, &seen, &cell, now_ns + i, true);
		CHECK(tally.active_ns + tally.idle_ns == now_ns + i - START);
	}
	CHECK(tally.idle_ns > NS_PER_S / 2 && tally.active_ns > NS_PER_S / 2);
}

TEST(numbers_of_a_cell_may_wrap_around)
{
	struct loop_cell cell = loop_at_start();
	struct loop_tally tally = {};
	struct loop_seen seen = { .counts = { [5] = UINT32_MAX } };

	cell.counts[5] = 2;
	loop_tally_grow(&tally, &seen, &cell, START, true);
	CHECK(tally.counts[5] == 3);
}

TEST(gauges_are_what_a_histogram_of_the_runtime_would_say)
{
	struct loop_tally tally = { .active_ns = 1, .idle_ns = 3 };
	struct loop_gauges gauges;

	for (uint64_t i = 1; i <= 1000; i++) { /* 10.05 ms to 60 ms */
		uint64_t late_ns = i * 50000;

		tally.counts[loop_bucket(late_ns)]++;
		tally.late_ns += late_ns;
		tally.squares += (late_ns >> LOOP_SQUARE_SHIFT) * (late_ns >> LOOP_SQUARE_SHIFT);
	}
	loop_gauges(&tally, 10050000, 60 * MS, &gauges);
	CHECK(gauges.utilization == 0.25 && gauges.count == 1000);
	CHECK(gauges.least == 0.01005 && gauges.most == 0.06);
	CHECK(fabs(gauges.mean - 0.035025) < 1e-9 && fabs(gauges.deviation - 0.014434) < 1e-5);
	CHECK(fabs(gauges.p50 - 0.035) < 0.0005 && fabs(gauges.p90 - 0.055) < 0.0005);
	CHECK(fabs(gauges.p99 - 0.0595) < 0.001); /* its bucket ends at 62.5 ms */
}

TEST(delays_are_a_histogram_whose_classic_buckets_are_exact)
{
	static const uint64_t ns[] = { 0,	20000,	  61035,	61036,	     3 * MS,
				       50 * MS, NS_PER_S, NS_PER_S + 1, 9 * NS_PER_S };
	struct loop_tally tally = {};
	struct loop_delays delays;
	struct histogram want;

	histogram_init(&want, &loop_bounds);
	EACH(i, ns) {
		tally.counts[loop_bucket(ns[i])]++;
		histogram_observe_ns(&want, ns[i]);
	}
	loop_delays(&tally, &delays);
	CHECK(delays.histogram.count == ARRAY_SIZE(ns) && delays.histogram.zero_count == 1);
	CHECK(delays.histogram.zero_threshold == exp2((double)LOOP_FIRST / LOOP_STEPS));
	for (size_t i = 0; i <= loop_bounds.count; i++)
		CHECK(delays.classic[i] == want.classic[i]);
	histogram_free(&want);
}

enum { CELLS = 4 };

struct rig {
	struct config config;
	struct processes *processes;
	struct loop_cell cells[CELLS];
	int64_t offset_ns;
	struct loops *loops;
	uint64_t now_ns;
};

static void learn(struct rig *rig, uint32_t tgid, const char *text)
{
	size_t len = strlen(text), size = sizeof(struct record_process) + len;
	struct record_process *record = calloc(1, size);

	record->head = (struct record){ .type = RECORD_PROCESS,
					.size = (uint32_t)size,
					.at_ns = rig->now_ns,
					.process.tgid = tgid };
	for (size_t i = 0; i < len; i++)
		record->payload[i] = text[i] == '|' ? 0 : (uint8_t)text[i];
	if (processes_learn(rig->processes, record))
		abort();
	free(record);
}

static void rig_work(struct rig *rig, uint64_t told_ns)
{
	rig->processes = processes_new(&rig->config);
	rig->loops = loops_new(&(struct loops_options){ .processes = rig->processes,
							.cells = rig->cells,
							.limit = CELLS,
							.ended_series_ns = 60 * NS_PER_S,
							.unix_offset_ns = &rig->offset_ns,
							.told_ns = told_ns });
}

static void rig_open(struct rig *rig)
{
	*rig = (struct rig){ .config = { .limit.processes = 10 }, .now_ns = START };
	rig_work(rig, 0);
}

static void rig_close(struct rig *rig)
{
	loops_free(rig->loops);
	processes_free(rig->processes);
}

struct seen {
	struct metric_sink sink;
	const char *metric, *service, *loop, *state;
	bool here;
	int samples;
	double value;
};

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	struct seen *seen = (struct seen *)sink;

	seen->here = !strcmp(metric->name, seen->metric);
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct seen *seen = (struct seen *)sink;

	if (!seen->here || !str_eq(sample->resource->service_name, str_of(seen->service)) ||
	    !str_eq(sample->attributes[0].text, str_of(seen->loop)) ||
	    (seen->state && !str_eq(sample->attributes[1].text, str_of(seen->state))))
		return;
	seen->samples++;
	seen->value = sample->histogram ? (double)sample->histogram->count : sample->value;
}

/* The value of the one sample of that kind; -1: there is none, or there are several. */
static double value_of(struct rig *rig, const char *metric, const char *service, const char *loop,
		       const char *state)
{
	struct seen seen = { .sink = { see_metric, see_sample },
			     .metric = metric,
			     .service = service,
			     .loop = loop,
			     .state = state };
	struct collector *c = loops_collector(rig->loops);

	c->collect(c->context, rig->now_ns, &seen.sink);
	return seen.samples == 1 ? seen.value : -1;
}

TEST(loops_of_a_process_are_told_apart_by_whether_they_are_its_first_threads)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/shop|");
	for (uint32_t i = 0; i < 3; i++) {
		rig.cells[i] = loop_at_start();
		rig.cells[i].thread = 7 + i;
		rig.cells[i].entries = 1;
		sleeps(&rig.cells[i], START + i * NS_PER_S);
	}
	rig.now_ns += 4 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == 1);
	CHECK(value_of(&rig, "sonde.loops", "shop", "thread", NULL) == 2);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "thread", "idle") == 5);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "thread", "active") == 3);
	CHECK(value_of(&rig, "sonde.loop.utilization", "shop", "main", NULL) == 0);
	CHECK(value_of(&rig, "nodejs.eventloop.utilization", "shop", "main", NULL) == -1);
	rig_close(&rig);
}

TEST(of_nodes_threads_only_those_that_look_before_they_wait_are_loops)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/node|language=nodejs|");
	for (uint32_t i = 0; i < 3; i++) {
		rig.cells[i] = loop_at_start();
		rig.cells[i].thread = 7 + i;
		rig.cells[i].sleeps = 10;
		rig.cells[i].entries = i == 1 ? 10 : 20;
	}
	rig.now_ns += NS_PER_S;
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == 1);
	CHECK(value_of(&rig, "sonde.loops", "shop", "thread", NULL) == 1);
	CHECK(value_of(&rig, "nodejs.eventloop.time", "shop", "main", "active") == 1);
	rig_close(&rig);
}

TEST(gauges_are_of_the_time_since_they_were_asked_for_and_a_second_asker_gets_the_same)
{
	const char *mean = "nodejs.eventloop.delay.mean", *most = "nodejs.eventloop.delay.max";
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/node|language=nodejs|");
	rig.cells[0] = loop_at_start();
	enters(&rig.cells[0], 0, START + 30 * MS);
	rig.now_ns += 2 * NS_PER_S;
	CHECK(fabs(value_of(&rig, mean, "shop", "main", NULL) - 0.03) < 1e-9);
	enters(&rig.cells[0], 0, START + 80 * MS);
	rig.now_ns += NS_PER_S / 2;
	CHECK(fabs(value_of(&rig, mean, "shop", "main", NULL) - 0.03) < 1e-9);
	rig.now_ns += NS_PER_S;
	CHECK(fabs(value_of(&rig, mean, "shop", "main", NULL) - 0.05) < 1e-9);
	CHECK(value_of(&rig, most, "shop", "main", NULL) == 0.05);
	rig.now_ns += NS_PER_S; /* nothing fired: the loop is stuck, or just not back */
	CHECK(value_of(&rig, mean, "shop", "main", NULL) == -1);
	CHECK(value_of(&rig, "nodejs.eventloop.utilization", "shop", "main", NULL) == 1);
	rig_close(&rig);
}

TEST(without_entries_nothing_is_said_of_delays)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/node|language=nodejs|");
	rig.cells[0] = loop_at_start();
	rig.cells[0].sleeps = 2;
	rig.cells[0].counts[100] = 9;
	rig.now_ns += 2 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.delay", "shop", "main", NULL) == -1);
	CHECK(value_of(&rig, "sonde.loop.utilization", "shop", "main", NULL) == 1);
	rig.cells[0].entries = 1;
	CHECK(value_of(&rig, "sonde.loop.delay", "shop", "main", NULL) == 9);
	rig_close(&rig);
}

TEST(cells_of_what_ended_and_of_what_nobody_knows_are_given_back)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/shop|");
	for (uint32_t i = 0; i < 2; i++) {
		rig.cells[i] = loop_at_start();
		rig.cells[i].entries = 1;
		rig.cells[i].thread = 7 + i;
	}
	rig.cells[1].ended_ns = START + NS_PER_S;
	rig.cells[2] = loop_at_start();
	rig.cells[2].process.tgid = 99;
	rig.now_ns += 2 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "thread", "active") == 1);
	CHECK(!rig.cells[1].thread && !rig.cells[1].entries && rig.cells[2].thread);
	CHECK(loops_unknown(rig.loops) == 0);
	learn(&rig, 7, "event=exit|");
	rig.now_ns += 10 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 12);
	CHECK(!rig.cells[0].thread && !rig.cells[2].thread);
	CHECK(loops_unknown(rig.loops) == 1);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 12);
	rig.now_ns += 60 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == -1);
	rig_close(&rig);
}

TEST(a_loop_that_ended_before_the_first_worker_is_nobodys_loss)
{
	struct rig rig;

	rig_open(&rig);
	rig_close(&rig);
	rig.cells[0] = loop_at_start();
	rig.cells[0].ended_ns = START;
	rig_work(&rig, 0);
	CHECK(!rig.cells[0].thread);
	rig.now_ns += 11 * NS_PER_S;
	loops_settle(rig.loops, rig.now_ns);
	CHECK(loops_unknown(rig.loops) == 0);
	rig_close(&rig);
}

TEST(another_program_in_a_process_has_a_loop_of_its_own)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/shop|");
	rig.cells[0] = loop_at_start();
	rig.cells[0].entries = 1;
	rig.now_ns += NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 1);
	rig.now_ns += 2 * NS_PER_S;
	learn(&rig, 7, "event=exec|name=cart|exe=/cart|");
	CHECK(value_of(&rig, "sonde.loop.time", "cart", "main", "active") == 0);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 3);
	CHECK(value_of(&rig, "sonde.loops", "cart", "main", NULL) == 1);
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == 0);
	rig_close(&rig);
}

/* Its cell ends where the process calls another program, of which it never was one. */
TEST(a_loop_that_ended_stays_with_its_program)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/shop|");
	rig.cells[0] = loop_at_start();
	rig.cells[0].entries = 1;
	rig.now_ns += NS_PER_S;
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == 1);
	rig.cells[0].ended_ns = START + 2 * NS_PER_S;
	learn(&rig, 7, "event=exec|name=cart|exe=/cart|");
	rig.now_ns += 2 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 2);
	CHECK(value_of(&rig, "sonde.loop.time", "cart", "main", "active") == -1);
	CHECK(!rig.cells[0].thread);
	rig_close(&rig);
}

TEST(what_another_worker_told_of_is_not_told_again)
{
	const char *most = "nodejs.eventloop.delay.max";
	struct rig rig;

	rig_open(&rig);
	rig_close(&rig);
	rig.cells[0] = loop_at_start();
	rig.cells[0].process.tgid = 7;
	enters(&rig.cells[0], 0, START + NS_PER_S);
	sleeps(&rig.cells[0], START + NS_PER_S);
	rig.now_ns += 4 * NS_PER_S;
	rig_work(&rig, rig.now_ns);
	learn(&rig, 7, "event=seen|name=shop|exe=/node|language=nodejs|");
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 0);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "idle") == 0);
	CHECK(value_of(&rig, "sonde.loop.delay", "shop", "main", NULL) == -1);
	wakes(&rig.cells[0], START + 6 * NS_PER_S);
	enters(&rig.cells[0], 0, START + 6 * NS_PER_S);
	enters(&rig.cells[0], 0, START + 6 * NS_PER_S + 30 * MS);
	rig.now_ns += 4 * NS_PER_S;
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "idle") == 2);
	CHECK(value_of(&rig, "sonde.loop.time", "shop", "main", "active") == 2);
	CHECK(value_of(&rig, most, "shop", "main", NULL) < 0.1);
	rig_close(&rig);
}

TEST(a_cell_that_is_being_written_is_left_for_later)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 7, "event=seen|name=shop|exe=/shop|");
	rig.cells[0] = loop_at_start();
	rig.cells[0].entries = rig.cells[0].version = 1;
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == -1);
	rig.cells[0].version = 2;
	CHECK(value_of(&rig, "sonde.loops", "shop", "main", NULL) == 1);
	rig_close(&rig);
}
