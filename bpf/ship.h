/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ship.h - from a step to a record in the connection's ring.
 *
 * A record is reserved in the ring and written there: per-CPU scratch memory is
 * not private on preemptible kernels. Rings take constant sizes only, so there
 * are size classes. Segments of an iovec are copied into a class of twice their
 * bytes: the verifier knows the offset and the length of a copy each to be at
 * most the bytes, and not their sum.
 *
 * The functions that ship are global, so that the verifier looks at each once
 * and not at every path that calls it.
 */
#pragma once

#include "bpf/settings.h"
#include "bpf/turn.h"

enum shipped { SHIPPED = 0, NO_ROOM = -1, NOTHING_TO_SHIP = 1 };

static __always_inline void *ring_of(__u64 cookie, __u32 *ret_index)
{
	__u32 index = cookie & ring_mask;

	*ret_index = index;
	return bpf_map_lookup_elem(&rings, &index);
}

/*
 * A sleeping worker is woken once: by the first record, or when an eighth of the
 * ring is full. One record in eight, as the clock has it, looks how full it is.
 */
static __always_inline __u64 ring_wake_flags(void *ring, __u32 index, __u64 now)
{
	__u32 zero = 0;
	struct capture_control *c = bpf_map_lookup_elem(&control, &zero);

	if (!c || index >= RINGS_MAX || c->ring_sleep[index] == RING_AWAKE)
		return BPF_RB_NO_WAKEUP;
	if (c->ring_sleep[index] == RING_DOZING &&
	    ((now >> 6 & 7) || bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < ring_wake_bytes))
		return BPF_RB_NO_WAKEUP;
	c->ring_sleep[index] = RING_AWAKE;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void record_fill(struct record *head, __u16 type, __u32 size,
					const struct operation *op)
{
	head->type = type;
	head->reserved = 0;
	head->size = size;
	head->at_ns = op->now;
	head->process = op->process;
	head->cookie = op->cookie;
}

static __always_inline void record_turn_fill(struct record_turn *r, const struct step *step,
					     const struct operation *op)
{
	r->number = step->number;
	r->direction = step->direction;
	r->flags = step->flags | op->flags;
	r->length = 0;
	r->thread = op->thread;
	r->op_bytes = op->bytes;
	r->offset = step->offset;
	r->turn = step->turn;
	r->before = step->before;
	r->cause = op->cause;
	r->clocks = op->clocks;
	r->before_clocks = step->before_clocks;
	r->before_thread = step->before_thread;
	r->arrived_waited = op->arrived_waited;
	r->arrived_throttled = op->arrived_throttled;
	r->padding = 0;
	r->arrived_from_ns = op->arrived_from_ns;
}

/*
 * Copy up to `want` bytes of an iovec, half of the room at most; the iovec itself is read into
 * the other half, for the stack is short. The clamps make each round look the
 * same to the verifier, whatever the one before did.
 */
static __always_inline __u32 copy_segments(__u8 *to, __u64 want, const __u64 room,
					   const struct source *source)
{
	struct user_iovec *segment = (struct user_iovec *)(to + room) - SEGMENTS;
	__u64 done = 0, count = source->segments;
	const __u64 half = room / 2;

	CLAMP(count, SEGMENTS);
	if (bpf_probe_read_user(segment, count * sizeof(segment[0]), (void *)source->at))
		return 0;
	for (__u32 i = 0; i < SEGMENTS && i < count && done < want; i++) {
		__u64 len = want - done;

		if (len > segment[i].len)
			len = segment[i].len;
		CLAMP(len, half);
		CLAMP(done, half);
		if (bpf_probe_read_user(to + done, len, (void *)segment[i].base))
			break;
		done += len;
		CLAMP(done, half);
	}
	return done;
}

/* Bytes copied; less than `want` when the buffer could not be read. */
static __always_inline __u32 copy_bytes(__u8 *to, __u64 want, const __u64 room,
					const struct source *source)
{
	if (source->segments)
		return copy_segments(to, want, room, source);
	CLAMP(want, room);
	return bpf_probe_read_user(to, want, (void *)source->at) ? 0 : want;
}

/* Reserve `size_`, a constant, for one record more; where the ring is full, count it and leave. */
#define RESERVE(ring_, size_)                                                                      \
	({                                                                                         \
		void *r_ = bpf_ringbuf_reserve(ring_, size_, 0);                                   \
		if (!r_) {                                                                         \
			count(COUNT_RING_FULL);                                                    \
			return NO_ROOM;                                                            \
		}                                                                                  \
		r_;                                                                                \
	})

/* One size class: reserve, fill, copy, submit. */
#define SHIP_CLASS(room_)                                                                          \
	do {                                                                                       \
		struct record_turn *r = RESERVE(ring, sizeof(*r) + (room_));                       \
		__u32 copied;                                                                      \
		record_turn_fill(r, step, op);                                                     \
		copied = copy_bytes(r->payload, want, (room_), &op->source);                       \
		if (copied < want) {                                                               \
			count(COUNT_FAULT);                                                        \
			r->flags |= RECORD_UNREADABLE;                                             \
		}                                                                                  \
		if (want < op->bytes)                                                              \
			r->flags |= RECORD_CUT;                                                    \
		r->length = copied;                                                                \
		record_fill(&r->head, RECORD_BYTES, sizeof(*r) + copied, op);                      \
		bpf_ringbuf_submit(r, ring_wake_flags(ring, index, op->now));                      \
		return 0;                                                                          \
	} while (0)

/* A record with the first `step->ship` bytes of the operation; the caller has counted it. */
__noinline int ship_bytes(const struct step *step, const struct operation *op)
{
	__u32 want, need, index;
	void *ring;

	if (!step || !op)
		return NO_ROOM;
	ring = ring_of(op->cookie, &index);
	if (!ring)
		return NO_ROOM;
	want = step->ship;
	if (want > OP_BYTES)
		want = OP_BYTES;
	need = op->source.segments ? 2 * want : want;
	if (need <= 128 && !op->source.segments)
		SHIP_CLASS(128);
	if (need <= 256)
		SHIP_CLASS(256);
	if (need <= 512)
		SHIP_CLASS(512);
	if (need <= 1024)
		SHIP_CLASS(1024);
	if (need <= 4096)
		SHIP_CLASS(4096);
	SHIP_CLASS(OP_BYTES);
}

/* A record of `type` without bytes: only the totals. */
__noinline int ship_totals(const struct step *step, const struct operation *op, __u16 type)
{
	struct record_turn *r;
	__u32 index;
	void *ring;

	if (!step || !op)
		return NO_ROOM;
	ring = ring_of(op->cookie, &index);
	if (!ring)
		return NO_ROOM;
	count(COUNT_RECORDS);
	r = RESERVE(ring, sizeof(*r));
	record_turn_fill(r, step, op);
	record_fill(&r->head, type, sizeof(*r), op);
	bpf_ringbuf_submit(r, ring_wake_flags(ring, index, op->now));
	return 0;
}
