/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recent.h - the last pauses of each process, for spans that end after them; inside user/pause/.
 *
 *	process -> a ring of RECENT_PAUSES, made at its first pause: 4 KiB
 *
 * A ring goes when its process has not been paused for a minute, whether it has ended or not: no
 * span waits longer. Past `max_processes` of them, pauses of others are not remembered, which is
 * counted; so are those that make room before they are RECENT_NS old.
 */
#pragma once

#include "headers/record.h"
#include "user/base/clock.h"
#include "user/base/str.h"
#include "user/base/table.h"

/* As long as spans wait by default (limit.trace-wait). */
#define RECENT_NS (5 * NS_PER_S)

enum { RECENT_PAUSES = 128 };

/* A pause that is remembered. */
struct seen_pause {
	uint64_t began_ns, ended_ns;
	const char *kind; /* a literal, `kind_length` long */
	uint32_t thread;  /* 0: the whole process was paused */
	uint16_t runtime;
	uint8_t kind_length;
	bool is_collection;
};

typedef void pause_visit(void *context, const struct seen_pause *pause);

struct ring;

struct recent {
	struct table rings; /* by process_id */
	struct ring *last;  /* the one asked for last, or NULL */
	uint64_t swept_ns;
	uint64_t hurried; /* forgotten before they were RECENT_NS old */
};

void recent_init(struct recent *r, size_t max_processes);
void recent_free(struct recent *r);
void recent_add(struct recent *r, struct process_id process, const struct seen_pause *pause);
/* Those that ended at `from_ns` or later, and some before; the newest first. */
void recent_since(const struct recent *r, struct process_id process, uint64_t from_ns,
		  pause_visit *visit, void *context);
/* None that ended later than `from_ns` has made room for another. */
bool recent_knows_all(const struct recent *r, struct process_id process, uint64_t from_ns);
