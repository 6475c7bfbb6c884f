/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/command/top_rows.c - mirrors user/command/top_rows.c */
#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "tests/test.h"
#include "user/command/top_rows.h"
#include "user/model/histogram.h"

/* One row as the worker gives it. */
static json_t *row(int id, const char *service, const struct histogram *h, int errors, int open)
{
	json_t *buckets = json_array();

	for (size_t i = 0; i < h->used; i++)
		json_array_append_new(buckets, json_integer((json_int_t)h->buckets[i]));
	return json_pack("{sisssssssIsisisIsisiso}", "id", id, "service", service, "namespace", "",
			 "kind", "http server", "requests", (json_int_t)h->count, "errors", errors,
			 "open", open, "zero", (json_int_t)h->zero_count, "scale", h->scale,
			 "first", h->first, "buckets", buckets);
}

static json_t *answer(double at_s, json_t *rows)
{
	return json_pack("{sIsosi}", "at_ns", (json_int_t)(at_s * 1e9), "rows", rows, "left_out",
			 0);
}

static const struct histogram_bounds none;

static bool near(double value, double want)
{
	return fabs(value - want) <= want * 0.1;
}

TEST(rates_and_quantiles_are_those_of_the_interval_alone)
{
	struct histogram h;
	struct top_table table;
	json_t *before, *after;

	histogram_init(&h, &none);
	for (int i = 0; i < 1000; i++)
		histogram_observe(&h, 5);
	before = answer(10, json_pack("[o]", row(1, "shop", &h, 3, 0)));
	for (int i = 0; i < 98; i++)
		histogram_observe(&h, 0.010);
	histogram_observe(&h, 1);
	histogram_observe(&h, 1);
	after = answer(12, json_pack("[o]", row(1, "shop", &h, 7, 2)));
	CHECK(!top_compare(before, after, &table));
	CHECK(table.count == 1 && table.lines[0].requests == 100 && table.lines[0].errors == 4);
	CHECK(table.lines[0].rate == 50 && table.lines[0].errors_rate == 2);
	CHECK(table.lines[0].open == 2);
	CHECK(near(table.lines[0].p50_s, 0.010) && near(table.lines[0].p99_s, 1));
	top_table_free(&table);
	json_decref(before);
	json_decref(after);
	histogram_free(&h);
}

TEST(a_histogram_that_became_coarser_is_still_subtracted)
{
	struct histogram h;
	struct top_table table;
	json_t *before, *after;
	int scale;

	histogram_init(&h, &none);
	for (int i = 0; i < 10; i++)
		histogram_observe(&h, 0.001 * (i + 1));
	scale = h.scale;
	before = answer(1, json_pack("[o]", row(1, "shop", &h, 0, 0)));
	for (int i = 0; i < 10; i++)
		histogram_observe(&h, 3e6);
	histogram_observe(&h, 1e-6);
	histogram_observe(&h, 1e9);
	CHECK(h.scale < scale);
	after = answer(2, json_pack("[o]", row(1, "shop", &h, 0, 0)));
	CHECK(!top_compare(before, after, &table));
	CHECK(table.lines[0].requests == 12 && table.lines[0].p50_s > 1e6);
	top_table_free(&table);
	json_decref(before);
	json_decref(after);
	histogram_free(&h);
}

TEST(an_instance_that_ended_takes_nothing_from_its_service)
{
	struct histogram h;
	struct top_table table;
	json_t *before, *after;

	histogram_init(&h, &none);
	for (int i = 0; i < 10; i++)
		histogram_observe(&h, 0.1);
	before = answer(1, json_pack("[ooo]", row(1, "shop", &h, 0, 0), row(2, "shop", &h, 0, 0),
				     row(3, "idle", &h, 0, 0)));
	after = json_pack("[o]", row(3, "idle", &h, 0, 0));
	histogram_observe(&h, 0.1);
	json_array_append_new(after, row(2, "shop", &h, 0, 1));
	after = answer(2, after);
	CHECK(!top_compare(before, after, &table));
	CHECK(table.count == 2);
	CHECK(!strcmp(table.lines[0].service, "shop") && table.lines[0].requests == 1);
	CHECK(table.lines[1].requests == 0 && table.lines[1].p50_s == 0);
	top_table_free(&table);
	json_decref(before);
	json_decref(after);
	histogram_free(&h);
}

TEST(instances_of_one_service_are_added_up)
{
	struct histogram h;
	struct top_table table;
	json_t *before = answer(1, json_array()), *after;

	histogram_init(&h, &none);
	for (int i = 0; i < 10; i++)
		histogram_observe(&h, 0.1);
	after = answer(2, json_pack("[oo]", row(1, "shop", &h, 1, 1), row(2, "shop", &h, 2, 3)));
	CHECK(!top_compare(before, after, &table));
	CHECK(table.count == 1 && table.lines[0].requests == 20 && table.lines[0].errors == 3 &&
	      table.lines[0].open == 4);
	top_table_free(&table);
	json_decref(before);
	json_decref(after);
	histogram_free(&h);
}

TEST(a_service_shows_the_longest_pause_of_the_interval_whichever_instance_had_it)
{
	struct histogram requests, pauses;
	struct top_table table;
	json_t *before, *after;

	histogram_init(&requests, &none);
	histogram_init(&pauses, &none);
	histogram_observe(&pauses, 7);
	before = answer(1, json_array());
	json_object_set_new(
		before, "pauses",
		json_pack("[oo]", row(1, "shop", &pauses, 0, 0), row(3, "bank", &pauses, 0, 0)));
	after = answer(2,
		       json_pack("[ooo]", row(1, "shop", &requests, 0, 0),
				 row(2, "shop", &requests, 0, 0), row(3, "bank", &requests, 0, 0)));
	json_object_set_new(after, "pauses", json_pack("[o]", row(3, "bank", &pauses, 0, 0)));
	histogram_observe(&pauses, 0.3);
	json_array_append_new(json_object_get(after, "pauses"), row(1, "shop", &pauses, 0, 0));
	histogram_free(&pauses);
	histogram_init(&pauses, &none);
	histogram_observe(&pauses, 0.002);
	json_array_append_new(json_object_get(after, "pauses"), row(2, "shop", &pauses, 0, 0));
	CHECK(!top_compare(before, after, &table) && table.count == 2);
	CHECK(!strcmp(table.lines[0].service, "bank") && table.lines[0].pause_s == 0);
	CHECK(table.lines[1].pause_s >= 0.3 && near(table.lines[1].pause_s, 0.3));
	top_table_free(&table);
	json_decref(before);
	json_decref(after);
	histogram_free(&requests);
	histogram_free(&pauses);
}

TEST(what_is_no_answer_is_refused)
{
	static const char *const texts[] = {
		"{}",
		"{\"rows\":1}",
		"{\"at_ns\":9,\"rows\":7}",
		"{\"at_ns\":\"9\",\"rows\":[]}",
	};
	json_t *good = answer(1, json_array());
	struct top_table table;

	EACH(i, texts) {
		json_t *bad = json_loads(texts[i], 0, NULL);

		CHECK(bad && top_compare(good, bad, &table) == -EINVAL);
		json_decref(bad);
	}
	CHECK(top_compare(good, good, &table) == -EINVAL);
	json_decref(good);
}

TEST(nonsense_inside_an_answer_breaks_nothing)
{
	static const char text[] =
		"{\"at_ns\":2000000000,\"rows\":[1,null,{},{\"kind\":7,\"buckets\":[-1,\"x\",{}],"
		"\"scale\":99},{\"id\":1,\"first\":-9223372036854775807,\"scale\":-99,\"zero\":-4}],"
		"\"pauses\":[1,null,{},{\"service\":7,\"buckets\":[-1,\"x\",{}],\"scale\":99}]}";
	json_t *good = answer(1, json_array()), *odd = json_loads(text, 0, NULL);
	struct top_table table;

	CHECK(odd && !top_compare(good, odd, &table));
	for (size_t i = 0; i < table.count; i++)
		CHECK(table.lines[i].requests == 0);
	top_table_free(&table);
	json_decref(good);
	json_decref(odd);
}
