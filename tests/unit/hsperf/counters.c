/* SPDX-License-Identifier: Apache-2.0 */
/* counters.c - mirrors user/hsperf/counters.c */
#include "user/hsperf/counters.h"

#include <errno.h>

#include "tests/test.h"
#include "tests/unit/hsperf/build.h"
#include "user/hsperf/heap.h"

static void build(struct built *b)
{
	built_begin(b);
	built_number(b, "sun.os.hrt.frequency", 1000);
	built_number(b, "sun.rt.safepoints", 42);
	built_number(b, "of.no.use", 1);
	built_number(b, "java.threads.live", -3);
	built_text(b, "sun.gc.collector.0.name", "G1 young collection pauses");
	built_number(b, "sun.rt.safepoints", 7);
}

TEST(counters_are_read_by_name_the_first_of_a_name_counts)
{
	struct hsperf_counters c;
	struct hsperf_index index = {};
	struct built b;

	build(&b);
	CHECK(!hsperf_read(built_str(&b), &index, &c));
	CHECK(hsperf_has(&c, HSPERF_FREQUENCY) && c.value[HSPERF_FREQUENCY] == 1000);
	CHECK(c.value[HSPERF_SAFEPOINTS] == 42 && c.heap);
	CHECK(str_eq(heap_collector(c.heap, 0), STR("G1 Young Generation")));
	CHECK(!hsperf_has(&c, HSPERF_THREADS) && !c.value[HSPERF_THREADS]); /* below 0 */
	CHECK(!hsperf_has(&c, HSPERF_OLD_USED) && !hsperf_has(&c, HSPERF_NONE));
}

TEST(a_second_reading_sees_new_values_and_new_entries)
{
	struct hsperf_counters c;
	struct hsperf_index index = {};
	struct built b;

	built_begin(&b);
	built_number(&b, "sun.rt.safepoints", 42);
	CHECK(!hsperf_read(built_str(&b), &index, &c) && c.value[HSPERF_SAFEPOINTS] == 42);
	built_begin(&b);
	built_number(&b, "sun.rt.safepoints", 43);
	CHECK(!hsperf_read(built_str(&b), &index, &c) && c.value[HSPERF_SAFEPOINTS] == 43);
	built_number(&b, "java.threads.live", 9);
	CHECK(!hsperf_read(built_str(&b), &index, &c) && c.value[HSPERF_THREADS] == 9);
}

TEST(a_file_whose_entries_moved_without_saying_so_is_refused_once)
{
	struct hsperf_counters c = { .present = 7 };
	struct hsperf_index index = {};
	struct built b;

	built_begin(&b);
	built_number(&b, "sun.rt.safepoints", 1);
	built_number(&b, "java.threads.live", 2);
	CHECK(!hsperf_read(built_str(&b), &index, &c));
	built_begin(&b);
	built_number(&b, "java.threads.live", 2);
	built_number(&b, "sun.rt.safepoints", 1);
	c.present = 7;
	CHECK(hsperf_read(built_str(&b), &index, &c) == -EINVAL && c.present == 7);
	CHECK(!hsperf_read(built_str(&b), &index, &c) && c.value[HSPERF_THREADS] == 2);
}

TEST(every_shorter_file_leaves_the_counters_alone)
{
	struct hsperf_index index = {};
	struct built b;

	build(&b);
	for (uint32_t len = 0; len < b.used; len++) {
		struct hsperf_counters c = { .present = 7 };

		CHECK(hsperf_read((struct str){ b.bytes, len }, &index, &c) && c.present == 7);
	}
}

TEST(more_entries_than_are_there_are_refused)
{
	static const uint32_t counts[] = { 7, 4097, 100000, UINT32_MAX };
	struct hsperf_counters c;
	struct hsperf_index index = {};
	struct built b;

	build(&b);
	EACH(i, counts) {
		built_put(&b, 28, counts[i]);
		CHECK(hsperf_read(built_str(&b), &index, &c) == -EINVAL);
	}
	built_put(&b, 28, 0); /* none at all is what a JVM says at its first moment */
	CHECK(!hsperf_read(built_str(&b), &index, &c) && !c.present && !c.heap);
}
