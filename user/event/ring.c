/* SPDX-License-Identifier: Apache-2.0 */
#include "user/event/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include "headers/record.h"
#include "user/base/mem.h"

enum { HEADER_BYTES = 8 };
#define BUSY	(UINT32_C(1) << 31)
#define DISCARD (UINT32_C(1) << 30)

struct ring {
	size_t bytes, page;
	uint64_t *consumer;	  /* first page: ours to write */
	const uint64_t *producer; /* second page, then the data twice */
	const char *data;
	struct ring_note *note, unkept;
};

enum { IN_HAND = 1, ONE_TAKEN = 2 }; /* of ring_note's `taken` */

struct ring *ring_new(int fd, size_t bytes)
{
	struct ring *ring = xcalloc(1, sizeof(*ring));
	void *producer;

	ring->bytes = bytes;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring->consumer == MAP_FAILED) {
		free(ring);
		return NULL;
	}
	producer = mmap(NULL, ring->page + 2 * bytes, PROT_READ, MAP_SHARED, fd, (off_t)ring->page);
	if (producer == MAP_FAILED) {
		munmap(ring->consumer, ring->page);
		free(ring);
		return NULL;
	}
	ring->producer = producer;
	ring->data = (const char *)producer + ring->page;
	ring->note = &ring->unkept;
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	munmap(ring->consumer, ring->page);
	munmap((void *)ring->producer, ring->page + 2 * ring->bytes);
	free(ring);
}

static uint64_t produced(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

/* Header of the record at `at`; false while the kernel half still writes it. */
static bool header_at(const struct ring *ring, uint64_t at, uint32_t *len)
{
	const uint32_t *header = (const uint32_t *)(ring->data + (at & (ring->bytes - 1)));

	*len = __atomic_load_n(header, __ATOMIC_ACQUIRE);
	return !(*len & BUSY);
}

static uint64_t next_after(uint64_t at, uint32_t len)
{
	uint64_t bytes = (len & ~(BUSY | DISCARD)) + HEADER_BYTES;

	return at + (bytes + 7) / 8 * 8;
}

uint64_t ring_taken(const struct ring_note *note)
{
	return __atomic_load_n(&note->taken, __ATOMIC_ACQUIRE) / ONE_TAKEN;
}

static void take_in_hand(struct ring_note *note, uint64_t at)
{
	note->at = at;
	__atomic_store_n(&note->taken, note->taken | IN_HAND, __ATOMIC_RELEASE);
}

static void put_back(struct ring_note *note)
{
	__atomic_store_n(&note->taken, note->taken & ~(uint64_t)IN_HAND, __ATOMIC_RELEASE);
}

static void count_taken(struct ring_note *note)
{
	__atomic_store_n(&note->taken, (note->taken | IN_HAND) + 1, __ATOMIC_RELEASE);
}

static void pass(struct ring *ring, uint64_t at)
{
	__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
}

bool ring_keep(struct ring *ring, struct ring_note *note)
{
	uint64_t at = *ring->consumer;
	bool fatal = false;
	uint32_t len;

	ring->note = note;
	if (!(note->taken & IN_HAND))
		return false;
	if (note->at == at && at < produced(ring) && header_at(ring, at, &len)) {
		fatal = true;
		pass(ring, next_after(at, len));
	}
	count_taken(note);
	return fatal;
}

static const char *bytes_at(const struct ring *ring, uint64_t at)
{
	return ring->data + (at & (ring->bytes - 1)) + HEADER_BYTES;
}

/* Of a record; what is too short for one, or was given up, is as old as can be. */
static uint64_t time_at(const struct ring *ring, uint64_t at, uint32_t len)
{
	struct record record;

	if (len & DISCARD || len < sizeof(record))
		return 0;
	memcpy(&record, bytes_at(ring, at), sizeof(record));
	return record.at_ns;
}

uint64_t ring_next_ns(const struct ring *ring)
{
	uint64_t at = *ring->consumer;
	uint32_t len;

	return at < produced(ring) && header_at(ring, at, &len) ? time_at(ring, at, len)
								: RING_NO_NEXT;
}

size_t ring_read(struct ring *ring, size_t max, uint64_t until_ns,
		 bool (*taken)(void *context, struct str record), void *context)
{
	uint64_t at = *ring->consumer, end = produced(ring);
	size_t count = 0;
	uint32_t len;

	while (at < end && count < max && header_at(ring, at, &len)) {
		if (until_ns != RING_NO_NEXT && time_at(ring, at, len) > until_ns)
			break;
		if (len & DISCARD) {
			at = next_after(at, len);
			pass(ring, at);
			continue;
		}
		take_in_hand(ring->note, at);
		if (!taken(context, (struct str){ bytes_at(ring, at), len })) {
			put_back(ring->note);
			break;
		}
		at = next_after(at, len);
		pass(ring, at);
		count_taken(ring->note);
		count++;
	}
	return count;
}

bool ring_pending(const struct ring *ring)
{
	return *ring->consumer < produced(ring);
}

uint64_t ring_unread(const struct ring *ring)
{
	uint64_t count = 0, end = produced(ring);
	uint32_t len;

	for (uint64_t at = *ring->consumer; at < end; at = next_after(at, len)) {
		header_at(ring, at, &len);
		count += !(len & DISCARD);
	}
	return count;
}
