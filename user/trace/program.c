/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/program.h"

#include "user/base/mem.h"
#include "user/trace/node.h"

static uint64_t key_of(struct process_id process)
{
	return mix(process.started_ns, process.tgid);
}

struct program *program_find(const struct trace *t, struct process_id process)
{
	return table_find_u64(&t->programs, key_of(process));
}

struct program *program_make(struct trace *t, struct process_id process)
{
	struct program *p = program_find(t, process);

	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->process = process;
	p->open_since = p->untold_since = UINT64_MAX;
	if (table_put_u64(&t->programs, key_of(process), p)) {
		free(p);
		return NULL;
	}
	return p;
}

static struct stretch *stretch_new(struct program *p)
{
	struct stretch *s = xcalloc(1, sizeof(*s));

	s->started_ns = UINT64_MAX;
	s->older = p->newest;
	if (s->older) {
		s->older->newer = s;
		s->latest_ns = s->older->latest_ns;
	}
	p->newest = s;
	return s;
}

static void raise(uint64_t *highest, uint64_t value)
{
	if (value > *highest)
		*highest = value;
}

void program_add(struct node *n)
{
	struct program *p = n->program;
	struct stretch *s;

	if (!p)
		return;
	s = p->newest && p->newest->used < STRETCH ? p->newest : stretch_new(p);
	n->stretch = s;
	n->stretch_at = s->used;
	s->nodes[s->used++] = n;
	s->left++;
	if (n->started_ns < s->started_ns)
		s->started_ns = n->started_ns;
	raise(&s->ended_ns, n->ended_ns);
	raise(&s->latest_ns, n->ended_ns);
}

void program_remove(struct trace *t, struct node *n)
{
	struct program *p = n->program;
	struct stretch *s = n->stretch;

	if (!p)
		return;
	raise(&p->forgotten_ns, n->ended_ns);
	s->nodes[n->stretch_at] = NULL;
	if (--s->left)
		return;
	*(s->newer ? &s->newer->older : &p->newest) = s->older;
	if (s->older)
		s->older->newer = s->newer;
	free(s);
	if (p->newest)
		return;
	table_remove_u64(&t->programs, key_of(p->process));
	free(p);
}

struct during during_begin(const struct program *p, uint64_t from_ns, uint64_t to_ns)
{
	const struct stretch *s = p ? p->newest : NULL;

	return (struct during){ s, s ? s->used : 0, from_ns, to_ns, true };
}

/* The next one of this stretch. */
static struct node *next_here(struct during *d)
{
	while (d->next) {
		struct node *n = d->at->nodes[--d->next];

		if (n && n->started_ns <= d->to_ns && n->ended_ns >= d->from_ns)
			return n;
	}
	return NULL;
}

struct node *during_next(struct during *d)
{
	while (d->at && d->at->latest_ns >= d->from_ns) {
		const struct stretch *s = d->at;
		bool ran = s->started_ns <= d->to_ns && s->ended_ns >= d->from_ns;
		struct node *n = ran ? next_here(d) : NULL;

		if (n)
			return n;
		d->at = s->older;
		d->next = d->at ? d->at->used : 0;
	}
	return NULL;
}
