/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * probe.h - what a probe in a program's text means, shared with the kernel half.
 *
 * The kernel half knows no runtime. A probe's cookie is its index in the map `probes` (16 bits) and
 * that row's generation (16 bits above); what stands there says whether a pause begins or ends, whose
 * it is, and what is to be read at it.
 */
#pragma once

#include <stdbool.h>

#include "headers/record.h"

enum probe_action {
	PROBE_BEGIN = 1, /* a pause begins; another may be open already */
	PROBE_END,	 /* the pause of that kind which began last ends */
	/* What it reads belongs to the pause of that kind which is open, or else begins next. */
	PROBE_NOTE,
	PROBE_TRIAL, /* its hits are counted, and that is all: would it fire? */
};

/* Who is paused. */
enum probe_scope {
	PROBE_THREAD,  /* of the thread that runs into the probe */
	PROBE_PROCESS, /* all threads stop; another thread may end it */
};

enum argument_from {
	ARGUMENT_NONE,
	ARGUMENT_CONSTANT, /* `offset` itself */
	ARGUMENT_REGISTER,
	ARGUMENT_MEMORY, /* at the register's value plus `offset` */
};

struct probe_argument {
	__u8 from;	   /* enum argument_from */
	__u8 bytes;	   /* 1, 2, 4 or 8 */
	__u8 is_signed;	   /* the bytes above are the sign's */
	__u8 is_text;	   /* what it gives is the address of a text, which ends by NUL */
	__u16 register_at; /* byte in the kernel's struct pt_regs */
	__u16 padding;
	__s64 offset;
};

struct probe {
	__u16 runtime; /* as in struct record_pause */
	__u16 kind;
	__u8 action;		     /* enum probe_action; 0: nobody's */
	__u8 scope;		     /* enum probe_scope */
	__u16 generation;	     /* of the row: a hit for what had it before is nobody's */
	__u64 collects;		     /* which of its pauses move struct clocks: collects_with() */
	struct probe_argument value; /* goes into record_pause.detail, or `text` where it is one */
	struct probe_argument text;
	__u64 hits; /* counted by the kernel half, in watched processes only */
};

enum { PROBES_MAX = 1024 };

/* Whatever is read, or where nothing is. */
#define COLLECTS_ALL (~0ULL)

/* Is a pause with that detail garbage collection? Bit n of `collects` is that of detail n. */
static inline __attribute__((always_inline)) bool collects_with(__u64 collects, __u64 detail)
{
	return collects == COLLECTS_ALL || (detail < 64 && collects >> detail & 1);
}

#ifndef __bpf__
static_assert(sizeof(struct probe_argument) == 16, "shared with the kernel");
static_assert(sizeof(struct probe) == 56, "shared with the kernel");
#endif
