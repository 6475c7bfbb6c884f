/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - mirrors user/worker/kept.c */
#include "user/worker/kept.h"

#include "tests/test.h"
#include "tests/unit/pause/pausing.h"

TEST(what_lay_to_be_read_was_paused_a_question_of_a_server_and_an_answer_of_a_client)
{
	static const struct {
		enum role role;
		bool answered;
		uint64_t started_ns, asked_ns, first_answer_ns, read_ns, paused_ns;
	} rows[] = {
		{ ROLE_SERVER, true, 100, 200, 400, 400, 50 },
		{ ROLE_SERVER, true, 170, 200, 400, 400, 0 },
		{ ROLE_CLIENT, true, 20, 30, 140, 200, 10 },
		{ ROLE_CLIENT, true, 100, 110, 160, 200, 0 },
		{ ROLE_CLIENT, false, 20, 30, 140, 200, 0 },
		{ ROLE_CLIENT, true, 20, 30, 0, 200, 0 },
	};
	struct record_pause record;
	struct pausing t;

	pausing_begin(&t, FLAGS("--watch.all"));
	record = pause_of(&t, QUIET, 1, 1, 0);
	record.began_ns = 100;
	record.head.at_ns = 150;
	pauses_take(t.pauses, &record);
	EACH(i, rows) {
		const struct exchange x = { .process.tgid = 1,
					    .role = rows[i].role,
					    .answered = rows[i].answered,
					    .started_ns = rows[i].started_ns,
					    .first_answer_ns = rows[i].first_answer_ns,
					    .asked = { .at_ns = rows[i].asked_ns, .thread = 7 },
					    .answered_by = { .at_ns = rows[i].read_ns,
							     .thread = 7 } };

		CHECK(paused_before(t.pauses, &x) == rows[i].paused_ns);
	}
	pausing_end(&t);
}
