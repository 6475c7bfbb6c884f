/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attachment.h - the probes of one purpose of a runtime in one file, for all that run it.
 *
 *	waiting -> working (a child checks and attaches a set, the next one if that fails) -> settled
 *
 * Of its sets the first that is whole and can be attached is used. A function that is there may
 * never be called, for it was put into its callers (marks of SystemTap are always hit). That cannot
 * be told from silence alone: a program that makes no garbage collects none. So when a set of
 * functions has been silent for SILENT_NS of its processes' CPU time, or begins pauses and never
 * ends one, the next set is attached beside it, on trial: its hits are counted and make no records.
 * The first on trial that sees whole pauses while the one in use does not takes its place; once the
 * one in use sees one the trial is over. Sets of one purpose must see the same pauses, or have
 * marks first.
 *
 * What may be otherwise a moment later is tried again, each time later and not for ever: a process
 * that ended, or began another program meanwhile, says nothing of others that run the file.
 */
#pragma once

#include <sys/types.h>

#include "user/base/clock.h"
#include "user/probes/attacher.h"
#include "user/probes/children.h"
#include "user/probes/counts.h"
#include "user/probes/drops.h"
#include "user/probes/rows.h"
#include "user/reader/reader.h"

#define SILENT_NS (10 * NS_PER_S)

enum { ATTACHMENTS_MAX = 256 };

/* A file, however it is reached: an image's layer is on another device in each container. */
struct file_identity {
	uint64_t device, inode, bytes, born_ns;
};

struct attached_set {
	bool whole, tried, on;
	int links[SET_LINKS];
	uint16_t rows[SET_PLACES];
	uint8_t hooks[SET_PLACES]; /* what each is a place of */
	size_t link_count, row_count;
};

enum attachment_state { ATTACHMENT_WAITING, ATTACHMENT_WORKING, ATTACHMENT_SETTLED };

struct attachment {
	struct attachments *owner;
	struct attachment *next;
	struct file_identity identity;
	int file;
	int64_t changed_ns; /* the file's time when it was read */
	uint16_t runtime, purpose;
	size_t users; /* processes */
	enum attachment_state state;
	enum refusal reason; /* why nothing is attached */
	struct found_place *places;
	size_t place_count;
	struct attached_set sets[PURPOSE_SETS];
	int used, working_on;	 /* numbers of sets; -1: none */
	struct process_id asked; /* whose mappings were looked at last */
	int tries;		 /* of the set that is tried again at due_ns */
	uint64_t due_ns;
	bool decided; /* the set in use was seen to fire, or there is no other */
	uint64_t
		burned_ns; /* CPU time of its processes since a set was attached, while not decided */
};

struct attachments {
	struct loop *loop;
	struct rows *rows;
	struct probes_counts *counts;
	int program;
	bool multi;
	bool no_returns; /* a set with a probe at a return is refused (capture/selftest_return.h) */
	/* What it came to has changed: tell who uses it. */
	void (*changed)(void *context, struct attachment *a);
	/* A process that uses it, whose mappings can be looked at, the one after `asked` where there
	 * are several; false: none that is known. */
	bool (*user_of)(void *context, const struct attachment *a, struct process_id *ret);
	void *context;
	struct children children;
	struct drops drops;
	struct timer work;
	struct attachment *first;
	size_t count;
	size_t open, open_max; /* descriptors: half of those that this process may have */
};

/* The fields before `children` are set by the caller. */
void attachments_init(struct attachments *all);
/* Take all probes out, and wait for that. */
void attachments_free(struct attachments *all);

/*
 * One more process uses what was found in `file`, which is borrowed: at most one set of the
 * purpose. NULL: there are too many.
 */
struct attachment *attachment_use(struct attachments *all, int file, uint16_t runtime,
				  uint16_t purpose, const struct found_place *places, size_t count,
				  uint16_t number);
/* One more that was forked from one that does. */
void attachment_share(struct attachment *a);
void attachment_leave(struct attachment *a);
/* Look whether each fires that is not decided, and is what was read. */
void attachments_look(struct attachments *all);
/* Begin what waits. */
void attachments_work(struct attachments *all);

/* "callbacks", or "none". */
const char *attachment_flavour(const struct attachment *a);
