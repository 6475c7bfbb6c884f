/* SPDX-License-Identifier: Apache-2.0 */
#include "user/pause/recent.h"

#include "user/base/mem.h"

#define KEEP_NS	 (60 * NS_PER_S)
#define SWEEP_NS (10 * NS_PER_S)
/* Threads tell of their pauses by rings of their own: so much later may one come that ended before. */
#define ORDER_NS (100 * NS_PER_MS)

static_assert(sizeof(struct seen_pause) == 32, "a ring is 4 KiB");

struct ring {
	struct process_id process; /* the key, its padding 0 */
	uint64_t newest_ns;	   /* end of the last */
	uint64_t forgotten_ns;	   /* end of the youngest that made room; 0: none did */
	size_t count;		   /* that it ever took */
	struct seen_pause at[RECENT_PAUSES];
};

static struct process_id key_of(struct process_id process)
{
	return (struct process_id){ .started_ns = process.started_ns, .tgid = process.tgid };
}

static bool is_of(const struct ring *ring, struct process_id process)
{
	return ring && ring->process.tgid == process.tgid &&
	       ring->process.started_ns == process.started_ns;
}

static struct ring *ring_find(const struct recent *r, struct process_id process)
{
	const struct process_id key = key_of(process);

	if (is_of(r->last, process))
		return r->last;
	return table_find(&r->rings, (struct str){ (const char *)&key, sizeof(key) });
}

static bool is_old(void *value, void *context)
{
	const struct recent *r = context;
	struct ring *ring = value;

	if (r->swept_ns < ring->newest_ns || r->swept_ns - ring->newest_ns < KEEP_NS)
		return false;
	free(ring);
	return true;
}

static void sweep(struct recent *r, uint64_t now_ns)
{
	if (now_ns < r->swept_ns + SWEEP_NS)
		return;
	r->swept_ns = now_ns;
	r->last = NULL;
	table_sweep(&r->rings, is_old, r);
}

/* NULL when there are too many, which the table counts. */
static struct ring *ring_make(struct recent *r, struct process_id process)
{
	struct ring *ring;

	if (r->rings.count == r->rings.limit) {
		r->rings.refused++;
		return NULL;
	}
	ring = xcalloc(1, sizeof(*ring));
	ring->process = key_of(process);
	if (table_put(&r->rings, (struct str){ (const char *)&ring->process, sizeof(process) },
		      ring))
		abort(); /* it was looked for, and there is room */
	return ring;
}

void recent_add(struct recent *r, struct process_id process, const struct seen_pause *pause)
{
	struct ring *ring;
	struct seen_pause *at;

	sweep(r, pause->ended_ns);
	ring = ring_find(r, process);
	if (!ring)
		ring = ring_make(r, process);
	if (!ring)
		return;
	r->last = ring;
	at = &ring->at[ring->count % RECENT_PAUSES];
	r->hurried += ring->count >= RECENT_PAUSES && pause->ended_ns < at->ended_ns + RECENT_NS;
	if (ring->count >= RECENT_PAUSES && at->ended_ns > ring->forgotten_ns)
		ring->forgotten_ns = at->ended_ns;
	*at = *pause;
	ring->count++;
	if (pause->ended_ns > ring->newest_ns)
		ring->newest_ns = pause->ended_ns;
}

void recent_since(const struct recent *r, struct process_id process, uint64_t from_ns,
		  pause_visit *visit, void *context)
{
	const struct ring *ring = r->rings.count ? ring_find(r, process) : NULL;
	size_t kept;

	if (!ring || ring->newest_ns < from_ns)
		return;
	kept = ring->count < RECENT_PAUSES ? ring->count : RECENT_PAUSES;
	for (size_t i = 1; i <= kept; i++) {
		const struct seen_pause *pause = &ring->at[(ring->count - i) % RECENT_PAUSES];

		if (pause->ended_ns + ORDER_NS < from_ns)
			return;
		visit(context, pause);
	}
}

bool recent_knows_all(const struct recent *r, struct process_id process, uint64_t from_ns)
{
	const struct ring *ring = r->rings.count ? ring_find(r, process) : NULL;

	return !ring || ring->forgotten_ns <= from_ns;
}

static bool drop(void *value, void *context)
{
	(void)context;
	free(value);
	return true;
}

void recent_init(struct recent *r, size_t max_processes)
{
	*r = (struct recent){};
	table_init(&r->rings, max_processes);
}

void recent_free(struct recent *r)
{
	table_sweep(&r->rings, drop, NULL);
	table_free(&r->rings);
}
