/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h - a BPF ring buffer, mapped and read.
 *
 * Reading needs no capability and no system call but mmap: the consumer's
 * position and the data are shared pages. Layout: kernel/bpf/ringbuf.c
 * (BPF_RINGBUF_BUSY_BIT, _DISCARD_BIT, header of 8 bytes, multiples of 8),
 * unchanged since 5.8. The data is mapped twice in a row, so that a record that
 * wraps around is read in one piece.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/str.h"

struct ring;

/* `fd` of a ring buffer of `bytes`; it stays the caller's. NULL when it cannot be mapped. */
struct ring *ring_new(int fd, size_t bytes);
void ring_free(struct ring *ring);

/*
 * How far a ring was read, in memory that outlives its reader. A reader may end between any two
 * of its stores; what it leaves is exact nevertheless.
 */
struct ring_note {
	uint64_t at;	/* where the record in hand begins */
	uint64_t taken; /* twice the records that were taken, and 1 while one is in hand */
};
uint64_t ring_taken(const struct ring_note *note);

/*
 * Keep `note` from now on. True: the reader before ended with a record in hand, and that one is
 * passed over now, as one that was taken.
 */
bool ring_keep(struct ring *ring, struct ring_note *note);

#define RING_NO_NEXT UINT64_MAX
/* When the next record was made (struct record), or RING_NO_NEXT: it is not there, or not whole. */
uint64_t ring_next_ns(const struct ring *ring);

/*
 * Take what is there, at most `max` records, oldest first, up to the first one that was made
 * after `until_ns`; RING_NO_NEXT: all, also what is no struct record. `taken` sees one
 * record's bytes, borrowed for the call; when it says false the record stays and
 * reading ends. Returns how many were taken.
 */
size_t ring_read(struct ring *ring, size_t max, uint64_t until_ns,
		 bool (*taken)(void *context, struct str record), void *context);

/* Is there a record that was not taken, or one that is still being written? */
bool ring_pending(const struct ring *ring);
/* Records that were made and not taken: counted by walking them. */
uint64_t ring_unread(const struct ring *ring);
