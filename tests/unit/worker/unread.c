/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/worker/unread.c - mirrors user/worker/unread.c */
#include "user/worker/unread.h"
#include "tests/test.h"
#include "tests/unit/config/read.h"

TEST(unread_connections_are_counted_by_process_and_not_for_the_next_with_its_id)
{
	SCOPED *config = FLAGS("--watch.all");
	struct processes *known = processes_new(config);
	struct unread_table *t = unread_new(2);
	struct process_id one = { .tgid = 7, .started_ns = 1 },
			  again = { .tgid = 7, .started_ns = 2 };
	uint64_t counts[UNREADS];

	unread_count(t, known, one, UNREAD_TLS);
	unread_count(t, known, one, UNREAD_TLS);
	unread_count(t, known, one, UNREAD_HTTP2);
	unread_of(t, one, counts);
	CHECK(counts[UNREAD_TLS] == 2 && counts[UNREAD_HTTP2] == 1 && !counts[UNREAD_OTHER]);
	unread_of(t, again, counts);
	CHECK(!counts[UNREAD_TLS]);
	unread_count(t, known, again, UNREAD_OTHER);
	unread_of(t, again, counts);
	CHECK(!counts[UNREAD_TLS] && counts[UNREAD_OTHER] == 1);
	unread_free(t);
	processes_free(known);
}

TEST(processes_that_are_not_known_make_room_for_others)
{
	SCOPED *config = FLAGS("--watch.all");
	struct processes *known = processes_new(config);
	struct unread_table *t = unread_new(2);
	uint64_t counts[UNREADS];

	for (uint32_t pid = 1; pid <= 5; pid++)
		unread_count(t, known, (struct process_id){ .tgid = pid }, UNREAD_TLS);
	unread_of(t, (struct process_id){ .tgid = 5 }, counts);
	CHECK(counts[UNREAD_TLS] == 1);
	unread_of(t, (struct process_id){ .tgid = 1 }, counts);
	CHECK(!counts[UNREAD_TLS]);
	unread_free(t);
	processes_free(known);
}
