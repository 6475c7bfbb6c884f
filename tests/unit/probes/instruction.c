/* SPDX-License-Identifier: Apache-2.0 */
/* instruction.c - mirrors user/probes/instruction.c, on x86-64 */
#include "user/probes/instruction.h"

#include "tests/test.h"

#if defined(__x86_64__)

/* endbr64; push %rbp; mov %rsp,%rbp; nop; a nop of five bytes; ret */
static const uint8_t text[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5,
				0x90, 0x0f, 0x1f, 0x44, 0,    0,    0xc3 };

static bool begins(size_t len, size_t before, bool nop)
{
	char *copy = test_tight(text, len);
	bool r = instruction_begins((const uint8_t *)copy, len, before, nop);

	free(copy);
	return r;
}

TEST(an_instruction_begins_where_the_ones_before_it_end)
{
	static const bool want[sizeof(text)] = {
		[0] = true, [4] = true, [5] = true, [8] = true, [9] = true, [14] = true
	};

	for (size_t at = 0; at < sizeof(text); at++)
		CHECK(begins(sizeof(text), at, false) == want[at]);
	CHECK(!begins(sizeof(text), sizeof(text), false));
}

TEST(a_mark_has_a_nop)
{
	CHECK(begins(sizeof(text), 8, true) && begins(sizeof(text), 9, true));
	CHECK(!begins(sizeof(text), 4, true) && !begins(sizeof(text), 14, true));
}

TEST(an_instruction_that_is_cut_is_none)
{
	CHECK(!begins(0, 0, false) && !begins(3, 0, false) && begins(4, 0, false));
	CHECK(!begins(7, 5, false) && begins(8, 5, false));
}

TEST(bytes_that_are_no_instruction_are_refused)
{
	static const uint8_t bad[] = { 0x06, 0x90 }; /* push %es: not in 64 bits */

	CHECK(!instruction_begins(bad, sizeof(bad), 0, false));
	CHECK(!instruction_begins(bad, sizeof(bad), 1, false));
}

#endif
