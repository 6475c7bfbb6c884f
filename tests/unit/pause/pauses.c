/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.c - mirrors user/pause/pauses.c. */
#include "tests/test.h"
#include "tests/unit/pause/pausing.h"

#define COUNT	  "sonde_pause_seconds_count"
#define SUM	  "sonde_pause_seconds_sum"
#define REFUSED	  "sonde_pauses_refused_total"
#define FORGOTTEN "sonde_pauses_forgotten_total"

static void feed(struct pausing *t, const struct record_pause *record)
{
	pauses_take(t->pauses, record);
}

static void pause_for(struct pausing *t, uint32_t tgid, uint16_t kind, uint64_t length_ns)
{
	const struct record_pause record = pause_of(t, QUIET, tgid, kind, length_ns);

	feed(t, &record);
	t->now_ns += NS_PER_MS;
}

TEST(pauses_are_counted_by_instance_runtime_and_kind)
{
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	pausing_learn(&t, 1, "shop");
	pausing_learn(&t, 2, "bank");
	for (int i = 0; i < 3; i++)
		pause_for(&t, 1, 1, 2 * NS_PER_MS);
	pause_for(&t, 1, 2, 50 * NS_PER_MS);
	pause_for(&t, 2, 1, 7);
	CHECK(VALUE(&t, COUNT, "job=\"shop\"", "runtime=\"quiet\"", "kind=\"short\"") == 3);
	CHECK(VALUE(&t, SUM, "job=\"shop\"", "kind=\"short\"") == 0.006);
	CHECK(VALUE(&t, SUM, "job=\"shop\"", "kind=\"long\"") == 0.05);
	CHECK(VALUE(&t, SUM, "job=\"bank\"") == 7e-9);
	CHECK(VALUE(&t, "sonde_pause_seconds_bucket", "job=\"shop\"", "kind=\"short\"",
		    "le=\"0.001\"") == 0);
	CHECK(VALUE(&t, "sonde_pause_seconds_bucket", "job=\"shop\"", "kind=\"short\"",
		    "le=\"0.003\"") == 3);
	pausing_end(&t);
}

TEST(pauses_of_nobody_known_are_the_unknown_services)
{
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	pause_for(&t, 9, 1, 1);
	CHECK(VALUE(&t, COUNT, "job=\"unknown_service\"") == 1);
	pausing_end(&t);
}

TEST(the_conventions_histogram_of_a_runtime_is_moved_as_well)
{
	struct record_pause record;
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	record = pause_of(&t, LOUD, 1, 1, NS_PER_MS);
	memcpy(record.text, "bang", 5);
	feed(&t, &record);
	CHECK(VALUE(&t, "loud_gc_duration_seconds_count", "loud_gc_text=\"bang\"") == 1);
	CHECK(VALUE(&t, "loud_gc_duration_seconds_sum") == 0.001);
	CHECK(VALUE(&t, COUNT, "runtime=\"loud\"", "kind=\"gc\"") == 1);
	CHECK(!LINES(&t, COUNT, "loud_gc_text"));
	pausing_end(&t);
}

TEST(what_a_runtime_does_not_call_a_pause_is_not_counted)
{
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	pause_for(&t, 1, 0, 1);
	CHECK(!LINES(&t, COUNT));
	for (int i = 0; i < 3; i++)
		CHECK(VALUE(&t, REFUSED,
			    ((const char *const[]){ "runtime", "undescribed", "times" })[i]) == 0);
	CHECK(VALUE(&t, FORGOTTEN, "hurried") == 0 && VALUE(&t, FORGOTTEN, "processes") == 0);
	pausing_end(&t);
}

TEST(records_that_cannot_be_are_counted_by_reason)
{
	static const struct {
		const char *reason;
		uint16_t runtime;
		uint64_t began_ns, ended_ns;
	} rows[] = {
		{ "runtime", MUTE + 1, 1, 2 },
		{ "runtime", UINT16_MAX, 1, 2 },
		{ "undescribed", MUTE, 1, 2 },
		{ "times", QUIET, 2, 1 },
		{ "times", QUIET, 0, 1 },
		{ "times", QUIET, UINT64_MAX, 1 },
		{ "times", QUIET, 1, 3600 * NS_PER_S + 2 },
		{ NULL, QUIET, 1, 3600 * NS_PER_S + 1 },
		{ NULL, QUIET, 1, 1 },
	};

	EACH(i, rows) {
		struct pausing t;
		struct record_pause record;
		bool good = !rows[i].reason;

		pausing_begin(&t, FLAGS("--watch.all"));
		record = pause_of(&t, rows[i].runtime, 1, 1, 0);
		record.began_ns = rows[i].began_ns;
		record.head.at_ns = rows[i].ended_ns;
		feed(&t, &record);
		CHECK(LINES(&t, COUNT) == good);
		CHECK(good || VALUE(&t, REFUSED, rows[i].reason) == 1);
		pausing_end(&t);
	}
}

TEST(series_of_pauses_have_the_limits_of_all_series)
{
	struct pausing t;

	pausing_begin(&t, FLAGS("--limit.series=1", "--limit.ended-series=10s"));
	pausing_learn(&t, 1, "shop");
	pause_for(&t, 1, 1, NS_PER_MS);
	pause_for(&t, 1, 2, NS_PER_MS);
	CHECK(VALUE(&t, COUNT, "otel_metric_overflow=\"true\"") == 1);
	CHECK(LINES(&t, COUNT, "job=\"shop\"") == 2);
	pausing_learn(&t, 1, NULL);
	t.now_ns += 11 * NS_PER_S;
	CHECK(!LINES(&t, COUNT));
	pausing_end(&t);
}

struct found {
	size_t count;
	uint64_t began_ns[8];
};

static void find(void *context, const struct seen_pause *pause)
{
	struct found *f = context;

	f->began_ns[f->count++] = pause->began_ns;
}

TEST(pauses_between_are_those_that_overlap_and_of_the_threads_or_of_all)
{
	static const struct {
		uint32_t thread;
		uint64_t began_ns, ended_ns;
		bool found;
	} rows[] = {
		{ 0, 90, 100, false },	{ 0, 90, 101, true },	{ 0, 150, 160, true },
		{ 0, 90, 300, true },	{ 0, 199, 250, true },	{ 0, 200, 250, false },
		{ 11, 150, 160, true }, { 12, 150, 160, true }, { 13, 150, 160, false },
	};

	EACH(i, rows) {
		struct pausing t;
		struct found f = {};
		struct record_pause record;

		pausing_begin(&t, FLAGS("--watch.all"));
		record = pause_of(&t, QUIET, 1, 1, 0);
		record.thread = rows[i].thread;
		record.began_ns = rows[i].began_ns;
		record.head.at_ns = rows[i].ended_ns;
		feed(&t, &record);
		pauses_between(t.pauses, record.head.process, (const uint32_t[]){ 11, 12 }, 100,
			       200, find, &f);
		CHECK(f.count == rows[i].found);
		CHECK(!f.count || f.began_ns[0] == rows[i].began_ns);
		pausing_end(&t);
	}
}

TEST(the_time_that_collections_took_counts_once_and_other_pauses_do_not)
{
	static const struct {
		uint16_t runtime; /* the quiet one's are collections */
		uint32_t thread;
		uint64_t began_ns, ended_ns;
	} told[] = {
		{ QUIET, 0, 90, 110 },	 { QUIET, 11, 120, 140 }, { QUIET, 0, 130, 150 },
		{ QUIET, 12, 160, 170 }, { LOUD, 0, 160, 170 },	  { QUIET, 0, 190, 230 },
	};
	static const struct {
		uint32_t thread;
		uint64_t from_ns, to_ns, sum_ns;
	} rows[] = {
		{ 11, 100, 200, 10 + 30 + 10 },
		{ 12, 100, 200, 10 + 20 + 10 + 10 },
		{ 11, 135, 145, 10 },
		{ 11, 150, 190, 0 },
		{ 11, 100, 100, 0 },
	};
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	EACH(i, told) {
		struct record_pause record = pause_of(&t, told[i].runtime, 1, 1, 0);

		record.thread = told[i].thread;
		record.began_ns = told[i].began_ns;
		record.head.at_ns = told[i].ended_ns;
		feed(&t, &record);
	}
	EACH(i, rows)
		CHECK(pauses_collecting(t.pauses, (struct process_id){ .tgid = 1 }, rows[i].thread,
					rows[i].from_ns, rows[i].to_ns) == rows[i].sum_ns);
	pausing_end(&t);
}
