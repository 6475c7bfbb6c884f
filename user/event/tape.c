/* SPDX-License-Identifier: Apache-2.0 */
#include "user/event/tape.h"

#include <endian.h>
#include <errno.h>
#include <unistd.h>

#include "user/base/mem.h"
#include "user/event/event.h"

enum {
	ALIGNMENT = 8,
	WRITER_BYTES = 64 << 10, /* a few hundred records a write */
};

static const char magic[ALIGNMENT] = "sondeTP4";
static const char zeros[ALIGNMENT];

struct tape_writer {
	int fd, failed; /* failed: 0 or the negative errno */
	uint64_t written, *whole;
	size_t len;
	char waiting[WRITER_BYTES];
};

static size_t padded(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static int write_all(struct tape_writer *t, struct str bytes)
{
	while (!t->failed && bytes.len) {
		ssize_t n = write(t->fd, bytes.at, bytes.len);

		if (n > 0) {
			bytes = str_after(bytes, (size_t)n);
			t->written += (uint64_t)n;
		} else if (n < 0 && errno != EINTR) {
			t->failed = -errno;
		}
	}
	return t->failed;
}

/* Perhaps in the middle of a record. */
static int spill(struct tape_writer *t)
{
	struct str bytes = { t->waiting, t->len };

	t->len = 0;
	return write_all(t, bytes);
}

int tape_flush(struct tape_writer *t)
{
	if (!spill(t))
		__atomic_store_n(t->whole, t->written, __ATOMIC_RELEASE);
	return t->failed;
}

static int add(struct tape_writer *t, struct str bytes)
{
	if (bytes.len > sizeof(t->waiting) - t->len && spill(t))
		return t->failed;
	if (bytes.len > sizeof(t->waiting))
		return write_all(t, bytes);
	memcpy(t->waiting + t->len, bytes.at, bytes.len);
	t->len += bytes.len;
	return 0;
}

struct tape_writer *tape_writer_new(int fd, uint64_t *whole)
{
	struct tape_writer *t = xcalloc(1, sizeof(*t));

	t->fd = fd;
	t->whole = whole;
	t->written = *whole;
	if (*whole && (ftruncate(fd, (off_t)*whole) || lseek(fd, (off_t)*whole, SEEK_SET) < 0))
		t->failed = -errno;
	if (!t->failed && !*whole)
		add(t, (struct str){ magic, sizeof(magic) });
	if (tape_flush(t)) {
		tape_writer_free(t);
		return NULL;
	}
	return t;
}

int tape_write(struct tape_writer *t, const struct record *record)
{
	if (t->failed || (padded(record->size) > sizeof(t->waiting) - t->len && tape_flush(t)))
		return t->failed;
	if (add(t, (struct str){ (const char *)record, record->size }))
		return t->failed;
	return add(t, (struct str){ zeros, padded(record->size) - record->size });
}

void tape_writer_free(struct tape_writer *t)
{
	if (!t)
		return;
	tape_flush(t);
	close(t->fd);
	free(t);
}

/* The last `len` bytes, fewer than ALIGNMENT, before `end`. */
static inline bool are_zeros(const char *end, size_t len)
{
	uint64_t word;

	memcpy(&word, end - ALIGNMENT, ALIGNMENT);
	return !len || !(be64toh(word) << (ALIGNMENT - len) * 8);
}

/* Why the bytes at the front are no record; NULL when they are one, padding and all. */
static inline const char *what_is_wrong(struct str bytes, const struct record **ret)
{
	const struct record *r = (const struct record *)(const void *)bytes.at;
	size_t size;

	if (bytes.len < sizeof(*r))
		return "cut short inside a record's head";
	size = r->size;
	if (padded(size) > bytes.len)
		return "cut short inside a record";
	*ret = event_check(bytes);
	if (!*ret)
		return "not a record";
	if (!are_zeros(bytes.at + padded(size), padded(size) - size))
		return "padding that is not zero";
	return NULL;
}

int tape_read(struct str bytes, void (*each)(void *context, const struct record *record),
	      void *context, struct tape_error *error)
{
	const struct record *record;
	size_t at = sizeof(magic);

	if (!str_starts(bytes, (struct str){ magic, sizeof(magic) })) {
		*error = (struct tape_error){ 0, "not a tape" };
		return -EINVAL;
	}
	for (; at < bytes.len; at += padded(record->size)) {
		const char *wrong = what_is_wrong(str_after(bytes, at), &record);

		if (wrong) {
			*error = (struct tape_error){ at, wrong };
			return -EINVAL;
		}
		each(context, record);
	}
	return 0;
}
