/* SPDX-License-Identifier: Apache-2.0 */
/* scheduled.c - mirrors user/worker/scheduled.c and headers/wait_bucket.h */
#include "user/worker/scheduled.h"

#include <math.h>

#include "headers/wait_bucket.h"
#include "tests/test.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/base/random.h"
#include "user/config/config.h"
#include "user/model/resource.h"

TEST(a_wait_goes_where_the_histogram_has_it)
{
	struct random random;

	random_seed(&random, 1);
	CHECK(wait_bucket(0) == 0);
	CHECK(WAIT_FIRST + (int)wait_bucket(NS_PER_S) - 1 == -1); /* the bound is in its bucket */
	CHECK(WAIT_FIRST + (int)wait_bucket(NS_PER_S + 1) - 1 == 0);
	CHECK(wait_bucket(953) == 0 && wait_bucket(954) == 1); /* 2^-20 s */
	CHECK(wait_bucket(UINT64_MAX) == WAIT_BUCKETS - 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = (random_next(&random) >> (26 + i % 38)) | 1;
		double steps = log2((double)ns / 1e9) * WAIT_STEPS;
		int bucket = (int)ceil(steps) - WAIT_FIRST;

		/* 2^(n/4) < ns <= 2^((n+1)/4), where a double can tell */
		bucket = bucket < 0 ? 0 : bucket < WAIT_BUCKETS ? bucket : WAIT_BUCKETS - 1;
		CHECK(fabs(steps - round(steps)) < 1e-9 || (int)wait_bucket(ns) == bucket);
	}
}

TEST(waits_are_a_histogram_whose_classic_buckets_are_exact)
{
	static const uint64_t ns[] = {
		0, 1, 900, 953, 954, 3000, 1000000, NS_PER_S, 20 * NS_PER_S
	};
	struct scheduled_totals s = {};
	struct waits waits;
	struct histogram want;

	EACH(i, ns) {
		s.waits[wait_bucket(ns[i])]++;
		s.waited_ns += ns[i];
	}
	waits_histogram(&s, &waits);
	histogram_init(&want, waits.histogram.bounds);
	EACH(i, ns)
		histogram_observe_ns(&want, ns[i]);
	CHECK(waits.histogram.count == ARRAY_SIZE(ns) && waits.histogram.zero_count == 4);
	CHECK(fabs(waits.histogram.sum - want.sum) < 1e-9);
	for (size_t i = 0; i <= want.bounds->count; i++)
		CHECK(waits.histogram.classic[i] == want.classic[i]);
	CHECK(waits.histogram.buckets[0] == 1 && waits.histogram.first == WAIT_FIRST);
	CHECK(waits.histogram.zero_threshold == 0x1p-20);
	histogram_free(&want);
}

/* A map of the kernel half, with a few processes. */
struct fake {
	struct process_id ids[4];
	struct scheduled values[4];
	size_t count;
};

static size_t index_of(const struct fake *f, const struct process_id *id)
{
	size_t i = 0;

	while (i < f->count && memcmp(&f->ids[i], id, sizeof(*id)))
		i++;
	return i;
}

static bool fake_next(void *context, const struct process_id *id, struct process_id *ret)
{
	struct fake *f = context;
	size_t next = id ? index_of(f, id) + 1 : 0;

	if (next >= f->count)
		return false;
	*ret = f->ids[next];
	return true;
}

static bool fake_read(void *context, const struct process_id *id, struct scheduled *ret)
{
	struct fake *f = context;
	size_t i = index_of(f, id);

	if (i == f->count)
		return false;
	*ret = f->values[i];
	return true;
}

static void fake_drop(void *context, const struct process_id *id)
{
	struct fake *f = context;
	size_t i = index_of(f, id);

	if (i == f->count)
		return;
	f->ids[i] = f->ids[--f->count];
	f->values[i] = f->values[f->count];
}

struct rig {
	struct config config;
	struct processes *processes;
	struct fake map;
	int64_t offset_ns;
	struct scheduled_table *table;
	uint64_t now_ns;
	uint64_t waited_ns; /* for "hog" */
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

/* Of process 1, if there is one. */
static bool pair_next(void *context, const struct preempted_key *key, struct preempted_key *ret)
{
	struct rig *rig = context;

	if (key || !rig->waited_ns)
		return false;
	*ret = (struct preempted_key){ .process.tgid = 1, .by.comm = "hog" };
	return true;
}

static bool pair_read(void *context, const struct preempted_key *key, uint64_t *ret)
{
	(void)key;
	*ret = ((struct rig *)context)->waited_ns;
	return true;
}

static void pair_drop(void *context, const struct preempted_key *key)
{
	(void)key;
	((struct rig *)context)->waited_ns = 0;
}

static void rig_work(struct rig *rig, bool succeeds)
{
	rig->processes = processes_new(&rig->config);
	rig->table = scheduled_new(&(struct scheduled_options){ .processes = rig->processes,
								.limit = 10,
								.ended_series_ns = 60 * NS_PER_S,
								.unix_offset_ns = &rig->offset_ns,
								.next = fake_next,
								.read = fake_read,
								.drop = fake_drop,
								.context = &rig->map,
								.succeeds = succeeds,
								.preempted = { .next = pair_next,
									       .read = pair_read,
									       .drop = pair_drop,
									       .context = rig } });
}

static void rig_open(struct rig *rig)
{
	*rig = (struct rig){ .config = { .limit.processes = 10 }, .now_ns = 100 * NS_PER_S };
	rig_work(rig, false);
}

static void rig_close(struct rig *rig)
{
	scheduled_free(rig->table);
	processes_free(rig->processes);
}

static void enter(struct rig *rig, uint32_t tgid, uint64_t waited_ns)
{
	struct fake *f = &rig->map;

	f->ids[f->count] = (struct process_id){ .tgid = tgid };
	f->values[f->count] = (struct scheduled){ .waited_ns = waited_ns };
	f->values[f->count++].waits[wait_bucket(waited_ns)] = 1;
}

struct seen {
	struct metric_sink sink;
	const char *service;
	bool is_delay;
	int samples;
	uint64_t count;
	double sum, hog;
};

static void see_metric(struct metric_sink *sink, const struct metric *metric)
{
	((struct seen *)sink)->is_delay = metric->kind == METRIC_HISTOGRAM;
}

static void see_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct seen *seen = (struct seen *)sink;

	if (sample->attribute_count && str_eq(sample->attributes[0].text, STR("hog")))
		seen->hog = sample->value;
	if (!seen->is_delay || !str_eq(sample->resource->service_name, str_of(seen->service)))
		return;
	seen->samples++;
	seen->count += sample->histogram->count;
	seen->sum += sample->histogram->sum;
}

/* Seconds that the service's tasks have waited; -1: it has no series, or several. */
static double delay_of(struct rig *rig, const char *service)
{
	struct seen seen = { .sink = { see_metric, see_sample }, .service = service };
	struct collector *c = scheduled_collector(rig->table);

	c->collect(c->context, rig->now_ns, &seen.sink);
	return seen.samples == 1 ? round(seen.sum * 1e9) / 1e9 : -1;
}

static double waited_for_hog(struct rig *rig)
{
	struct seen seen = { .sink = { see_metric, see_sample }, .service = "" };
	struct collector *c = scheduled_collector(rig->table);

	c->collect(c->context, rig->now_ns, &seen.sink);
	return seen.hog;
}

TEST(processes_of_an_instance_are_summed_and_stay_so_after_their_end)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	learn(&rig, 2, "event=seen|parent=1|parent_started=0|name=shop|exe=/shop|");
	enter(&rig, 1, NS_PER_S);
	enter(&rig, 2, 2 * NS_PER_S);
	CHECK(delay_of(&rig, "shop") == 3);
	rig.map.values[1].waited_ns += NS_PER_S;
	learn(&rig, 2, "event=exit|");
	CHECK(delay_of(&rig, "shop") == 4 && rig.map.count == 2); /* it may be switched once more */
	rig.map.values[1].waited_ns += NS_PER_S;
	rig.now_ns += NS_PER_S;
	CHECK(delay_of(&rig, "shop") == 5 && rig.map.count == 1);
	CHECK(delay_of(&rig, "shop") == 5);
	rig_close(&rig);
}

TEST(what_is_not_known_waits_for_its_facts_and_not_for_ever)
{
	struct rig rig;

	rig_open(&rig);
	enter(&rig, 1, NS_PER_S);
	enter(&rig, 2, NS_PER_S);
	CHECK(delay_of(&rig, "shop") == -1 && rig.map.count == 2);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	CHECK(delay_of(&rig, "shop") == 1);
	CHECK(scheduled_unknown(rig.table) == 0);
	rig.now_ns += 10 * NS_PER_S;
	CHECK(delay_of(&rig, "shop") == 1 && rig.map.count == 1);
	CHECK(scheduled_unknown(rig.table) == 1);
	rig_close(&rig);
}

TEST(what_another_worker_told_of_is_not_told_again)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	enter(&rig, 1, 3 * NS_PER_S);
	rig.waited_ns = 2 * NS_PER_S;
	CHECK(delay_of(&rig, "shop") == 3 && waited_for_hog(&rig) == 2);
	rig_close(&rig);
	rig_work(&rig, true);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	CHECK(delay_of(&rig, "shop") == 0 && waited_for_hog(&rig) == 0);
	rig.map.values[0].waited_ns += 2 * NS_PER_S;
	rig.waited_ns += NS_PER_S;
	enter(&rig, 2, NS_PER_S); /* since then */
	learn(&rig, 2, "event=seen|parent=1|parent_started=0|name=shop|exe=/shop|");
	CHECK(delay_of(&rig, "shop") == 3 && waited_for_hog(&rig) == 1);
	rig_close(&rig);
}

TEST(another_program_in_a_process_counts_for_itself)
{
	struct rig rig;

	rig_open(&rig);
	enter(&rig, 1, NS_PER_S);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	CHECK(delay_of(&rig, "shop") == 1);
	learn(&rig, 1, "event=exec|name=cart|exe=/cart|");
	CHECK(delay_of(&rig, "cart") == 0);
	rig.map.values[0].waited_ns += 2 * NS_PER_S;
	CHECK(delay_of(&rig, "cart") == 2 && delay_of(&rig, "shop") == 1);
	rig_close(&rig);
}

TEST(series_of_an_instance_that_ended_go_after_their_time)
{
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	enter(&rig, 1, NS_PER_S);
	CHECK(delay_of(&rig, "shop") == 1);
	learn(&rig, 1, "event=exit|");
	rig.now_ns += 59 * NS_PER_S;
	CHECK(delay_of(&rig, "shop") == 1 && !rig.map.count);
	rig.now_ns += NS_PER_S;
	CHECK(delay_of(&rig, "shop") == -1);
	rig_close(&rig);
}

/* As a second of the worker does it, every ten of them. */
TEST(an_instance_that_ended_goes_though_nobody_asks)
{
	const struct process *process;
	const struct resource *resource;
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	enter(&rig, 1, NS_PER_S);
	scheduled_settle(rig.table, rig.now_ns);
	process = processes_find(rig.processes, (struct process_id){ .tgid = 1 });
	resource = resource_ref(process->resource);
	learn(&rig, 1, "event=exit|");
	rig.now_ns += 61 * NS_PER_S;
	CHECK(resource->references == 3);
	scheduled_settle(rig.table, rig.now_ns);
	CHECK(resource->references == 2);
	resource_unref((struct resource *)resource);
	rig_close(&rig);
}

TEST(counts_of_the_map_may_begin_again_at_0)
{
	struct seen seen = { .sink = { see_metric, see_sample }, .service = "shop" };
	struct collector *c;
	struct rig rig;

	rig_open(&rig);
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	enter(&rig, 1, NS_PER_S);
	rig.map.values[0].waits[wait_bucket(NS_PER_S)] = UINT32_MAX;
	CHECK(delay_of(&rig, "shop") == 1);
	rig.map.values[0].waits[wait_bucket(NS_PER_S)] += 2;
	c = scheduled_collector(rig.table);
	c->collect(c->context, rig.now_ns, &seen.sink);
	CHECK(seen.count == UINT32_MAX + 2ULL);
	rig_close(&rig);
}

TEST(who_ran_instead_is_told_of_from_the_first_look_to_the_last)
{
	struct rig rig;

	rig_open(&rig);
	enter(&rig, 1, 4 * NS_PER_S);
	rig.waited_ns = NS_PER_S;
	CHECK(waited_for_hog(&rig) == 0 && rig.waited_ns); /* whose it is comes later */
	learn(&rig, 1, "event=seen|name=shop|exe=/shop|");
	CHECK(waited_for_hog(&rig) == 1 && rig.waited_ns);
	rig.waited_ns += NS_PER_S;
	learn(&rig, 1, "event=exit|");
	rig.now_ns += NS_PER_S;
	CHECK(waited_for_hog(&rig) == 2 && !rig.map.count);
	CHECK(waited_for_hog(&rig) == 2 && !rig.waited_ns);
	rig_close(&rig);
}
