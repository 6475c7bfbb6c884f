/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c - does the set in use fire? What attachment.h says of silence. */
#include "user/probes/attachment_sets.h"

struct firing {
	uint64_t begins, ends;
};

static struct firing firing_of(const struct attachment *a, int number)
{
	const struct attached_set *set = &a->sets[number];
	struct firing f = {};

	for (size_t i = 0; i < set->row_count; i++) {
		enum probe_action action =
			attachment_set(a, (size_t)number)->hooks[set->hooks[i]].action;
		uint64_t hits = rows_hits(a->owner->rows, set->rows[i]);

		if (action == PROBE_BEGIN)
			f.begins += hits;
		else if (action == PROBE_END)
			f.ends += hits;
	}
	return f;
}

static bool sees_pauses(const struct firing *f)
{
	return f->begins && f->ends;
}

/* This one sees what the one in use does not: of a pause that runs right now one end is missing. */
static bool is_better(const struct firing *trial, const struct firing *used)
{
	return sees_pauses(trial) && (!used->begins || (!used->ends && trial->ends > 1));
}

static void use_instead(struct attachment *a, int number)
{
	struct attached_set *set = &a->sets[number];
	int before = a->used;

	a->used = number;
	attachment_detach(a, &a->sets[before]);
	for (size_t i = 0; i < set->row_count; i++)
		rows_act(a->owner->rows, set->rows[i],
			 attachment_set(a, (size_t)number)->hooks[set->hooks[i]].action);
}

/* The set in use stays. */
static void decide(struct attachment *a)
{
	a->decided = true;
	for (int s = 0; s < PURPOSE_SETS; s++)
		if (s != a->used)
			attachment_detach(a, &a->sets[s]);
	attachments_count(a->owner);
}

/* What was read of it is not true any more, and a breakpoint in it may be in an instruction. */
static void abandon(struct attachment *a)
{
	a->used = -1;
	a->reason = REFUSED_FILE;
	a->owner->counts->refused[REFUSED_FILE]++;
	decide(a);
	a->owner->changed(a->owner->context, a);
}

static void look(struct attachment *a)
{
	struct firing used;

	if (a->state != ATTACHMENT_SETTLED || a->used < 0)
		return;
	if (attachment_is_changed(a)) {
		abandon(a);
		return;
	}
	if (a->decided)
		return;
	for (int s = 0; s < PURPOSE_SETS; s++) {
		/* The one on trial first: what hits both is seen of the other too. */
		const struct firing trial = firing_of(a, s);

		used = firing_of(a, a->used);
		if (s == a->used || !is_better(&trial, &used))
			continue;
		use_instead(a, s);
		decide(a);
		a->owner->changed(a->owner->context, a);
		return;
	}
	used = firing_of(a, a->used);
	if (sees_pauses(&used)) {
		decide(a);
		return;
	}
	if (a->burned_ns < SILENT_NS || attachment_next_set(a) < 0)
		return;
	a->burned_ns = 0;
	a->state = ATTACHMENT_WAITING;
}

void attachments_look(struct attachments *all)
{
	for (struct attachment *a = all->first; a; a = a->next)
		look(a);
	attachments_work(all);
}
