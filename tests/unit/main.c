/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - runs the unit tests that registered themselves; an argument picks some by name. */
#include "tests/test.h"

struct test *all_tests;
int this_test_failed;
const char *this_test_skipped;

int main(int argc, char **argv)
{
	int passed = 0, failed = 0, skipped = 0;

	for (struct test *t = all_tests; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]) && !strstr(t->file, argv[1]))
			continue;
		this_test_failed = 0;
		this_test_skipped = NULL;
		t->run();
		if (this_test_failed) {
			printf("FAIL %s (%s)\n", t->name, t->file);
			failed++;
		} else if (this_test_skipped) {
			printf("SKIP %s: %s\n", t->name, this_test_skipped);
			skipped++;
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
