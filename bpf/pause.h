/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * pause.h - from hits of probes to pauses, and a record of each that has ended.
 *
 *	begin  ->  a free place of the four that a thread, or a process, has; else that of the oldest
 *	note   ->  the open pause of its kind, or kept for the next
 *	end    ->  the newest open one of its kind, by its detail where both have one
 *
 * Pauses of one kind lie within each other. So what is open inside of one that ends has lost its own
 * end (an exception passed it) and is given up; so is one in which, by the thread's stack, the one
 * that begins does not lie.
 *
 * A process's pauses may be told of by any of its threads, two at once too. Programs of this type may
 * take no lock: who comes second tries for some microseconds, and is counted where that is not enough.
 */
#pragma once

#include "bpf/paused.h"
#include "bpf/returns.h"
#include "bpf/ship.h"

enum { BUSY_TRIES = 512 };

/* How many bytes of registers a probe may ask for: struct pt_regs. */
#if defined(__TARGET_ARCH_x86)
enum { REGISTERS_BYTES = 168 };
#elif defined(__TARGET_ARCH_arm64)
enum { REGISTERS_BYTES = 272 };
#endif

/* The argument as a number of its size, or the address of its text; false where it cannot be read. */
static __always_inline bool argument_read(void *registers, const struct probe_argument *a,
					  __u64 *ret)
{
	__u64 at = a->register_at, bytes = a->bytes, value = 0;
	__u32 above;

	if (a->from == ARGUMENT_CONSTANT) {
		*ret = a->offset;
		return true;
	}
	CLAMP(at, REGISTERS_BYTES - 8);
	if (bpf_probe_read_kernel(&value, sizeof(value), registers + at))
		return false;
	CLAMP(bytes, 8);
	if (a->from == ARGUMENT_MEMORY) {
		__u64 address = value + a->offset;

		value = 0;
		if (bpf_probe_read_user(&value, bytes, (void *)address))
			return false;
	}
	above = (64 - 8 * bytes) & 63;
	value <<= above;
	*ret = a->is_signed ? (__s64)value >> above : value >> above;
	return true;
}

/* One argument goes where it belongs; one that is none changes nothing. */
static __always_inline void argument_take(void *registers, const struct probe_argument *a,
					  struct open_pause *to)
{
	__u64 value;

	if (a->from == ARGUMENT_NONE)
		return;
	if (!argument_read(registers, a, &value)) {
		count(COUNT_PAUSE_FAULT);
	} else if (!a->is_text) {
		to->detail = value;
		to->has_detail = 1;
	} else if (bpf_probe_read_user_str(to->text, sizeof(to->text), (void *)value) < 0) {
		to->text[0] = '\0';
		count(COUNT_PAUSE_FAULT);
	}
}

static __always_inline void arguments_take(void *registers, const struct probe *probe,
					   struct open_pause *to)
{
	argument_take(registers, &probe->value, to);
	argument_take(registers, &probe->text, to);
}

static __always_inline bool is_of_kind(const struct open_pause *pause, const struct probe *probe)
{
	return pause->began_ns && pause->runtime == probe->runtime && pause->kind == probe->kind;
}

/* It moves no clock. */
static __always_inline void pause_give_up(struct open_pause *pause)
{
	pause->began_ns = 0;
	count(COUNT_PAUSE_NO_END);
}

static __always_inline void pauses_give_up(struct pauses *p)
{
	for (__u32 i = 0; p && i < PAUSES_OPEN; i++)
		if (p->open[i].began_ns)
			pause_give_up(&p->open[i]);
}

/* Another program begins: what the one before had begun never ends. */
static __always_inline void pauses_forget(struct task_struct *task)
{
	if (HAS_NO_STORAGE(task, bpf_storage))
		return;
	pauses_give_up(bpf_task_storage_get(&thread_pauses, task, 0, 0));
	pauses_give_up(bpf_task_storage_get(&process_pauses, task, 0, 0));
	bpf_task_storage_delete(&thread_pauses, task);
	bpf_task_storage_delete(&process_pauses, task);
}

/* Those of its kind that did not call what begins now: they ended unseen. */
static __always_inline void pauses_left(struct task_struct *task, const struct probe *probe,
					struct pauses *p, __u64 stack)
{
	for (__u32 i = 0; i < PAUSES_OPEN; i++) {
		struct open_pause *pause = &p->open[i];
		bool lies_above = pause->thread == (__u32)task->pid && stack < pause->stack;

		if (is_of_kind(pause, probe) && !lies_above)
			pause_give_up(pause);
	}
}

/* The newest open one that this probe may speak of; PAUSES_OPEN: there is none. */
static __always_inline __u64 pause_find(const struct pauses *p, const struct probe *probe,
					const struct open_pause *seen)
{
	__u64 newest = 0, found = PAUSES_OPEN;

	for (__u32 i = 0; i < PAUSES_OPEN; i++) {
		const struct open_pause *pause = &p->open[i];

		if (!is_of_kind(pause, probe) || pause->began_ns < newest)
			continue;
		if (seen->has_detail && pause->has_detail && seen->detail != pause->detail)
			continue;
		newest = pause->began_ns;
		found = i;
	}
	return found;
}

/* A free place, or that of the oldest. */
static __always_inline __u64 pause_place(const struct pauses *p)
{
	__u64 oldest = p->open[0].began_ns, place = 0;

	for (__u32 i = 1; i < PAUSES_OPEN; i++)
		if (p->open[i].began_ns < oldest) {
			oldest = p->open[i].began_ns;
			place = i;
		}
	return place;
}

static __always_inline __u64 pause_detail(const struct open_pause *pause)
{
	return pause->has_detail ? pause->detail : PAUSE_NO_DETAIL;
}

static __always_inline void pause_begin(struct task_struct *task, void *registers,
					const struct probe *probe, struct pauses *p, __u64 now)
{
	__u64 stack = ((struct pt_regs *)registers)->sp, place;
	struct open_pause *pause;

	pauses_left(task, probe, p, stack);
	place = pause_place(p);
	CLAMP(place, PAUSES_OPEN - 1);
	pause = &p->open[place];
	if (pause->began_ns)
		pause_give_up(pause);
	if (is_of_kind(&p->note, probe)) {
		*pause = p->note;
		p->note.began_ns = 0;
	} else {
		pause->has_detail = 0;
		__builtin_memset(pause->text, 0, sizeof(pause->text));
	}
	arguments_take(registers, probe, pause);
	pause->runtime = probe->runtime;
	pause->kind = probe->kind;
	pause->stack = stack;
	pause->thread = task->pid;
	pause->began_ns = now;
	pause->mark.at_ns = 0;
	if (collects_with(probe->collects, pause_detail(pause)))
		paused_begins(task, probe->scope, now, &pause->mark);
}

static __always_inline void pause_note(void *registers, const struct probe *probe, struct pauses *p)
{
	struct open_pause any = {};
	__u64 place = pause_find(p, probe, &any);

	if (place < PAUSES_OPEN) {
		CLAMP(place, PAUSES_OPEN - 1);
		arguments_take(registers, probe, &p->open[place]);
		return;
	}
	p->note = any;
	p->note.runtime = probe->runtime;
	p->note.kind = probe->kind;
	p->note.began_ns = 1;
	arguments_take(registers, probe, &p->note);
}

/* Nobody is woken for a pause, unless the ring fills: who asks for numbers reads the rings first. */
static __always_inline __u64 pause_wake_flags(void *ring, __u32 index)
{
	__u32 zero = 0;
	struct capture_control *c = bpf_map_lookup_elem(&control, &zero);

	if (!c || index >= RINGS_MAX || c->ring_sleep[index] == RING_AWAKE ||
	    bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < ring_wake_bytes)
		return BPF_RB_NO_WAKEUP;
	c->ring_sleep[index] = RING_AWAKE;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline int pause_ship(struct task_struct *task, const struct probe *probe,
				      const struct open_pause *pause, __u64 now)
{
	struct record_pause *r;
	__u32 index;
	void *ring = ring_of(task->tgid, &index);

	if (!ring)
		return NO_ROOM;
	count(COUNT_RECORDS);
	r = RESERVE(ring, sizeof(*r));
	r->head.type = RECORD_PAUSE;
	r->head.reserved = 0;
	r->head.size = sizeof(*r);
	r->head.at_ns = now;
	r->head.cookie = 0;
	process_of(task->group_leader, &r->head.process);
	r->began_ns = pause->began_ns;
	r->thread = probe->scope == PROBE_THREAD ? task->pid : 0;
	r->runtime = pause->runtime;
	r->kind = pause->kind;
	r->detail = pause_detail(pause);
	__builtin_memcpy(r->text, pause->text, sizeof(r->text));
	bpf_ringbuf_submit(r, pause_wake_flags(ring, index));
	return 0;
}

/* What began after this one, inside of it, and is open still. */
static __always_inline void pauses_inside(const struct probe *probe, struct pauses *p,
					  __u64 began_ns)
{
	for (__u32 i = 0; i < PAUSES_OPEN; i++)
		if (is_of_kind(&p->open[i], probe) && p->open[i].began_ns > began_ns)
			pause_give_up(&p->open[i]);
}

static __always_inline void pause_end(struct task_struct *task, void *registers,
				      const struct probe *probe, struct pauses *p, __u64 now)
{
	struct open_pause seen = {}, *pause;
	__u64 place;

	arguments_take(registers, probe, &seen);
	place = pause_find(p, probe, &seen);
	if (place >= PAUSES_OPEN) {
		count(COUNT_PAUSE_NO_BEGIN);
		return;
	}
	CLAMP(place, PAUSES_OPEN - 1);
	pause = &p->open[place];
	if (!pause->has_detail && seen.has_detail) {
		pause->detail = seen.detail;
		pause->has_detail = 1;
	}
	pauses_inside(probe, p, pause->began_ns);
	if (pause->mark.at_ns)
		paused_ends(task, probe->scope, now, &pause->mark);
	pause_ship(task, probe, pause, now);
	pause->began_ns = 0;
}

static __always_inline struct pauses *pauses_of(struct task_struct *task, const struct probe *probe)
{
	struct pauses *p;

	p = probe->scope == PROBE_THREAD
		    ? bpf_task_storage_get(&thread_pauses, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE)
		    : bpf_task_storage_get(&process_pauses, task->group_leader, 0,
					   BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!p)
		count(COUNT_PAUSE_NO_MEMORY);
	return p;
}

/*
 * One thread may end a pause while another begins the next. Who is at it is done in a microsecond,
 * unless it lost its CPU.
 */
static __always_inline bool pauses_take(struct pauses *p)
{
	for (__u32 i = 0; i < BUSY_TRIES; i++)
		if (!__sync_lock_test_and_set(&p->busy, 1))
			return true;
	return false;
}

static __always_inline void probe_act(struct task_struct *task, void *registers,
				      const struct probe *probe)
{
	__u64 now = bpf_ktime_get_ns();
	struct pauses *p = pauses_of(task, probe);
	struct run *run = run_of(task);

	if (run)
		task_runs(run, task, now);
	if (!p)
		return;
	if (!pauses_take(p)) {
		count(COUNT_PAUSE_RACED);
		return;
	}
	if (probe->action == PROBE_BEGIN)
		pause_begin(task, registers, probe, p, now);
	else if (probe->action == PROBE_END)
		pause_end(task, registers, probe, p, now);
	else if (probe->action == PROBE_NOTE)
		pause_note(registers, probe, p);
	__sync_lock_test_and_set(&p->busy, 0);
}
