/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probes.h - which runtimes the watched processes have, and probes in them.
 *
 * In:  processes as the selection tells of them: seen, forked, exec'd, ended.
 * Out: probes in their text (attachment.h), and what came of it as facts: "nodejs 20.20.2", and
 *      for each purpose by what, or why not.
 *
 *	process -> queue -> reader, a child (reader/reader.h) -> answer, of which nothing is believed
 *	        -> attachments, one a file and purpose -> attacher, a child (attacher.h) -> links
 *
 * A program that has begun just now has not loaded all of itself: it is looked at a moment later,
 * and once more where nothing was found. One of which nothing was found and that begins to listen
 * on a port is looked at again.
 */
#pragma once

#include "headers/record.h"
#include "user/base/loop.h"
#include "user/capture/capture.h"
#include "user/probes/counts.h"

struct probes;

/* What is known of a process's runtime now; it may be told again. */
typedef void probes_tell(void *context, struct process_id process, const char *runtime,
			 const char *hooks);

/* NULL where there can be no probes (FEATURE_PROBES), or collect.runtimes is off. */
struct probes *probes_new(struct loop *loop, struct capture *capture, const struct config *config,
			  struct probes_counts *counts, probes_tell *tell, void *context);
/* Takes all of them out. */
void probes_free(struct probes *p);

/*
 * As the selection tells: "seen", "fork", "exec" or "exit"; a process that is "seen" again is told
 * of again. `p` may be NULL.
 */
void probes_process(struct probes *p, const char *event, struct process_id process,
		    struct process_id parent);
