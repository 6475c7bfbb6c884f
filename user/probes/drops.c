/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/drops.h"

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/probes/attacher.h"

struct drop {
	struct drop *next;
	int links[SET_LINKS];
	size_t count;
};

static void begin(struct child *place, int *links, size_t count)
{
	int gate = -1;
	pid_t pid = attacher_drop(links, count, &gate);

	if (pid > 0)
		child_await(place, pid, -1, NULL, ATTACHER_NS);
	closep(&gate);
}

static struct drop *first_taken(struct drops *d)
{
	struct drop *drop = d->first;

	d->first = drop->next;
	if (!d->first)
		d->last = NULL;
	d->open -= drop->count;
	return drop;
}

static void on_next(struct timer *timer, uint64_t now_ns)
{
	struct drops *d = container_of(timer, struct drops, next);
	struct child *place;

	(void)now_ns;
	while (d->first && (place = children_place(&d->children))) {
		struct drop *drop = first_taken(d);

		begin(place, drop->links, drop->count);
		free(drop);
	}
}

static void on_dropped(struct child *child)
{
	struct drops *d = container_of(child->owner, struct drops, children);

	loop_timer(d->children.loop, &d->next, monotonic_ns()); /* this place is free by then */
}

void drops_init(struct drops *d, struct loop *loop)
{
	*d = (struct drops){ .next.fired = on_next };
	children_init(&d->children, loop, on_dropped);
}

void drops_add(struct drops *d, int *links, size_t count)
{
	struct child *place = d->first ? NULL : children_place(&d->children);
	struct drop *drop;

	if (place) {
		begin(place, links, count);
		return;
	}
	drop = xcalloc(1, sizeof(*drop));
	drop->count = count;
	memcpy(drop->links, links, count * sizeof(links[0]));
	*(d->last ? &d->last->next : &d->first) = drop;
	d->last = drop;
	d->open += count;
}

void drops_free(struct drops *d)
{
	children_end(&d->children);
	loop_timer(d->children.loop, &d->next, 0);
	while (d->first) {
		struct drop *drop = first_taken(d);

		for (size_t i = 0; i < drop->count; i++)
			close(drop->links[i]);
		free(drop);
	}
}
