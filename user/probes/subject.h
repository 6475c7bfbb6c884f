/* SPDX-License-Identifier: Apache-2.0 */
/* subject.h - a watched process, and which attachments it uses. */
#pragma once

#include "user/probes/attachment.h"

struct found {
	uint16_t runtime;
	char version[RUNTIME_VERSION];
	struct attachment *purposes[RUNTIME_PURPOSES]; /* NULL: refused */
};

enum subject_state {
	SUBJECT_WAITING, /* for a reader */
	SUBJECT_READING,
	SUBJECT_READ,
};

struct subject {
	struct process_id id;
	enum subject_state state;
	enum refusal refusal; /* of the reader */
	uint64_t due_ns;      /* SUBJECT_WAITING: not before */
	uint64_t cpu_ns;      /* that it had used when last looked at */
	int readings;
	size_t failures;	       /* of a reader, after which another was tried */
	bool is_new;		       /* its program began a moment ago */
	struct subject *next, *before; /* that wait */
	struct found *found;	       /* owned */
	size_t found_count;
};

void subject_free(struct subject *s);
/* Use nothing any more. */
void subject_leave(struct subject *s);
/* Of a fork: what the other uses. */
void subject_share(struct subject *child, const struct subject *parent);
/*
 * Take what a reader answered, of which nothing is believed. REFUSED_NOT, or why it cannot be;
 * nothing is used then.
 */
enum refusal subject_take(struct subject *s, struct attachments *all,
			  const struct reader_answer *answer, const int files[READER_FILES]);
bool subject_uses(const struct subject *s, const struct attachment *a);

enum { HOOKS_TEXT = 256 };

/* "gc=callbacks/uprobe_multi safepoint=none/no-hooks"; "" while that is not known yet. */
void found_hooks(const struct found *f, const char *flavour, char ret[HOOKS_TEXT]);
