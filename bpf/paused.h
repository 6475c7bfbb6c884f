/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * paused.h - what a pause takes from the clocks of who was paused.
 *
 * A pause remembers the clocks as it began. When it ends they stand as then again, but for what a
 * quota took, and all the rest of its time is in `paused`. So of two within each other no time
 * counts twice, and one whose end is lost takes nothing. What a record told of a pause that is open
 * stays true: the pause begins there.
 */
#pragma once

#include "bpf/run.h"

static __always_inline void clocks_mark(struct run *run, struct task_struct *task, __u64 now,
					struct clock_mark *ret)
{
	throttle_settle(run, task);
	ret->at_ns = now;
	ret->off_ns = run->off_ns - run->paused_off_ns;
	ret->waited_ns = task->sched_info.run_delay - run->paused_waited_ns;
	ret->throttled_ns = run->throttled_ns;
	ret->paused_ns = run->paused_ns;
	ret->absences = run->absences_written;
}

/* Of a process all threads are stopped: what each of them does meanwhile is its own. */
static __always_inline void paused_begins(struct task_struct *task, __u32 scope, __u64 now,
					  struct clock_mark *ret)
{
	bool is_process = scope == PROBE_PROCESS;
	struct run *run = is_process ? run_of(task->group_leader) : run_of(task);

	if (!run)
		return;
	if (is_process)
		*ret = (struct clock_mark){ .at_ns = now, .paused_ns = run->stopped_ns };
	else
		clocks_mark(run, task, now, ret);
}

/* No clock goes back. */
static __always_inline void clock_raise(__u64 *clock_ns, __u64 to_ns)
{
	if ((__s64)(to_ns - *clock_ns) > 0)
		*clock_ns = to_ns;
}

/*
 * The one `age` places above the next to be written: 1 is the newest. Read anew each time: of two
 * indexes one of which is made of the other, 6.12 forgets the bounds.
 */
static __always_inline struct absence *absence_of(struct run *run, __u64 age)
{
	__u64 index = *(volatile __u32 *)&run->absence + age;

	if (index >= ABSENCES)
		index -= ABSENCES;
	CLAMP(index, ABSENCES - 1);
	return &run->absences[index];
}

/* The pause left none of those before it: how it stood at `from` is known, and nothing before that. */
static __always_inline void absences_begin(struct run *run, const struct clock_mark *from)
{
	struct absence *newest = absence_of(run, 1), *before;
	__u32 at = clock_of(from->at_ns);

	*newest = (struct absence){ .from = at,
				    .to = at,
				    .waited = clock_of(from->waited_ns),
				    .throttled = clock_of(from->throttled_ns) };
	before = absence_of(run, 2);
	before->from = before->to = 0;
	run->absences_written = from->absences + 1;
}

/*
 * Those since `from` are forgotten; the one in the way of the oldest becomes none, so a search ends
 * there.
 */
static __always_inline void absences_drop(struct run *run, const struct clock_mark *from)
{
	__u64 dropped = run->absences_written - from->absences, next;
	struct absence *newest;

	if ((__s64)dropped <= 0)
		return;
	if (dropped >= ABSENCES) {
		absences_begin(run, from);
		return;
	}
	newest = absence_of(run, 1);
	newest->from = newest->to = 0;
	run->absences_written = from->absences;
	next = run->absence + dropped;
	run->absence = next >= ABSENCES ? next - ABSENCES : next;
}

static __always_inline void thread_paused(struct run *run, struct task_struct *task, __u64 now,
					  const struct clock_mark *began)
{
	const struct clock_mark *from = began->at_ns < run->told.at_ns ? &run->told : began;
	__u64 throttled;

	throttle_settle(run, task);
	throttled = run->throttled_ns - from->throttled_ns;
	clock_raise(&run->paused_off_ns, run->off_ns - from->off_ns - throttled);
	clock_raise(&run->paused_waited_ns,
		    task->sched_info.run_delay - from->waited_ns - throttled);
	clock_raise(&run->paused_ns, from->paused_ns + (now - from->at_ns) - throttled);
	absences_drop(run, from);
}

static __always_inline void paused_ends(struct task_struct *task, __u32 scope, __u64 now,
					const struct clock_mark *began)
{
	bool is_process = scope == PROBE_PROCESS;
	struct run *run = is_process ? run_of(task->group_leader) : run_of(task);

	if (!run)
		return;
	if (is_process)
		clock_raise(&run->stopped_ns, began->paused_ns + (now - began->at_ns));
	else
		thread_paused(run, task, now, began);
}
