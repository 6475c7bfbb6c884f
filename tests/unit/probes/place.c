/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - mirrors user/probes/place.c: on our own executable, and on mappings that are made up */
#include "user/probes/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "tests/test.h"
#include "user/base/mem.h"

enum { PAGE = 4096 };

/* A file whose second page is text: nop, push %rbp, ret; whose third is zeros. */
static int make_file(void)
{
	static const uint8_t text[] = { 0x90, 0x55, 0xc3 };
	int file = memfd_create("text", MFD_CLOEXEC);

	return file < 0 || ftruncate(file, 3 * PAGE) ||
			       pwrite(file, text, sizeof(text), PAGE) != sizeof(text)
		       ? -1
		       : file;
}

static const struct file_mappings mappings = {
	.at = { { .start = PAGE,
		  .end = 2 * PAGE,
		  .offset = PAGE,
		  .readable = true,
		  .executable = true },
		{ .start = 2 * PAGE,
		  .end = 3 * PAGE,
		  .offset = 2 * PAGE,
		  .readable = true,
		  .writable = true } },
	.count = 2,
};

static enum refusal check(uint64_t offset, uint8_t prologue, uint64_t semaphore, bool nop)
{
	const struct spot spot = { .offset = offset,
				   .semaphore_offset = semaphore,
				   .prologue_bytes = prologue,
				   .nop = nop };
	_cleanup_(closep) int file = make_file();

	return place_check(file, &mappings, &spot);
}

TEST(a_place_is_an_instruction_in_what_may_be_executed)
{
	CHECK(check(PAGE, 0, 0, true) == REFUSED_NOT);
	CHECK(check(PAGE + 1, 1, 0, false) == REFUSED_NOT);
	CHECK(check(PAGE + 1, 1, 0, true) == REFUSED_NO_INSTRUCTION);
	CHECK(check(PAGE - 1, 0, 0, false) == REFUSED_OUTSIDE);
	CHECK(check(2 * PAGE, 0, 0, false) == REFUSED_OUTSIDE); /* writable */
	CHECK(check(PAGE, 1, 0, false) == REFUSED_OUTSIDE);	/* its function begins outside */
	CHECK(check(0, 1, 0, false) == REFUSED_OUTSIDE);
	CHECK(check(UINT64_MAX, 0, 0, false) == REFUSED_OUTSIDE);
}

TEST(a_semaphore_is_a_zero_that_may_be_written)
{
	CHECK(check(PAGE, 0, 2 * PAGE, true) == REFUSED_NOT);
	CHECK(check(PAGE, 0, 3 * PAGE - 2, true) == REFUSED_NOT);
	CHECK(check(PAGE, 0, 3 * PAGE - 1, true) == REFUSED_SEMAPHORE);
	CHECK(check(PAGE, 0, PAGE, true) == REFUSED_SEMAPHORE); /* text */
	CHECK(check(PAGE, 0, 9 * PAGE, true) == REFUSED_SEMAPHORE);
	CHECK(check(PAGE, 0, 2 * PAGE, false) == REFUSED_SEMAPHORE); /* a function's */
}

static int other_byte(int file, uint64_t offset)
{
	return pwrite(file, "\1", 1, (off_t)offset) == 1 ? 0 : -1;
}

TEST(a_variable_that_is_not_zero_is_no_semaphore)
{
	const struct spot spot = { .offset = PAGE, .semaphore_offset = 2 * PAGE, .nop = true };
	int file = make_file();

	CHECK(!other_byte(file, 2 * PAGE + 1));
	CHECK(place_check(file, &mappings, &spot) == REFUSED_SEMAPHORE);
	close(file);
}

TEST(our_own_text_is_mapped_where_the_kernel_says)
{
	int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), other = make_file();
	struct file_mappings found;
	bool executable = false, borrows = false;

	CHECK(!place_mappings(self, exe, &found) && found.count);
	for (size_t i = 0; i < found.count; i++) {
		executable |= found.at[i].executable;
		borrows |= found.at[i].path.at != NULL;
	}
	CHECK(executable && !borrows);
	CHECK(!place_mappings(self, other, &found) && !found.count);
	CHECK(place_mappings(self, self, &found) == -EINVAL || !found.count);
	close(self);
	close(exe);
	close(other);
}
