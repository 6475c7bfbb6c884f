/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ship.h - from a step to a record in the connection's ring.
 *
 * A record is reserved in the ring and written there: per-CPU scratch memory is
 * not private on preemptible kernels. Rings take constant sizes only, so there
 * are size classes. Segments of an iovec are copied into a class of twice their
 * bytes: the verifier knows the offset and the length of a copy each to be at
 * most the bytes, and not their sum.
 */
#pragma once

#include "bpf/settings.h"
#include "bpf/source.h"
#include "bpf/turn.h"

enum { SEGMENTS = 8, TAIL_MASK = 7 };

static __always_inline void *ring_of(__u64 cookie, __u32 *ret_index)
{
	__u32 index = cookie & ring_mask;

	*ret_index = index;
	return bpf_map_lookup_elem(&rings, &index);
}

/* A sleeping worker is woken once: by the first record, or when an eighth of the ring is full. */
static __always_inline __u64 ring_wake_flags(void *ring, __u32 index)
{
	__u32 zero = 0;
	struct capture_control *c = bpf_map_lookup_elem(&control, &zero);

	if (!c || index >= RINGS_MAX || c->ring_sleep[index] == RING_AWAKE)
		return BPF_RB_NO_WAKEUP;
	if (c->ring_sleep[index] == RING_DOZING &&
	    bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < ring_wake_bytes)
		return BPF_RB_NO_WAKEUP;
	c->ring_sleep[index] = RING_AWAKE;
	return BPF_RB_FORCE_WAKEUP;
}

/*
 * What a record says besides its step. It holds no pointers, for global
 * functions take plain memory; they are global so that the verifier looks at
 * each once and not at every path that calls it.
 */
struct shipment {
	struct process_id process;
	struct source source;
	__u64 cookie, now, tail;
	__u32 op_bytes, thread;
	__u32 head_limit, head_shipped;
	__u32 cause; /* counter of why the bytes cannot be read; 0: they can */
	__u32 flags; /* enum record_flags for every record of the operation */
};

static __always_inline void record_fill(struct record *head, __u16 type, __u32 size,
					const struct shipment *s)
{
	head->type = type;
	head->reserved = 0;
	head->size = size;
	head->at_ns = s->now;
	head->process = s->process;
	head->cookie = s->cookie;
}

static __always_inline void record_turn_fill(struct record_turn *r, const struct step *step,
					     const struct shipment *s)
{
	r->number = step->number;
	r->direction = step->direction;
	r->flags = step->flags | s->flags;
	r->length = 0;
	r->thread = s->thread;
	r->op_bytes = s->op_bytes;
	r->offset = step->offset;
	r->turn = step->turn;
	r->before = step->before;
}

/* The turn of the other direction that the operation found opened before it. */
static __always_inline void record_other_fill(struct record_turn *r, const struct step *step,
					      const struct shipment *s)
{
	r->number = step->other_number;
	r->direction = !step->direction;
	r->flags = RECORD_OPENS | RECORD_UNREADABLE | s->flags;
	r->length = 0;
	r->thread = s->thread;
	r->op_bytes = 0;
	r->offset = 0;
	r->turn = step->before;
	r->before = step->earlier;
}

/*
 * Copy up to `want` bytes of an iovec; `half` is half the room. The clamps make
 * each round look the same to the verifier, whatever the one before did.
 */
static __always_inline __u32 copy_segments(__u8 *to, __u64 want, const __u64 half,
					   const struct source *source)
{
	__u64 done = 0;

	for (__u32 i = 0; i < SEGMENTS && i < source->segments && done < want; i++) {
		struct user_iovec segment;
		__u64 len = want - done;

		if (bpf_probe_read_user(&segment, sizeof(segment),
					(void *)(source->at + i * sizeof(segment))))
			break;
		if (len > segment.len)
			len = segment.len;
		CLAMP(len, half);
		CLAMP(done, half);
		if (bpf_probe_read_user(to + done, len, (void *)segment.base))
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
		return copy_segments(to, want, room / 2, source);
	CLAMP(want, room);
	return bpf_probe_read_user(to, want, (void *)source->at) ? 0 : want;
}

/* One size class: reserve, fill, copy, submit. */
#define SHIP_CLASS(room_)                                                                          \
	do {                                                                                       \
		struct record_turn *r =                                                            \
			bpf_ringbuf_reserve(ring, sizeof(struct record_turn) + (room_), 0);        \
		__u32 copied;                                                                      \
		if (!r) {                                                                          \
			count(COUNT_RING_FULL);                                                    \
			return -1;                                                                 \
		}                                                                                  \
		record_turn_fill(r, step, s);                                                      \
		copied = copy_bytes(r->payload, want, (room_), &s->source);                        \
		if (copied < want) {                                                               \
			count(COUNT_FAULT);                                                        \
			r->flags |= RECORD_UNREADABLE;                                             \
		}                                                                                  \
		if (want < s->op_bytes)                                                            \
			r->flags |= RECORD_CUT;                                                    \
		r->length = copied;                                                                \
		record_fill(&r->head, RECORD_BYTES, sizeof(*r) + copied, s);                       \
		bpf_ringbuf_submit(r, ring_wake_flags(ring, index));                               \
		return 0;                                                                          \
	} while (0)

/* A record with the first `step->ship` bytes of the operation. */
__noinline int ship_bytes(const struct step *step, const struct shipment *s)
{
	__u32 want, need, index;
	void *ring;

	if (!step || !s)
		return -1;
	ring = ring_of(s->cookie, &index);
	if (!ring)
		return -1;
	want = step->ship;
	if (want > OP_BYTES)
		want = OP_BYTES;
	count(COUNT_RECORDS);
	need = s->source.segments ? 2 * want : want;
	if (need <= 128)
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

/* A record of `type` without bytes: of the operation's turn, or of the `other` one. */
__noinline int ship_totals(const struct step *step, const struct shipment *s, __u16 type,
			   bool other)
{
	struct record_turn *r;
	__u32 index;
	void *ring;

	if (!step || !s)
		return -1;
	ring = ring_of(s->cookie, &index);
	if (!ring)
		return -1;
	count(COUNT_RECORDS);
	r = bpf_ringbuf_reserve(ring, sizeof(*r), 0);
	if (!r) {
		count(COUNT_RING_FULL);
		return -1;
	}
	if (other)
		record_other_fill(r, step, s);
	else
		record_turn_fill(r, step, s);
	record_fill(&r->head, type, sizeof(*r), s);
	bpf_ringbuf_submit(r, ring_wake_flags(ring, index));
	return 0;
}

/* Who talks to whom. `type` and the rest of the head are filled here. */
__noinline int ship_connection(const struct record_connection *from, const struct shipment *s)
{
	struct record_connection *r;
	__u32 index;
	void *ring;

	if (!from || !s)
		return -1;
	ring = ring_of(s->cookie, &index);
	if (!ring)
		return -1;
	count(COUNT_RECORDS);
	r = bpf_ringbuf_reserve(ring, sizeof(*r), 0);
	if (!r) {
		count(COUNT_RING_FULL);
		return -1;
	}
	*r = *from;
	record_fill(&r->head, RECORD_CONNECTION, sizeof(*r), s);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}
