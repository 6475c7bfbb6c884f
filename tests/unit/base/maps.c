/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c - mirrors user/base/maps.c */
#include "user/base/maps.h"

#include <errno.h>

#include "tests/test.h"

static const struct {
	struct str line;
	struct mapping want;
} whole[] = {
	{ STR("7f1c00028000-7f1c001bd000 r-xp 00028000 fd:01 1835067      /usr/lib/libc.so.6\n"),
	  { 0x7f1c00028000, 0x7f1c001bd000, 0x28000, 1835067, 0xfd, 1, true, false, true, true,
	    STR("/usr/lib/libc.so.6") } },
	{ STR("00400000-00401000 rw-s 00000000 00:2f 7 /a b (deleted)\n"),
	  { 0x400000, 0x401000, 0, 7, 0, 0x2f, true, true, false, false, STR("/a b (deleted)") } },
	{ STR("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"),
	  { 0xffffffffff600000, 0xffffffffff601000, 0, 0, 0, 0, false, false, true, true,
	    STR("[vsyscall]") } },
	{ STR("7ffd0000-7ffd1000 ---p 00000000 00:00 0 \n"),
	  { 0x7ffd0000, 0x7ffd1000, 0, 0, 0, 0, false, false, false, true, {} } },
};

static const struct str bad[] = {
	STR("\n"),
	STR("7f00-7f00 r-xp 00000000 fd:01 1 /a\n"), /* empty */
	STR("7f01-7f00 r-xp 00000000 fd:01 1 /a\n"),
	STR("7F00-8000 r-xp 00000000 fd:01 1 /a\n"), /* not as the kernel writes */
	STR("7f00-8000 rxxp 00000000 fd:01 1 /a\n"),
	STR("7f00-8000 r-x 00000000 fd:01 1 /a\n"),
	STR("7f00-8000 r-xpp 00000000 fd:01 1 /a\n"),
	STR("7f00 8000 r-xp 00000000 fd:01 1 /a\n"),
	STR("7f00-8000 r-xp 00000000 fd01 1 /a\n"),
	STR("7f00-8000 r-xp 00000000 fd:01 1\n"),
	STR("7f00-8000 r-xp 00000000 fd:01 1f /a\n"),
	STR("7f00-8000 r-xp 00000000 fd:01 -1 /a\n"),
	STR("7f00-8000 r-xp 00000000 100000000:01 1 /a\n"),
	STR("7f00-10000000000008000 r-xp 00000000 fd:01 1 /a\n"),
	STR("7f00-8000 r-xp ffffffffffffffff fd:01 1 /a\n"), /* its end lies before its begin */
	STR("7f00-8000 r-xp 00000000 fd:01 99999999999999999999 /a\n"),
};

static bool same(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end && a->offset == b->offset &&
	       a->inode == b->inode && a->major == b->major && a->minor == b->minor &&
	       a->readable == b->readable && a->writable == b->writable &&
	       a->executable == b->executable && a->private == b->private &&
	       str_eq(a->path, b->path);
}

TEST(a_line_of_maps_is_taken_whole)
{
	EACH(i, whole) {
		struct str in = whole[i].line;
		struct mapping m;

		CHECK(take_mapping(&in, &m) == 1);
		CHECK(!in.len && same(&m, &whole[i].want));
	}
}

TEST(every_shorter_line_of_maps_asks_for_more)
{
	EACH(i, whole)
		for (size_t len = 0; len < whole[i].line.len; len++) {
			char *copy = test_tight(whole[i].line.at, len);
			struct str in = { copy, len };
			struct mapping m = { .inode = 42 };
			int r = take_mapping(&in, &m);

			free(copy);
			CHECK(!r && in.len == len && m.inode == 42);
		}
}

TEST(what_the_kernel_never_writes_is_no_line_of_maps)
{
	EACH(i, bad) {
		struct str in = bad[i];
		struct mapping m = { .inode = 42 };

		CHECK(take_mapping(&in, &m) == -EINVAL);
		CHECK(in.len == bad[i].len && m.inode == 42);
	}
}

TEST(a_mapping_has_what_lies_in_it_to_its_last_byte)
{
	const struct mapping m = { .start = 0x1000, .end = 0x3000, .offset = 0x5000 };

	CHECK(mapping_has(&m, 0x5000, 1) && mapping_has(&m, 0x6fff, 1) &&
	      mapping_has(&m, 0x5000, 0x2000));
	CHECK(!mapping_has(&m, 0x4fff, 1) && !mapping_has(&m, 0x7000, 1) &&
	      !mapping_has(&m, 0x5001, 0x2000) && !mapping_has(&m, 0x6fff, 2) &&
	      !mapping_has(&m, UINT64_MAX, 2));
}
