/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * maps.h - every map of the kernel half: who writes it, who reads it, why its size.
 *
 *  map            writes             reads           size
 *  conns          socket hooks       hooks, sweep    one a live socket, freed with it
 *  targets        monitor, fork      hooks           one a watched process, freed with the task
 *  threads        hooks              hooks           one a watched thread that uses sockets,
 *                                                    where calls are followed
 *  runs           fork, iterator,    switch, hooks   one a task of a watched process, where the
 *                 switch, probes                     scheduler is followed
 *  run_begin      iterator           iterator        one struct run: 1.8 KiB
 *  scheduled      monitor, fork,     worker          one a watched process and CPU; the worker
 *                 switch                             drops those that ended
 *  preempted      switch             worker          PREEMPTED_PAIRS, 64 bytes and 8 a CPU each;
 *                                                    the worker drops those that ended
 *  probes         monitor (mapped),  probes          PROBES_MAX rows of 48 bytes: 48 KiB; hits
 *                 probes                             are counted there
 *  thread_pauses  probes             probes          one a thread that was paused by its runtime
 *  process_pauses probes             probes          one a process that was
 *  loops          switch, waits      worker (mapped) one a thread that lives in epoll; the worker
 *                                                    gives them back
 *  rings          hooks              worker          a few, set before load, RING_BYTES each
 *  events         process hooks      monitor         64 KiB: 700 events between two reads
 *  sonde_verdicts worker (mapped)    hooks           VERDICT_CELLS of 8 bytes: 128 KiB
 *  control        worker (mapped)    hooks           one struct: 128 KiB, most of it by port
 *  choice         monitor (mapped)   process hooks   one struct: 8 KiB, a bit a port
 *  counters       all programs       monitor         one struct a CPU
 */
#pragma once

#include "bpf/kernel.h"
#include "headers/capture.h"
#include "headers/loop.h"
#include "headers/probe.h"

/*
 * A connection while it is watched; changed only under its lock. With what the kernel puts
 * before it, more than 168 bytes would take 512 of its allocator's instead of 256.
 */
struct conn {
	struct bpf_spin_lock lock;
	__u32 number;		   /* of the open turn; 0: none yet */
	__u64 total[DIRECTIONS];   /* bytes accounted since watching began */
	__u32 base[DIRECTIONS];	   /* TCP's sequence number where `total` is 0 */
	__u32 pending[DIRECTIONS]; /* booked by TCP's counters, not yet reported by a hook */
	union {
		struct turn turn;
		/*
		 * Before the first turn: what led to connect(), whose process and thread are its
		 * `goroutine`. With CONN_PASSES: what led to the last question.
		 */
		struct cause caused;
	};
	__u64 arrived_ns;    /* when the earliest byte that was not read yet became readable */
	__u64 owner_started; /* when the target began whose operation was the last */
	__u32 owner_epoch;   /* `targets_epoch` then */
	__u32 mmessages;     /* of the running recvmmsg or sendmmsg; low half of the address */
	__u32 shipped;	     /* bytes of the open turn's head that went to the ring */
	__u32 lost_from;     /* number of the turn from which on no record found room; 0: none */
	__u16 mmessage;	     /* index of the message in it that comes next */
	__u8 direction;	     /* of the open turn */
	__u8 first_direction;
	__u16 flags;
	__u16 head_bytes;     /* as its port's heads are long; 0: the default */
	struct clocks clocks; /* of the last operation's thread, then */
	__u32 thread;	      /* 0: its clocks are not known */
};

_Static_assert(sizeof(struct conn) == 152, "see above");

enum conn_flags {
	CONN_LISTENER = 1 << 0,	 /* set on a listening socket; its children inherit it */
	CONN_READY = 1 << 1,	 /* base and flags are set */
	CONN_ANNOUNCED = 1 << 2, /* its RECORD_CONNECTION went to the ring */
	CONN_JOINED = 1 << 3,
	CONN_ACCEPTED = 1 << 4,
	CONN_DIRTY = 1 << 5, /* the open turn has moved since its last record */
	CONN_CLOSED = 1 << 6,
	CONN_CONNECTS = 1 << 7,	  /* connect() was seen, and `caused` is set */
	CONN_ASKS_FIRST = 1 << 8, /* its first question came from what `caused` says */
	CONN_NESTED = 1 << 9,	  /* as RECORD_NESTED, of connect() */
	CONN_PASSES = 1 << 10,	  /* it is not read: only causes pass through it */
	CONN_ASKED = 1 << 11,	  /* with PASSES: a question was written since its last answer */
	/* With PASSES: several asked before an answer, so its answers are anybody's. */
	CONN_SHARED = 1 << 12,

	CONN_BEGUN = CONN_READY | CONN_ANNOUNCED,
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct conn);
} conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct target);
} targets SEC(".maps");

/* What a thread read last: where the work that it does now came from. */
struct thread {
	__u64 cookie;	/* of the socket; 0: nothing since it last waited */
	__u64 switches; /* how often it had given up the processor then */
	__u64 stack;	/* the user's stack pointer then */
	__u32 number; /* of the turn that it read there; 0: on a connection that is not followed */
	__u16 waits, reads; /* as in struct cause */
	bool passed; /* it read another connection's answer, which was asked because of this */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* Where a thread that lives in epoll is told of. */
struct loop {
	__u32 cell; /* one more than its index in `loops`; 0: none yet; LOOP_NONE */
	__u32 lost; /* there was no room when it was first looked for */
};

enum { LOOP_NONE = -1U /* it is no loop */ };

/* A stretch in which a task was on no CPU; in CLOCK_UNIT_NS, as struct clocks. */
struct absence {
	__u32 from, to;		 /* of CLOCK_MONOTONIC; both 0: there was none */
	__u32 waited, throttled; /* as they were when it began */
};

enum { ABSENCES = 96 /* 280 ms of a thread that runs 3 ms at a time; struct run takes 2 KiB */ };

/* How far the quotas of a task's cgroup had held it back when it left a CPU. */
struct throttle {
	__u64 queue; /* address of the run queue that it was in */
	__u64 queue_ns, groups_ns;
};

/* The kernel's own counters of a task. */
struct task_counters {
	__u64 waited_ns, voluntary, involuntary, migrations;
};

/* Clocks of a thread at a moment, as they are told: what its pauses took is left out. */
struct clock_mark {
	__u64 at_ns;
	__u64 off_ns, waited_ns, throttled_ns;
	__u64 paused_ns; /* of the pause of a process: `stopped_ns` of its leader */
	__u64 absences;	 /* `absences_written` */
};

/* What is followed of a task; written where it leaves a CPU, comes back, and by its own probes. */
struct run {
	struct process_id process;     /* tgid 0: nobody's */
	__u64 since_ns;		       /* before that nothing is known of it */
	__u64 left_ns;		       /* when it left a CPU; 0: it runs, or has not left one yet */
	__u64 absent_clock;	       /* of the scheduler, then */
	struct task_counters counters; /* as they were then */
	__u64 off_ns, throttled_ns;    /* as in struct clocks, pauses included */
	__u64 held_ns;		       /* in its last absence by quotas: throttle_settle() */
	__u64 told_throttled_ns;       /* of throttled_ns: it is in `scheduled` */
	__u64 paused_ns, paused_off_ns, paused_waited_ns; /* in pauses of its own; of that */
	__u64 stopped_ns; /* of a leader: in pauses of the whole process */
	struct throttle throttle;
	struct preempted_by by; /* who has its CPU while it waits */
	struct clock_mark told; /* its clocks as a record last had them */
	struct loop loop;
	__u64 absences_written; /* those in its own pauses not, once these have ended */
	__u32 absence; /* the next to be written; the newest is the one above it, in a ring */
	__u32 padding;
	struct absence absences[ABSENCES];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct run);
} runs SEC(".maps");

/* What a task begins with that the iterator finds: too large for a stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run);
} run_begin SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* set before load: limit.processes */
	__type(key, struct process_id);
	__type(value, struct scheduled);
} scheduled SEC(".maps");

/* Its elements are made beforehand: where tasks are switched nothing may be allocated. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, PREEMPTED_PAIRS);
	__type(key, struct preempted_key);
	__type(value, __u64);
} preempted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PROBES_MAX);
	__type(key, __u32);
	__type(value, struct probe);
} probes SEC(".maps");

/* A pause that has begun. */
struct open_pause {
	__u64 began_ns;		/* 0: none */
	struct clock_mark mark; /* when it began; at_ns 0: it moves no clock */
	__u64 detail;
	__u64 stack; /* the user's stack pointer where it began, in thread `thread` */
	__u32 thread;
	__u16 runtime, kind;
	__u64 has_detail;
	char text[PAUSE_TEXT];
};

enum { PAUSES_OPEN = 4 };

/* Of a thread, or of a process. */
struct pauses {
	struct open_pause open[PAUSES_OPEN]; /* in no order */
	struct open_pause note; /* for the pause of its kind that begins next; began_ns 1: set */
	__u32 busy;		/* somebody is at it */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pauses);
} thread_pauses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pauses);
} process_pauses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before load: limit.loops */
	__type(key, __u32);
	__type(value, struct loop_cell);
} loops SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, RINGS_MAX);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VERDICT_CELLS);
	__type(key, __u32);
	__type(value, struct verdict_cell);
} sonde_verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_choice);
} choice SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_counters);
} counters SEC(".maps");

/*
 * At most `max_`, a constant, in the same register: a comparison by the
 * compiler may bound one copy of a value and use another (seen on 6.1).
 */
#define CLAMP(value_, max_) asm volatile("if %0 <= %1 goto +1\n%0 = %1" : "+r"(value_) : "i"(max_))

/* Moved on by the monitor when a target is one no longer: what was known of owners is void. */
__u32 targets_epoch = 1;

/*
 * Set by the monitor where somebody wants to know what led to every operation (capture_follow);
 * else it is known of processes that make calls.
 */
__u32 causes_followed = 0;

/*
 * True where no BPF storage at all hangs on the object: one load instead of a
 * lookup for what is not watched. `field_` is where the kernel keeps it.
 */
#define HAS_NO_STORAGE(object_, field_)                                                            \
	(bpf_core_field_exists((object_)->field_) && !(object_)->field_)

static __always_inline void process_of(struct task_struct *leader, struct process_id *ret)
{
	ret->started_ns = leader->start_boottime;
	ret->tgid = leader->tgid;
	ret->padding = 0;
}

/* This CPU's counters. Never NULL, but the verifier wants to be told. */
static __always_inline struct capture_counters *counters_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

/* Atomic, because a program may be preempted between load and store by another on its CPU. */
static __always_inline void count_in(struct capture_counters *c, enum counter which, __u64 by)
{
	if (c)
		__sync_fetch_and_add(&c->count[which], by);
}

static __always_inline void count(enum counter which)
{
	count_in(counters_here(), which, 1);
}
