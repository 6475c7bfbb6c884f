/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * loop.h - threads that live in epoll: how long they sleep there, and how late they are.
 *
 * A thread that waits by epoll gets a cell of the map `loops`; all of them are there from
 * the start, for nothing may be allocated where tasks are switched. Only the thread itself takes
 * one, and writes it: who sleeps there already when its process is chosen has none until it wakes.
 * Go's threads wait so as well, in turns and for its scheduler: they are none.
 */
#pragma once

#include "bpf/epoll.h"
#include "bpf/run.h"
#include "bpf/thread.h"
#include "headers/loop_sampler.h"

enum {
	TASK_DEAD = 0x80,
	CLAIM_TRIES = 64, /* cells looked at for a free one; those that come next have others */
	CLAIM_AGAIN = 4,  /* the same at each later sleep */
};

/* Where the search for a free cell goes on. */
__u32 loops_next = 0;

static __always_inline struct loop_cell *loop_cell_at(__u32 index)
{
	return bpf_map_lookup_elem(&loops, &index);
}

/* Whoever looks at an odd version, or at two, has seen half of a change. */
static __always_inline void loop_change(struct loop_cell *cell)
{
	__sync_fetch_and_add(&cell->version, 1);
}

/* The thread's cell; NULL: it has none. One that the worker took back is forgotten. */
static __always_inline struct loop_cell *loop_cell_of(struct run *run, struct task_struct *task)
{
	struct loop_cell *cell;

	if (!run->loop.cell || run->loop.cell == LOOP_NONE)
		return NULL;
	cell = loop_cell_at(run->loop.cell - 1);
	if (cell && cell->thread == (__u32)task->pid)
		return cell;
	run->loop.cell = 0;
	return NULL;
}

/*
 * A free one is all zeros: as the map was made, or as the worker gave it back. What the thread before
 * wrote after that is of no consequence.
 */
static __always_inline void loop_begin(struct loop_cell *cell, const struct run *run, __u64 now)
{
	__sync_lock_test_and_set(&cell->version, 1);
	cell->process = run->process;
	cell->since_ns = cell->fired_ns = now;
	cell->due_ns = loop_tick(now) + LOOP_PERIOD_NS;
	cell->ended_ns = cell->idle_ns = cell->slept_ns = cell->woke_ns = cell->behind_ns = 0;
	cell->sleeps = cell->entries = 0;
	cell->least_ns = cell->most_ns = 0;
	__sync_lock_test_and_set(&cell->version, 2);
}

/* A free cell becomes the thread's; a thread that finds none is counted once, and looks again. */
static __noinline int loop_claim(struct run *run, struct task_struct *task, __u64 now)
{
	__u32 thread, tries;

	if (!run || !task)
		return 0;
	thread = task->pid;
	tries = run->loop.lost ? CLAIM_AGAIN : CLAIM_TRIES;
	for (__u32 i = 0; i < CLAIM_TRIES && i < tries; i++) {
		__u32 index = __sync_fetch_and_add(&loops_next, 1) % loops_max;
		struct loop_cell *cell = loop_cell_at(index);

		if (!cell || cell->thread || __sync_val_compare_and_swap(&cell->thread, 0, thread))
			continue;
		loop_begin(cell, run, now);
		run->loop.cell = index + 1;
		return 0;
	}
	if (!run->loop.lost)
		count(COUNT_LOOP_LOST);
	run->loop.lost = 1;
	return 0;
}

/* The thread runs: a sleep that it had is over; also the first, whose end may not have been seen. */
static __always_inline void loop_wakes(struct loop_cell *cell, __u64 now)
{
	if (!(cell->idle_ns & LOOP_SLEEPS))
		return;
	loop_change(cell);
	cell->woke_ns = now;
	cell->idle_ns = now - (cell->idle_ns & ~LOOP_SLEEPS);
	loop_change(cell);
}

static __always_inline void loop_sleeps(struct loop_cell *cell, struct task_struct *task, __u64 now)
{
	cell->sleeps++;
	cell->slept_ns = now;
	cell->woke_ns = 0;
	cell->waited_ns = task->sched_info.run_delay;
	cell->idle_ns = LOOP_SLEEPS | (now - cell->idle_ns);
}

/* The thread, which runs here, waits by epoll, and has no cell. */
static __always_inline struct loop_cell *loop_new(struct run *run, struct task_struct *task,
						  __u64 now)
{
	struct user_state user = {};

	if (run->loop.cell || !bpf_map_lookup_elem(&scheduled, &run->process))
		return NULL;
	if (!run->loop.lost)
		user_state_of(task, &user);
	if (user.goroutine) {
		run->loop.cell = LOOP_NONE;
		return NULL;
	}
	loop_claim(run, task, now);
	return loop_cell_of(run, task);
}

/* The task gives up its CPU; `preempted`: it has to, and would go on. */
static __always_inline void loop_leaves(struct run *run, struct task_struct *task, bool preempted,
					__u64 now)
{
	struct loop_cell *cell = loop_cell_of(run, task);
	unsigned int state = task->__state;
	bool sleeps = !preempted && state && is_in_epoll(task);

	if (!cell && sleeps)
		cell = loop_new(run, task, now);
	if (!cell)
		return;
	loop_wakes(cell, now);
	if (!sleeps && !cell->woke_ns && !(state & TASK_DEAD))
		return;
	loop_change(cell);
	loop_rested(cell, task->sched_info.run_delay);
	if (sleeps) {
		loop_turned(cell, now);
		loop_sleeps(cell, task, now);
	}
	if (state & TASK_DEAD)
		cell->ended_ns = now;
	loop_change(cell);
}

static __always_inline void loop_returns(struct run *run, struct task_struct *task, __u64 now)
{
	struct loop_cell *cell = loop_cell_of(run, task);

	if (cell)
		loop_wakes(cell, now);
}

/* Another program runs in the thread from now on, `thread` until now: that one's loop is over. */
static __always_inline void loop_forget(struct task_struct *task, __u32 thread)
{
	struct run *run = run_of(task);
	struct loop_cell *cell;

	if (!run)
		return;
	cell = run->loop.cell == LOOP_NONE ? NULL : loop_cell_at(run->loop.cell - 1);
	if (cell && cell->thread == thread)
		cell->ended_ns = bpf_ktime_get_ns();
	run->loop = (struct loop){};
}

/* The current task enters epoll: its loop has turned, whether it will sleep or not. */
static __always_inline void loop_enters(struct run *run, struct task_struct *task, __u64 now)
{
	struct loop_cell *cell = loop_cell_of(run, task);

	if (!cell && !run->loop.lost)
		cell = loop_new(run, task, now);
	if (!cell)
		return;
	cell->entries++;
	loop_wakes(cell, now);
	if (!cell->woke_ns && now < cell->due_ns)
		return;
	loop_change(cell);
	loop_rested(cell, task->sched_info.run_delay);
	loop_turned(cell, now);
	loop_change(cell);
}
