/* SPDX-License-Identifier: Apache-2.0 */
/* tape.c - mirrors user/event/tape.c: what is written is read back, what is no tape is refused. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/test.h"
#include "user/event/tape.h"

enum { STEP = 104 }; /* of the records below: 97 bytes, padded */

struct tape {
	_Alignas(8) char bytes[512 << 10];
	size_t len;
	int records;
	uint64_t sum;
};

static void count(void *context, const struct record *record)
{
	struct tape *t = context;

	t->records++;
	t->sum += record->cookie;
}

static int read_back(struct tape *t, struct tape_error *error)
{
	t->records = 0;
	t->sum = 0;
	return tape_read((struct str){ t->bytes, t->len }, count, t, error);
}

/* `records` of `size` bytes, with cookies 1, 2, 3, ... */
static bool write_out(struct tape *t, int records, size_t size)
{
	char path[] = "/tmp/sonde-tape-XXXXXX";
	int fd = mkstemp(path), again = dup(fd);
	uint64_t whole = 0;
	struct tape_writer *writer = tape_writer_new(fd, &whole);
	struct record *r = calloc(1, size);
	bool written = writer != NULL;

	unlink(path);
	*r = (struct record){ .type = RECORD_PROCESS, .size = (uint32_t)size };
	for (int i = 1; i <= records; i++) {
		r->cookie = (uint64_t)i;
		written = written && !tape_write(writer, r);
	}
	tape_writer_free(writer);
	free(r);
	t->len = (size_t)pread(again, t->bytes, sizeof(t->bytes), 0);
	close(again);
	return written;
}

TEST(a_tape_is_read_back_in_order)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 2000, 97));
	CHECK(t.len == 8 + 2000 * STEP);
	CHECK(!read_back(&t, &error) && t.records == 2000 && t.sum == 2000 * 2001 / 2);
}

TEST(a_record_larger_than_the_writers_buffer_is_written_whole)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 3, 100001));
	CHECK(!read_back(&t, &error) && t.records == 3 && t.sum == 6);
}

TEST(an_empty_tape_is_one)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 0, 97) && t.len == 8);
	CHECK(!read_back(&t, &error) && t.records == 0);
}

TEST(what_is_no_tape_is_refused_at_its_beginning)
{
	static struct tape t = { .bytes = "sondeTP9", .len = 8 };
	struct tape_error error = { .offset = 1 };

	CHECK(read_back(&t, &error) == -EINVAL && error.offset == 0);
	CHECK(!strcmp(error.what, "not a tape"));
	t.len = 0;
	CHECK(read_back(&t, &error) == -EINVAL && error.offset == 0);
}

TEST(a_tape_cut_short_anywhere_says_where_its_last_record_begins)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 3, 97));
	for (size_t len = 8; len < 8 + 3 * STEP; len++) {
		t.len = len;
		if ((len - 8) % STEP == 0) {
			CHECK(!read_back(&t, &error));
			continue;
		}
		CHECK(read_back(&t, &error) == -EINVAL);
		CHECK(error.offset == 8 + (len - 8) / STEP * STEP);
		CHECK(!strncmp(error.what, "cut short", 9));
		CHECK(t.records == (int)((len - 8) / STEP));
	}
}

TEST(a_bad_record_is_refused_with_its_offset)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 3, 97));
	t.bytes[8 + STEP] = 99;
	CHECK(read_back(&t, &error) == -EINVAL && error.offset == 8 + STEP && t.records == 1);
	CHECK(!strcmp(error.what, "not a record"));
}

TEST(padding_is_zero)
{
	static struct tape t;
	struct tape_error error;

	CHECK(write_out(&t, 3, 97));
	t.bytes[8 + STEP - 1] = 1;
	CHECK(read_back(&t, &error) == -EINVAL && error.offset == 8 && t.records == 0);
}

TEST(a_writer_that_cannot_write_says_so_and_stays_so)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uint64_t whole = 0;
	int pipes[2];
	struct tape_writer *t;
	struct record_clock r = { .head = { .type = RECORD_CLOCK, .size = sizeof(r) } };

	CHECK(!tape_writer_new(fd, &whole) && !tape_writer_new(closed, &whole));
	CHECK(!pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	t = tape_writer_new(pipes[1], &whole);
	CHECK(t);
	for (int i = 0; i < 4096; i++)
		tape_write(t, &r.head);
	CHECK(tape_flush(t) == -EAGAIN);
	CHECK(tape_write(t, &r.head) == -EAGAIN);
	tape_writer_free(t);
	close(pipes[0]);
}

TEST(what_a_killed_writer_left_half_written_is_cut_off_by_the_next)
{
	static struct tape t;
	struct record r = { .type = RECORD_PROCESS, .size = 97 };
	char path[] = "/tmp/sonde-tape-XXXXXX", record[97] = {};
	int fd = mkstemp(path), again = dup(fd);
	uint64_t whole = 0;
	struct tape_error error;
	struct tape_writer *first = tape_writer_new(fd, &whole), *second;

	unlink(path);
	memcpy(record, &r, sizeof(r));
	CHECK(whole == 8 && !tape_write(first, (void *)record) && !tape_flush(first));
	CHECK(whole == 8 + STEP && write(again, record, 50) == 50);
	second = tape_writer_new(dup(again), &whole);
	CHECK(second && !tape_write(second, (void *)record) && !tape_flush(second));
	tape_writer_free(second);
	tape_writer_free(first);
	t.len = (size_t)pread(again, t.bytes, sizeof(t.bytes), 0);
	close(again);
	CHECK(t.len == 8 + 2 * STEP && !read_back(&t, &error) && t.records == 2);
}

TEST(only_whole_records_are_told_of)
{
	char path[] = "/tmp/sonde-tape-XXXXXX";
	int fd = mkstemp(path);
	uint64_t whole = 0;
	struct tape_writer *writer = tape_writer_new(fd, &whole);
	struct record *r = calloc(1, 97);
	bool aligned = true;

	unlink(path);
	*r = (struct record){ .type = RECORD_PROCESS, .size = 97 };
	for (int i = 0; i < 5000; i++) {
		aligned = aligned && !tape_write(writer, r) && (whole - 8) % STEP == 0;
	}
	CHECK(aligned && whole > 8);
	tape_writer_free(writer);
	free(r);
}
