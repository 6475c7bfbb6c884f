/* SPDX-License-Identifier: Apache-2.0 */
/* ring.c - mirrors user/event/ring.c, over a file that looks like the kernel's ring. */
#include "user/event/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/test.h"

enum { BYTES = 4096, RECORD = 8, STEP = 16 };

struct fake {
	int fd;
	char *consumer, *producer, *data;
	size_t page;
	uint64_t taken[8];
	size_t count;
	uint64_t refused; /* the record that is not taken; 0: none */
};

/* A ring with `records` numbered from 1. */
static void make(struct fake *f, uint64_t records)
{
	memset(f, 0, sizeof(*f));
	f->page = (size_t)sysconf(_SC_PAGESIZE);
	f->fd = memfd_create("ring", MFD_CLOEXEC);
	if (ftruncate(f->fd, (off_t)(2 * f->page + 2 * BYTES)))
		abort();
	f->consumer = mmap(NULL, 2 * f->page + BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	f->producer = f->consumer + f->page;
	f->data = f->producer + f->page;
	for (uint64_t i = 0; i < records; i++) {
		uint32_t len = RECORD;
		uint64_t number = i + 1;

		memcpy(f->data + i * STEP, &len, sizeof(len));
		memcpy(f->data + i * STEP + 8, &number, sizeof(number));
	}
	records *= STEP;
	memcpy(f->producer, &records, sizeof(records));
}

static void unmake(struct fake *f)
{
	munmap(f->consumer, 2 * f->page + BYTES);
	close(f->fd);
}

static bool take_number(void *context, struct str record)
{
	struct fake *f = context;
	uint64_t number;

	memcpy(&number, record.at, sizeof(number));
	if (number == f->refused)
		return false;
	f->taken[f->count++] = number;
	return true;
}

TEST(records_are_taken_in_order_and_once)
{
	struct fake f;
	struct ring *ring;

	make(&f, 3);
	ring = ring_new(f.fd, BYTES);
	CHECK(ring_unread(ring) == 3 && ring_read(ring, 2, RING_NO_NEXT, take_number, &f) == 2);
	CHECK(ring_pending(ring) && ring_read(ring, 9, RING_NO_NEXT, take_number, &f) == 1 &&
	      !ring_pending(ring));
	CHECK(f.taken[0] == 1 && f.taken[1] == 2 && f.taken[2] == 3);
	ring_free(ring);
	unmake(&f);
}

/* What is left when the process ends in `taken`. */
static struct ring_note note, left;

static bool die(void *context, struct str record)
{
	if (!take_number(context, record))
		return false;
	left = note;
	return false;
}

TEST(a_record_in_hand_at_the_end_is_passed_over_by_the_next_and_no_other)
{
	struct fake f;
	struct ring *ring;

	make(&f, 3);
	ring = ring_new(f.fd, BYTES);
	note = (struct ring_note){};
	CHECK(!ring_keep(ring, &note) && ring_read(ring, 1, RING_NO_NEXT, take_number, &f) == 1 &&
	      ring_taken(&note) == 1);
	CHECK(ring_read(ring, 1, RING_NO_NEXT, die, &f) == 0 && ring_taken(&note) == 1);
	ring_free(ring);
	note = left;
	ring = ring_new(f.fd, BYTES);
	CHECK(ring_keep(ring, &note) && ring_taken(&note) == 2);
	f.count = 0;
	CHECK(ring_read(ring, 9, RING_NO_NEXT, take_number, &f) == 1 && f.taken[0] == 3);
	CHECK(ring_taken(&note) == 3);
	ring_free(ring);
	unmake(&f);
}

TEST(a_record_that_was_passed_and_not_yet_counted_is_counted_by_the_next)
{
	struct fake f;
	struct ring *ring;

	make(&f, 2);
	ring = ring_new(f.fd, BYTES);
	note = (struct ring_note){};
	ring_keep(ring, &note);
	CHECK(ring_read(ring, 1, RING_NO_NEXT, die, &f) == 0);
	CHECK(ring_read(ring, 1, RING_NO_NEXT, take_number, &f) == 1);
	ring_free(ring);
	note = left;
	ring = ring_new(f.fd, BYTES);
	CHECK(!ring_keep(ring, &note) && ring_taken(&note) == 1 && ring_unread(ring) == 1);
	ring_free(ring);
	unmake(&f);
}

TEST(a_record_that_was_left_is_there_for_the_next)
{
	struct fake f;
	struct ring *ring;

	make(&f, 2);
	f.refused = 2;
	ring = ring_new(f.fd, BYTES);
	note = (struct ring_note){};
	CHECK(!ring_keep(ring, &note) && ring_read(ring, 9, RING_NO_NEXT, take_number, &f) == 1);
	ring_free(ring);
	ring = ring_new(f.fd, BYTES);
	CHECK(!ring_keep(ring, &note) && ring_taken(&note) == 1 && ring_unread(ring) == 1);
	ring_free(ring);
	unmake(&f);
}
