/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record.h - what goes through the ring, and onto a tape.
 *
 * Every record begins with a struct record: its type and its whole size come
 * first, so that a reader checks both before it looks further. Times are
 * CLOCK_MONOTONIC nanoseconds; 0 means not known. The kernel half includes this
 * file as well, so only fixed-width types, explicit padding, no pointers.
 */
#pragma once

#ifndef __bpf__
#include <assert.h>
#include <linux/types.h>
#endif

enum record_type {
	RECORD_CONNECTION = 1, /* who talks to whom; precedes the connection's turns */
	RECORD_BYTES = 2,      /* an operation whose bytes are shipped, or that opens a turn */
	RECORD_TOTALS = 3,     /* the totals of an open turn, without bytes */
	RECORD_CLOSE = 4,   /* the connection can carry no further turn; totals of the last one */
	RECORD_PROCESS = 5, /* made in user space: facts about a process, as key=value strings */
	RECORD_CLOCK = 6,   /* made in user space: what to add for the wall clock */
	RECORD_PAUSE = 7,   /* a thread or a whole process was paused by its runtime */
	RECORD_TYPES,
};

/* A process is a thread group: its id and the moment it began, since ids are used again. */
struct process_id {
	__u64 started_ns; /* CLOCK_BOOTTIME, as in task_struct.start_boottime */
	__u32 tgid;	  /* in the initial pid namespace */
	__u32 padding;
};

struct record {
	__u16 type; /* enum record_type */
	__u16 reserved;
	__u32 size; /* of the whole record, payload included, before rounding */
	__u64 at_ns;
	struct process_id process; /* the one that did the operation */
	__u64 cookie;		   /* of the socket; 0 where there is none */
};

enum direction { RECEIVED = 0, SENT = 1, DIRECTIONS = 2 };

enum {
	TAIL_BYTES = 8,	   /* of a turn's last bytes that its totals keep */
	HEAD_BYTES = 8192, /* most bytes of a turn's head that are ever shipped */
	OP_BYTES = 16384,  /* most bytes of one operation that are ever shipped */
	ADDRESS_BYTES = 16,
	COMM_BYTES = 16,
};

/* A turn as far as it went: an unbroken run of bytes in one direction. */
struct turn {
	__u64 bytes;
	__u64 first_ns;	  /* its first operation */
	__u64 last_ns;	  /* its last operation */
	__u64 arrived_ns; /* when its first byte could have been read; RECEIVED only */
	__u64 tail; /* its last bytes, inverted, the very last in the low byte; 0 where not seen */
	__u32 operations;
	__u32 unreported; /* of `bytes`, those that no hook reported */
};

/*
 * What led to an operation, as far as its thread shows: what it had read last. A program that
 * handles one event after another writes in the same turn of its loop as it read.
 */
struct cause {
	__u64 cookie; /* of the socket; 0: none since the thread last waited, or not followed */
	/*
	 * Address of the running goroutine's g; 0: not Go's runtime. Of a call that is written by a
	 * goroutine of the connection's own, the g of the one that waits for it, where that is seen.
	 */
	__u64 goroutine;
	__u32 number; /* of the turn that was read; 0: on a connection that is not followed */
	__u16 waits;  /* how often the thread has waited for events, modulo 65,536 */
	__u16 reads;  /* turns that it has read since */
};

/*
 * What has kept a thread since it is followed, in units of CLOCK_UNIT_NS, modulo 2^32: 73 minutes.
 * Each goes up only, so the difference of two readings is what kept it between them.
 */
struct clocks {
	__u32 off;	 /* on no CPU, outside of its own pauses */
	__u32 waited;	 /* of `off`: it could run and had no CPU */
	__u32 throttled; /* of `waited`: its cgroup had used up its quota */
	__u32 paused;	 /* in pauses of its own, throttling left out */
	__u32 stopped;	 /* all of its process was paused, whatever the thread did then */
};

enum { CLOCK_UNIT_SHIFT = 10, CLOCK_UNIT_NS = 1 << CLOCK_UNIT_SHIFT };

enum record_flags {
	RECORD_OPENS = 1 << 0, /* the first record of its turn; `before` is filled */
	RECORD_LATE = 1 << 1,  /* its bytes were booked before: the turn may have been passed */
	RECORD_UNREADABLE = 1 << 2, /* the bytes were not in a user buffer, or it faulted */
	RECORD_JOINED = 1 << 3,	    /* bytes had passed on the connection before it was watched */
	RECORD_CUT = 1 << 4,	    /* the limit of the head cut this operation's bytes */
	RECORD_RESET = 1 << 5,	    /* RECORD_CLOSE: ended by an error (op_bytes), not by a FIN */
	RECORD_NESTED =
		1 << 6, /* written deeper in the thread's stack than where `cause` was read */
	RECORD_CLOCKED = 1 << 7, /* `clocks` are known */
};

/* RECORD_BYTES, RECORD_TOTALS and RECORD_CLOSE. */
struct record_turn {
	struct record head;
	__u32 number; /* of the turn on this connection, from 1 */
	__u8 direction;
	__u8 flags;
	__u16 length; /* bytes of payload that follow */
	__u32 thread; /* id of the thread that did it; RECORD_CLOSE, and swept totals: the last one */
	/* Of the operation. RECORD_CLOSE: the socket's errno; 0: a FIN, or with RECORD_RESET any. */
	__u32 op_bytes;
	__u64 offset;	    /* of the payload's first byte in its direction since watching began */
	struct turn turn;   /* this turn, the operation included */
	struct turn before; /* with RECORD_OPENS: the turn before, whole */
	struct cause cause; /* of the operation; a read's is itself */
	struct clocks
		clocks; /* with RECORD_CLOCKED: of `thread`, at the operation, or its last one */
	/* With RECORD_OPENS: of the last operation of the turn before; thread 0: not known. */
	struct clocks before_clocks;
	__u32 before_thread;
	/*
	 * With RECORD_OPENS, RECORD_CLOCKED and turn.arrived_ns: what the two clocks moved from
	 * `arrived_from_ns` to the operation. That is when the bytes arrived, or later where the
	 * thread's past is known no further back.
	 */
	__u32 arrived_waited, arrived_throttled, padding;
	__u64 arrived_from_ns;
	__u8 payload[];
};

enum connection_flags {
	CONNECTION_ACCEPTED = 1 << 0, /* made from a listening socket that was watched */
	CONNECTION_JOINED = 1 << 1,   /* bytes had passed before it was watched */
};

/* Address families as the kernel numbers them; the record carries no other. */
enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

struct record_connection {
	struct record head;
	__u16 family;
	__u16 local_port, remote_port; /* host order */
	__u16 flags;
	__u32 netns;					  /* inode of the network namespace */
	__u8 local[ADDRESS_BYTES], remote[ADDRESS_BYTES]; /* IPv4 in the first four bytes */
	/*
	 * By direction: TCP's sequence number of the first byte there ever was, and of the first that
	 * is counted here. What one end sent the other received by the same numbers, through NAT too.
	 * The end that connected counts its SYN as a byte sent. Of a unix pair
	 * it is the sender's cookie, 0 where one end is gone, and 0 for `base`.
	 */
	__u32 first[DIRECTIONS], base[DIRECTIONS];
	__u32 padding;
};

/*
 * RECORD_PROCESS: `payload` is a run of NUL-terminated "key=value" strings; the
 * keys are those of process/process.h.
 */
struct record_process {
	struct record head;
	__u8 payload[];
};

struct record_clock {
	struct record head;
	__s64 unix_offset_ns;
};

enum { PAUSE_TEXT = 32 };

#define PAUSE_NO_DETAIL (~0ULL) /* no probe read a number, or it could not be read */

/* A pause that has ended, at head.at_ns. What `kind` and `detail` mean, the runtime's row says. */
struct record_pause {
	struct record head;
	__u64 began_ns;
	__u32 thread;	       /* that was paused; 0: the whole process was */
	__u16 runtime;	       /* number of the row in user/runtime/runtimes.c */
	__u16 kind;	       /* as the probe that saw it says (headers/probe.h) */
	__u64 detail;	       /* a number that a probe read, or PAUSE_NO_DETAIL */
	char text[PAUSE_TEXT]; /* the same, a text: cut, NUL-padded */
};

/*
 * Verdict cells: an array mapped into both halves and indexed by the low bits
 * of a socket's cookie. The worker writes, the kernel reads. A tag that is not
 * the cookie's means the default. A verdict acts from the next operation on.
 */
enum verdict {
	VERDICT_HEADS = 0, /* the default: the head of each turn */
	VERDICT_ALL = 1,   /* the bytes of every operation, up to the head limit each */
	VERDICT_STOP = 2,  /* nothing: not a protocol of ours */
};

enum { VERDICT_CELLS = 16384 };

struct verdict_cell {
	__u32 tag;	  /* the cookie's bits above the index */
	__u16 verdict;	  /* enum verdict */
	__u16 head_bytes; /* shipped of a turn or operation; 0: the default of its direction */
};

#ifndef __bpf__
static_assert(sizeof(struct process_id) == 16, "shared with the kernel");
static_assert(sizeof(struct record) == 40, "shared with the kernel");
static_assert(sizeof(struct turn) == 48, "shared with the kernel");
static_assert(sizeof(struct cause) == 24, "shared with the kernel");
static_assert(sizeof(struct clocks) == 20, "shared with the kernel");
static_assert(sizeof(struct record_turn) == 248, "shared with the kernel");
static_assert(sizeof(struct record_pause) == 96, "shared with the kernel");
static_assert(sizeof(struct record_connection) == 104, "shared with the kernel");
static_assert(sizeof(struct verdict_cell) == 8, "shared with the kernel");
#endif
