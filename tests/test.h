/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - the whole framework of the unit tests.
 *
 *	TEST(a_name_that_says_what_holds) { CHECK(1 + 1 == 2); }
 *
 * Tests register themselves. `build/tests/unit NAME` runs those whose name
 * contains NAME. The last line reads "N passed, N failed, N skipped"; the exit
 * status is 0 when nothing failed. SKIP(why) ends a test that cannot run here.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name, *file;
	void (*run)(void);
	struct test *next;
};

extern struct test *all_tests;
extern int this_test_failed;
extern const char *this_test_skipped;

#define TEST(name_)                                                                                \
	static void test_##name_(void);                                                            \
	__attribute__((constructor)) static void add_test_##name_(void)                            \
	{                                                                                          \
		static struct test t = { #name_, __FILE__, test_##name_, NULL };                   \
		t.next = all_tests;                                                                \
		all_tests = &t;                                                                    \
	}                                                                                          \
	static void test_##name_(void)

#define CHECK(expr)                                                                                \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #expr);                  \
			this_test_failed = 1;                                                      \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#define SKIP(why)                                                                                  \
	do {                                                                                       \
		this_test_skipped = (why);                                                         \
		return;                                                                            \
	} while (0)

#define EACH(i, rows) for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)

/* A copy of exactly `len` bytes on the heap, so that ASan sees a read one past the end. */
static inline char *test_tight(const void *at, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (len)
		memcpy(copy, at, len);
	return copy;
}
