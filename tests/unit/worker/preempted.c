/* SPDX-License-Identifier: Apache-2.0 */
/* preempted.c - mirrors user/worker/preempted.c */
#include "user/worker/preempted.h"

#include "tests/test.h"
#include "user/base/mem.h"

/* A map of the kernel half: of two processes, of which the second is nobody's. */
struct fake {
	struct preempted_key keys[32];
	uint64_t values[32];
	size_t count, dropped;
	bool is_unknown; /* the first */
	struct preempted_row row;
	struct preempted *table;
};

static size_t index_of(const struct fake *f, const struct preempted_key *key)
{
	size_t i = 0;

	while (i < f->count && memcmp(&f->keys[i], key, sizeof(*key)))
		i++;
	return i;
}

static bool fake_next(void *context, const struct preempted_key *key, struct preempted_key *ret)
{
	struct fake *f = context;
	size_t next = key ? index_of(f, key) + 1 : 0;

	if (next >= f->count)
		return false;
	*ret = f->keys[next];
	return true;
}

static bool fake_read(void *context, const struct preempted_key *key, uint64_t *ret)
{
	struct fake *f = context;

	*ret = f->values[index_of(f, key)];
	return true;
}

static void fake_drop(void *context, const struct preempted_key *key)
{
	(void)key;
	((struct fake *)context)->dropped++;
}

static bool fake_row(void *owner, const struct process_id *process, struct preempted_row **ret)
{
	struct fake *f = owner;

	if (process->tgid != 2)
		*ret = f->is_unknown ? NULL : &f->row;
	return process->tgid != 2;
}

static void fake_work(struct fake *f, bool succeeds)
{
	f->table = preempted_new(&(struct preempted_options){ .next = fake_next,
							      .read = fake_read,
							      .drop = fake_drop,
							      .context = f,
							      .row = fake_row,
							      .owner = f,
							      .succeeds = succeeds });
}

static void fake_begin(struct fake *f)
{
	*f = (struct fake){};
	fake_work(f, false);
}

static uint64_t *put(struct fake *f, uint32_t tgid, const char *comm, uint64_t ns)
{
	f->keys[f->count].process.tgid = tgid;
	snprintf(f->keys[f->count].by.comm, COMM_BYTES, "%s", comm);
	f->values[f->count] = ns;
	return &f->values[f->count++];
}

struct told {
	struct metric_sink sink;
	double sum, rest;
	size_t count;
};

static void on_sample(struct metric_sink *sink, const struct sample *sample)
{
	struct told *t = (struct told *)sink;

	t->count++;
	t->sum += sample->value;
	if (str_eq(sample->attributes[0].text, STR("other")))
		t->rest = sample->value;
}

static struct told give(struct fake *f, uint64_t total_ns)
{
	struct told t = { .sink.sample = on_sample };

	preempted_look(f->table);
	preempted_give(&f->row, NULL, total_ns, 0, &t.sink);
	return t;
}

TEST(who_ran_is_named_and_the_rest_makes_the_sum_exact)
{
	struct fake f;
	struct told t;

	fake_begin(&f);
	put(&f, 1, "hog", 3000000000);
	put(&f, 1, "kernel", 1000000000);
	put(&f, 1, "small", 1000000); /* less than a hundredth */
	t = give(&f, 5000000000);
	CHECK(t.count == 3 && t.sum == 5 && t.rest == 1);
	preempted_free(f.table);
}

TEST(what_a_name_had_before_it_was_told_of_stays_with_the_rest)
{
	struct fake f;
	struct told t;
	uint64_t *late;

	fake_begin(&f);
	put(&f, 1, "hog", 3000000000);
	late = put(&f, 1, "late", 1000000);
	t = give(&f, 4000000000);
	CHECK(t.count == 2 && t.rest == 1);
	*late += 500000000;
	t = give(&f, 4500000000);
	CHECK(t.count == 3 && t.rest == 1 && t.sum == 4.5);
	preempted_free(f.table);
}

TEST(there_are_ten_names_and_no_more)
{
	struct fake f;
	struct told t;
	char name[COMM_BYTES];

	fake_begin(&f);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "hog%d", i);
		put(&f, 1, name, 1000000000);
	}
	t = give(&f, 20000000000);
	CHECK(t.count == PREEMPTED_NAMES + 1 && t.rest == 10 && t.sum == 20);
	preempted_free(f.table);
}

TEST(pairs_of_processes_that_nobody_knows_are_dropped_and_the_rest_never_goes_back)
{
	struct fake f;
	struct told t;

	fake_begin(&f);
	put(&f, 2, "hog", 1000000000);
	t = give(&f, 2000000000);
	CHECK(f.dropped == 1 && t.count == 1 && t.rest == 2);
	t = give(&f, 1000000000);
	CHECK(t.rest == 2);
	preempted_free(f.table);
}

TEST(who_is_called_like_the_rest_is_of_it_and_names_that_look_alike_are_one)
{
	struct fake f;
	struct told t;

	fake_begin(&f);
	put(&f, 1, "other", 1000000000);
	put(&f, 1, "hog\xfe", 1000000000);
	put(&f, 1, "hog\xff", 2000000000);
	t = give(&f, 5000000000);
	CHECK(t.count == 2 && t.rest == 2 && t.sum == 5);
	CHECK(!strcmp(f.row.named[0].name, "hog\xef\xbf\xbd") && f.row.named[0].ns == 3000000000);
	preempted_free(f.table);
}

TEST(a_name_has_what_all_processes_of_an_instance_waited_for_it)
{
	struct fake f;
	struct told t;

	fake_begin(&f);
	put(&f, 1, "big", 990000000);
	put(&f, 1, "hog", 6000000);
	put(&f, 3, "hog", 6000000); /* a hundredth, with the one before */
	t = give(&f, 1002000000);
	CHECK(t.count == 3 && t.rest == 0);
	preempted_free(f.table);
}

TEST(pairs_of_who_is_not_known_yet_are_kept_and_counted_then)
{
	struct fake f;
	struct told t;

	fake_begin(&f);
	f.is_unknown = true;
	put(&f, 1, "hog", 1000000000);
	t = give(&f, 1000000000);
	CHECK(!f.dropped && t.count == 1 && t.rest == 1);
	f.row = (struct preempted_row){};
	f.is_unknown = false;
	t = give(&f, 1000000000);
	CHECK(t.count == 2 && t.rest == 0);
	preempted_free(f.table);
}

TEST(what_another_worker_told_of_is_not_told_again)
{
	struct fake f;
	struct told t;
	uint64_t *hog;

	fake_begin(&f);
	hog = put(&f, 1, "hog", 3000000000);
	preempted_free(f.table);
	f.is_unknown = true;
	fake_work(&f, true);
	t = give(&f, 0);
	CHECK(t.count == 1 && t.sum == 0);
	*hog += 1000000000;
	f.is_unknown = false;
	t = give(&f, 1000000000);
	CHECK(t.count == 2 && t.sum == 1 && t.rest == 0);
	preempted_free(f.table);
}
