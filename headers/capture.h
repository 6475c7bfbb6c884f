/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* capture.h - what the kernel half and the monitor share besides records. */
#pragma once

#include "headers/record.h"

/* Counters of the kernel half, a per-CPU array of one struct. */
enum counter {
	COUNT_SEEN,	     /* operations with bytes on stream sockets by watched tasks */
	COUNT_ACCOUNTED,     /* of those, accounted to a turn */
	COUNT_STOPPED,	     /* of those accounted, on connections with VERDICT_STOP */
	COUNT_NO_STORAGE,    /* lost: no memory for the connection's state */
	COUNT_RECORDS,	     /* records that were to go through a ring */
	COUNT_RING_FULL,     /* lost of those */
	COUNT_REQUESTS_LOST, /* asking turns lost with them that no later record tells of */
	COUNT_STOOD_IN,	     /* operations that a stand-in did for a skipped program */
	COUNT_UNREPORTED,    /* bytes that TCP moved and no hook reported in time */
	COUNT_HEALED,	     /* of those, reported later */
	COUNT_PEEKED,	     /* not consumed: skipped */
	COUNT_KERNEL_SOCKET, /* skipped: the kernel's own */
	COUNT_OTHER_SOCKET,  /* skipped: neither TCP nor a unix stream */
	COUNT_IO_URING,	     /* accounted without bytes, as all below: no user registers */
	COUNT_KERNEL_THREAD,
	COUNT_COMPAT,	   /* a 32-bit task */
	COUNT_NO_BUFFER,   /* sendfile, splice: the bytes never were in a user buffer */
	COUNT_OTHER_CALL,  /* a system call that is not in the table */
	COUNT_FAULT,	   /* the buffer could not be read */
	COUNT_EVENTS_LOST, /* process events that did not fit: the monitor looks around again */
	COUNT_TARGET_LOST, /* no memory to mark a child as watched */
	COUNT_RETURN_UNSEEN, /* a task had come back to a CPU unseen; the scheduler's clocks say when */
	COUNT_RUN_LOST, /* no memory for a task's scheduling, or its process is past the limit */
	COUNT_PAUSE_NO_BEGIN, /* the end of a pause whose begin was not seen: mostly by attaching in it */
	/* Pauses given up: one around it ended, one beside it began, too many are open, or exec. */
	COUNT_PAUSE_NO_END,
	COUNT_PAUSE_NO_MEMORY, /* for what is kept of a task's pauses */
	COUNT_PAUSE_RACED, /* two threads at once told of their process's pauses: one was not heard */
	COUNT_PAUSE_FAULT, /* an argument that could not be read */
	COUNT_LOOP_LOST,   /* a thread lives in epoll and limit.loops others do */
	COUNTERS,
};

struct capture_counters {
	__u64 count[COUNTERS];
};

/*
 * What the scheduler did with a watched process; the kernel half keeps one a CPU. Waits for a CPU
 * by how long they took: [0] up to 2^-20 s, [1 + i] those of OpenTelemetry's bucket WAIT_FIRST + i at
 * scale WAIT_SCALE, in seconds; the last has all that are longer as well (a minute). They begin again
 * at 0 after 2^32, of which no CPU counts more in an hour: who reads them takes differences.
 */
enum {
	WAIT_SCALE = 2,
	WAIT_STEPS = 1 << WAIT_SCALE,
	WAIT_FIRST = -20 * WAIT_STEPS,
	WAIT_BUCKETS = 1 + 26 * WAIT_STEPS,
};

struct scheduled {
	__u64 waited_ns;
	__u64 throttled_ns;	      /* of waited_ns: a quota of its cgroup was used up */
	__u64 voluntary, involuntary; /* times that a task left a CPU */
	__u64 migrations;
	__u32 waits[WAIT_BUCKETS];
};

/* Who ran while a process waited, and for how many nanoseconds; one sum a CPU. */
struct preempted_by {
	char comm[COMM_BYTES]; /* "kernel": any thread of it; empty: nobody */
};

struct preempted_key {
	struct process_id process; /* that waited */
	struct preempted_by by;
};

enum { PREEMPTED_PAIRS = 8192 };

enum { RINGS_MAX = 8 };

/* How a ring wants to be woken; one cell a ring, written by both halves. */
enum ring_sleep {
	RING_AWAKE = 0,	 /* the worker is reading: do not wake */
	RING_DOZING = 1, /* a timer will look: wake when the ring fills */
	RING_ASLEEP = 2, /* nothing was there for long: wake for the first record */
};

enum { FOLLOW_CELLS = 4096, FOLLOW_ID = (1 << 24) - 1 };

enum follow_flags {
	FOLLOW_CALLS = 1 << 24, /* it makes calls: it is to be told what led to them */
	/* A thread of it that reads does nothing else before it waits for events again: that it slept
	 * meanwhile is of no consequence. */
	FOLLOW_TO_END = 1 << 25,
};

/* What the worker steers: an array of one, mapped by it. */
struct capture_control {
	__u32 ring_sleep[RINGS_MAX];
	/* By a server's port, [0] of all unix sockets: shipped of a turn's head; 0: the default. */
	__u16 head_bytes[65536];
	/* By the low bits of a process's id: that id, and enum follow_flags of it; 0: none. */
	__u32 follow[FOLLOW_CELLS];
};

/* Whom to watch: an array of one, mapped by the monitor alone. */
struct capture_choice {
	__u32 watch_execs; /* tell the monitor of every exec, not only those of targets */
	__u32 padding;
	__u8 ports[65536 / 8]; /* bit n: who listens on port n becomes a target */
};

/* What the monitor is told about processes, through a ring of its own. */
enum process_event_type { EVENT_FORK = 1, EVENT_EXEC, EVENT_EXIT, EVENT_LISTEN };

struct process_event {
	__u32 type;
	__u16 port; /* EVENT_LISTEN */
	__u16 was_target;
	struct process_id process, parent;
	__u64 at_ns;
	__u8 comm[COMM_BYTES];
};

/* One line of the iterator over processes. */
struct process_line {
	struct process_id process, parent;
	__u8 comm[COMM_BYTES];
};

/* One line of the iterator over listening sockets. */
struct listener_line {
	struct process_id process;
	__u32 netns;
	__u16 port, family;
};

/* The value of a watched process's task storage; written by the monitor and at fork. */
struct target {
	struct process_id process;
};
