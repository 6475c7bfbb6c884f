/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/timeline.h"

#include "user/base/mem.h"
#include "user/trace/node.h"

static struct stretch *stretch_new(struct timeline *line)
{
	struct stretch *s = xcalloc(1, sizeof(*s));

	s->started_ns = s->earliest_ns = UINT64_MAX;
	s->older = line->newest;
	if (s->older) {
		s->older->newer = s;
		s->latest_ns = s->older->latest_ns;
	}
	line->newest = s;
	return s;
}

static void raise(uint64_t *highest, uint64_t value)
{
	if (value > *highest)
		*highest = value;
}

/* Those before the first one that is told already were told as well. */
static void tell_older(struct stretch *s, uint64_t started_ns)
{
	for (; s && s->earliest_ns > started_ns; s = s->older)
		s->earliest_ns = started_ns;
}

void timeline_add(struct timeline *line, struct node *n, struct timeline_place *ret)
{
	struct stretch *s =
		line->newest && line->newest->used < STRETCH ? line->newest : stretch_new(line);

	*ret = (struct timeline_place){ s, s->used };
	s->nodes[s->used++] = n;
	s->left++;
	if (n->started_ns < s->started_ns)
		s->started_ns = n->started_ns;
	tell_older(s, n->started_ns);
	raise(&s->ended_ns, n->ended_ns);
	raise(&s->latest_ns, n->ended_ns);
}

bool timeline_remove(struct timeline *line, const struct node *n, struct timeline_place *place)
{
	struct stretch *s = place->stretch;

	raise(&line->forgotten_ns, n->ended_ns);
	s->nodes[place->at] = NULL;
	if (--s->left)
		return true;
	*(s->newer ? &s->newer->older : &line->newest) = s->older;
	if (s->older)
		s->older->newer = s->newer;
	free(s);
	return line->newest;
}

static struct during begin_at(const struct timeline *line, const struct stretch *s,
			      uint64_t from_ns, uint64_t to_ns)
{
	return (struct during){ .looks = line ? line->looks : NULL,
				.at = s,
				.next = s ? s->used : 0,
				.from_ns = from_ns,
				.to_ns = to_ns,
				.once = true };
}

struct during during_begin(const struct timeline *line, uint64_t from_ns, uint64_t to_ns)
{
	return begin_at(line, line ? line->newest : NULL, from_ns, to_ns);
}

struct during during_beside(const struct timeline *line, const struct timeline_place *place,
			    uint64_t from_ns, uint64_t to_ns)
{
	const struct stretch *s = place->stretch;

	if (!s)
		return during_begin(line, from_ns, to_ns);
	for (; s->newer && s->newer->earliest_ns <= to_ns; s = s->newer)
		++*line->looks;
	return begin_at(line, s, from_ns, to_ns);
}

/* The next one of this stretch. */
static struct node *next_here(struct during *d)
{
	while (d->next) {
		struct node *n = d->at->nodes[--d->next];

		++*d->looks;
		if (n && n->started_ns <= d->to_ns && n->ended_ns >= d->from_ns)
			return n;
	}
	return NULL;
}

struct node *during_next(struct during *d)
{
	while (d->at && d->at->latest_ns >= d->from_ns) {
		const struct stretch *s = d->at;
		bool ran = s->started_ns <= d->to_ns && s->ended_ns >= d->from_ns &&
			   (!d->waiting || s->waiting_calls);
		struct node *n = ran ? next_here(d) : NULL;

		if (n)
			return n;
		++*d->looks;
		d->at = s->older;
		d->next = d->at ? d->at->used : 0;
	}
	return NULL;
}
