/* SPDX-License-Identifier: Apache-2.0 */
/* hsperf.c - mirrors user/hsperf/hsperf.c */
#include "user/hsperf/hsperf.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/test.h"
#include "tests/unit/hsperf/build.h"

static void build(struct built *b)
{
	built_begin(b);
	built_number(b, "sun.rt.safepoints", 42);
	built_text(b, "sun.gc.collector.0.name", "G1 young");
}

TEST(entries_are_stepped_through_by_their_lengths)
{
	struct built b;
	struct hsperf h;
	struct hsperf_entry e;
	uint32_t len;

	build(&b);
	CHECK(!hsperf_open(built_str(&b), &h) && h.first == BUILT_HEAD && h.count == 2);
	len = hsperf_entry(&h, h.first, &e);
	CHECK(len && e.is_number && e.number == 42 && str_eq(e.name, STR("sun.rt.safepoints")));
	CHECK(hsperf_entry(&h, h.first + len, &e) && !e.is_number &&
	      str_eq(e.text, STR("G1 young")));
	CHECK(!hsperf_entry(&h, b.used, &e) && !hsperf_entry(&h, UINT32_MAX, &e));
}

TEST(every_shorter_file_is_refused_and_nothing_is_written)
{
	struct built b;

	build(&b);
	for (size_t len = 0; len < b.used; len++) {
		struct hsperf h = { .first = 7 };
		char *tight = test_tight(b.bytes, len);

		CHECK(hsperf_open((struct str){ tight, len }, &h) == -EINVAL && h.first == 7);
		free(tight);
	}
}

static const struct {
	const char *what;
	size_t at;
	uint32_t value;
	int want;
} bad_heads[] = {
	{ "magic", 0, 0xdeadbeef, -EINVAL },
	{ "byte order", 4, 0x01000200, -EINVAL },
	{ "version", 4, 0x01000301, -EINVAL },
	{ "not ready", 4, 0x00000201, -EAGAIN },
	{ "used past the end", 8, BUILT_ROOM + 1, -EINVAL },
	{ "used is negative", 8, UINT32_MAX, -EINVAL },
	{ "entries in the head", 24, BUILT_HEAD - 1, -EINVAL },
	{ "entries past the end", 24, BUILT_ROOM, -EINVAL },
};

TEST(a_head_that_cannot_be_is_refused)
{
	struct built b;
	struct hsperf h;

	EACH(i, bad_heads) {
		build(&b);
		built_put(&b, bad_heads[i].at, bad_heads[i].value);
		CHECK(hsperf_open((struct str){ b.bytes, sizeof(b.bytes) }, &h) ==
		      bad_heads[i].want);
	}
}

/* Of the entry of a number, 56 bytes: 20, its name of 17 and a NUL, padding, 8. */
static const struct {
	const char *what;
	size_t at;
	uint32_t value;
} bad_entries[] = {
	{ "no length", 0, 0 },
	{ "shorter than itself", 0, BUILT_ENTRY - 1 },
	{ "past the end", 0, BUILT_ROOM },
	{ "length is negative", 0, UINT32_MAX },
	{ "name in the head", 4, 0 },
	{ "name past the end", 4, 48 },
	{ "name far past the end", 4, UINT32_MAX },
	{ "name without an end", 4, 47 },
	{ "value in the head", 16, 8 },
	{ "value past the end", 16, 41 },
	{ "value far past the end", 16, UINT32_MAX },
};

TEST(an_entry_that_points_outside_is_none)
{
	struct built b;
	struct hsperf h;

	EACH(i, bad_entries) {
		struct hsperf_entry e = { .number = 7 };
		char *tight;

		built_begin(&b);
		built_number(&b, "sun.rt.safepoints", -1); /* no NUL in the value */
		CHECK(b.used == BUILT_HEAD + 48);
		built_put(&b, b.last + bad_entries[i].at, bad_entries[i].value);
		tight = test_tight(b.bytes, b.used);
		CHECK(!hsperf_open((struct str){ tight, b.used }, &h));
		CHECK(!hsperf_entry(&h, h.first, &e) && e.number == 7);
		free(tight);
	}
}

TEST(what_is_neither_a_number_nor_a_text_has_no_value)
{
	struct built b;
	struct hsperf h;
	struct hsperf_entry e;

	built_begin(&b);
	built_add(&b, "a.vector", 'J', (struct str){ "\1\0\0\0\0\0\0\0", 8 });
	built_put(&b, b.last + 8, 1);
	CHECK(!hsperf_open(built_str(&b), &h) && hsperf_entry(&h, h.first, &e));
	CHECK(!e.is_number && !e.text.len);
	built_begin(&b);
	built_text(&b, "a.text", "G1 young");
	built_put(&b, b.last + 8, BUILT_ROOM); /* longer than its entry */
	CHECK(!hsperf_open(built_str(&b), &h) && hsperf_entry(&h, h.first, &e) && !e.text.len);
}
