/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/rings.h"

#include <sys/mman.h>

#include "headers/capture.h"
#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/event/ring.h"

enum {
	BATCH = 1024,	/* records a ring before the web gets its turn */
	IDLE_TICKS = 5, /* without a record before sleep is deep */
};
#define TICK_NS (40 * NS_PER_MS)

struct one {
	struct watch watch;
	struct ring *ring;
	struct rings *all;
	bool stuck; /* its next record cannot be taken yet */
};

struct rings {
	struct rings_options options;
	struct capture_control *control;
	struct timer timer;
	struct one ring[RINGS_MAX];
	int idle_ticks;
	uint64_t skipped;
};

static void sleep_set(struct rings *r, enum ring_sleep how)
{
	for (size_t i = 0; i < r->options.count; i++)
		__atomic_store_n(&r->control->ring_sleep[i], how, __ATOMIC_SEQ_CST);
}

static bool any_pending(const struct rings *r)
{
	for (size_t i = 0; i < r->options.count; i++)
		if (ring_pending(r->ring[i].ring))
			return true;
	return false;
}

/*
 * Settle how to be woken. A record that is still being written has asked before
 * now whether to wake anybody, so it counts: sleep is deep only over empty
 * rings, and what came between the last look and now is looked at at once.
 */
static void settle(struct rings *r, bool left)
{
	uint64_t now = monotonic_ns();

	if (r->idle_ticks < IDLE_TICKS || left) {
		sleep_set(r, RING_DOZING);
		loop_timer(r->options.loop, &r->timer, now + TICK_NS);
		return;
	}
	sleep_set(r, RING_ASLEEP);
	loop_timer(r->options.loop, &r->timer, any_pending(r) ? now : 0);
}

/* The ring whose next record is the oldest of all; `ret_until`: when the next one of others was made. */
static struct one *oldest(struct rings *r, uint64_t *ret_until)
{
	struct one *first = NULL;
	uint64_t first_ns = RING_NO_NEXT;

	*ret_until = RING_NO_NEXT;
	for (size_t i = 0; i < r->options.count; i++) {
		struct one *one = &r->ring[i];
		uint64_t next_ns = one->stuck ? RING_NO_NEXT : ring_next_ns(one->ring);

		if (next_ns < first_ns) {
			*ret_until = first_ns;
			first_ns = next_ns;
			first = one;
		} else if (next_ns < *ret_until) {
			*ret_until = next_ns;
		}
	}
	return first;
}

/* Take at most `max` records of all rings in the order in which they were made. */
static size_t take_in_order(struct rings *r, size_t max)
{
	size_t taken = 0;
	struct one *one;
	uint64_t until;

	for (size_t i = 0; i < r->options.count; i++)
		r->ring[i].stuck = false;
	while (taken < max && (one = oldest(r, &until))) {
		size_t got = ring_read(one->ring, max - taken, until, r->options.take,
				       r->options.context);

		taken += got;
		/* Its first record waits for something; the others go on. */
		one->stuck = !got;
	}
	return taken;
}

void rings_read(struct rings *r)
{
	size_t most = BATCH * r->options.count, taken;

	sleep_set(r, RING_AWAKE);
	taken = take_in_order(r, most);
	r->idle_ticks = taken ? 0 : r->idle_ticks + 1;
	if (taken == most) {
		r->options.behind(r->options.context);
		loop_timer(r->options.loop, &r->timer, monotonic_ns());
		return;
	}
	r->options.drained(r->options.context);
	settle(r, any_pending(r));
}

void rings_drain(struct rings *r)
{
	sleep_set(r, RING_AWAKE);
	take_in_order(r, SIZE_MAX);
	r->options.drained(r->options.context);
}

static void on_ring(struct watch *watch, uint32_t events)
{
	(void)events;
	rings_read(container_of(watch, struct one, watch)->all);
}

static void on_timer(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	rings_read(container_of(timer, struct rings, timer));
}

static bool ring_begin(struct rings *r, size_t i)
{
	struct one *one = &r->ring[i];

	one->all = r;
	one->ring = ring_new(r->options.fds[i], r->options.bytes);
	r->skipped += one->ring && ring_keep(one->ring, &r->options.notes[i]);
	one->watch = (struct watch){ .fd = r->options.fds[i], .ready = on_ring };
	/* Edge-triggered: what is left in a ring on purpose must not spin the loop. */
	return one->ring && !loop_watch(r->options.loop, &one->watch, EPOLLIN | EPOLLET);
}

struct rings *rings_new(const struct rings_options *options)
{
	struct rings *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	r->timer.fired = on_timer;
	r->control = mmap(NULL, sizeof(*r->control), PROT_READ | PROT_WRITE, MAP_SHARED,
			  options->control_fd, 0);
	if (r->control == MAP_FAILED) {
		free(r);
		return NULL;
	}
	for (size_t i = 0; i < options->count; i++)
		if (!ring_begin(r, i)) {
			rings_free(r);
			return NULL;
		}
	loop_timer(options->loop, &r->timer, monotonic_ns());
	return r;
}

void rings_free(struct rings *r)
{
	if (!r)
		return;
	loop_timer(r->options.loop, &r->timer, 0);
	for (size_t i = 0; i < r->options.count && r->ring[i].ring; i++) {
		loop_unwatch(r->options.loop, &r->ring[i].watch);
		ring_free(r->ring[i].ring);
	}
	munmap(r->control, sizeof(*r->control));
	free(r);
}

uint64_t rings_skipped(const struct rings *r)
{
	return r->skipped;
}

uint64_t rings_taken(const struct rings *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->options.count; i++)
		sum += ring_taken(&r->options.notes[i]);
	return sum;
}

uint64_t rings_unread(const struct rings *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->options.count; i++)
		sum += ring_unread(r->ring[i].ring);
	return sum;
}
