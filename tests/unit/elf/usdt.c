/* SPDX-License-Identifier: Apache-2.0 */
/* usdt.c - mirrors user/elf/usdt.c */
#include "user/elf/usdt.h"

#include <errno.h>
#include <unistd.h>

#include "tests/test.h"
#include "tests/unit/elf/made.h"
#include "user/base/mem.h"

static const struct image_limits limits = { .memory = 1 << 20, .read = 8 << 20 };
static struct made m;

static struct image *image_of(const struct made_note *notes, size_t count, uint64_t base, int *fd)
{
	struct image *image = NULL;
	size_t number;

	made_begin(&m);
	if (base) {
		number = made_section(&m, ".stapsdt.base", SHT_PROGBITS, "", 1);
		m.sections[number].sh_addr = base;
	}
	made_usdt(&m, notes, count);
	*fd = made_file(&m);
	image_open(*fd, limits, &image);
	return image;
}

TEST(all_sites_of_a_name_are_found_with_their_arguments)
{
	static const struct made_note notes[] = {
		{ "made", "begin", "4@%esi", MADE_TEXT + 64, 0, 0 },
		{ "other", "begin", "", MADE_TEXT + 65, 0, 0 },
		{ "made", "begin", "1@$1 8@%rax", MADE_TEXT + 66, 0, MADE_DATA + 80 },
		{ "made", "beginning", "", MADE_TEXT + 67, 0, 0 },
	};
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct usdt_sites found;

	image = image_of(notes, ARRAY_SIZE(notes), 0, &fd);
	CHECK(!usdt_find(image, "made:begin", &found) && found.count == 2);
	CHECK(found.at[0].offset == 64 && !found.at[0].semaphore_offset);
	CHECK(!strcmp(found.at[0].arguments, "4@%esi"));
	CHECK(found.at[1].offset == 66 && found.at[1].semaphore_offset == 80);
	CHECK(!strcmp(found.at[1].arguments, "1@$1 8@%rax"));
	CHECK(usdt_find(image, "made:end", &found) == -ENOENT);
	CHECK(usdt_find(image, "made", &found) == -ENOENT);
}

TEST(sites_of_a_file_that_was_laid_out_anew_move_with_its_base)
{
	static const struct made_note notes[] = { { "made", "begin", "", MADE_TEXT + 64 - 0x1000,
						    0x5000, MADE_DATA + 80 - 0x1000 } };
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct usdt_sites found;

	image = image_of(notes, 1, 0x6000, &fd);
	CHECK(!usdt_find(image, "made:begin", &found));
	CHECK(found.at[0].offset == 64 && found.at[0].semaphore_offset == 80);
}

TEST(a_site_outside_of_what_is_executed_is_refused)
{
	static const struct made_note data[] = { { "made", "begin", "", MADE_DATA + 64, 0, 0 } };
	static const struct made_note beyond[] = { { "made", "begin", "", MADE_TEXT + 64, 0,
						     MADE_DATA + MADE_BYTES } };
	_cleanup_(image_freep) struct image *one = NULL, *two = NULL;
	_cleanup_(closep) int fd = -1, other = -1;
	struct usdt_sites found;

	one = image_of(data, 1, 0, &fd);
	CHECK(usdt_find(one, "made:begin", &found) == -EBADMSG);
	two = image_of(beyond, 1, 0, &other);
	CHECK(usdt_find(two, "made:begin", &found) == -EBADMSG);
}

TEST(more_sites_than_there_is_room_for_are_none)
{
	struct made_note notes[USDT_SITES + 1];
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_(closep) int fd = -1;
	struct usdt_sites found;

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		notes[i] = (struct made_note){ "made", "begin", "", MADE_TEXT + 64 + i, 0, 0 };
	image = image_of(notes, ARRAY_SIZE(notes), 0, &fd);
	CHECK(usdt_find(image, "made:begin", &found) == -EFBIG);
}

TEST(a_note_that_is_cut_ends_the_notes)
{
	static const struct made_note notes[] = { { "made", "begin", "", MADE_TEXT + 64, 0, 0 },
						  { "made", "end", "", MADE_TEXT + 65, 0, 0 } };
	struct usdt_sites found;

	for (uint64_t cut = 1; cut < 40; cut++) {
		struct image *image = NULL;
		int fd;

		made_begin(&m);
		made_usdt(&m, notes, 2);
		m.sections[1].sh_size -= cut;
		fd = made_file(&m);
		CHECK(!image_open(fd, limits, &image));
		CHECK(!usdt_find(image, "made:begin", &found));
		/* The first bytes that go are what fills the note up to a multiple of four. */
		CHECK(usdt_find(image, "made:end", &found) == (cut > 3 ? -ENOENT : 0) || cut < 4);
		image_free(image);
		close(fd);
	}
}
