/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c - mirrors user/capture/capture.c, as far as it goes without a kernel: what was missed. */
#include "user/capture/capture.h"

#include "tests/test.h"

static uint64_t missed(uint64_t send, uint64_t receive, uint64_t again, uint64_t stood_in)
{
	const struct program_stats programs[] = {
		{ .name = "on_send", .missed = send },
		{ .name = "on_receive", .missed = receive },
		{ .name = "on_send_again", .missed = again },
		{ .name = "on_data_ready", .missed = 1000 },
	};
	struct feature_state states[FEATURES] = {};

	states[FEATURE_OPERATIONS].used = &features[FEATURE_OPERATIONS].flavours[0];
	states[FEATURE_AGAIN].used = &features[FEATURE_AGAIN].flavours[0];
	return capture_missed(states, programs, sizeof(programs) / sizeof(programs[0]), stood_in);
}

TEST(missed_are_the_skipped_programs_of_operations)
{
	CHECK(missed(3, 4, 0, 0) == 7);
}

TEST(what_a_stand_in_did_is_not_missed_and_that_it_was_skipped_is)
{
	CHECK(missed(3, 4, 2, 5) == 2);
}

TEST(stand_ins_that_are_ahead_of_the_count_take_nothing_away)
{
	CHECK(missed(3, 4, 0, 9) == 0);
}
