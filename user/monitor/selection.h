/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selection.h - which processes are watched, and why.
 *
 * In:  processes and listening sockets as the iterators give them at the start,
 *      and events of fork, exec, end and listen from then on. No polling.
 * Out: task storage in the kernel half, and one call to `tell` for each target
 *      that is found, forked, exec'd or ended.
 *
 * A process is a target when any option of watch.* names it, or its parent was
 * one; exclusion beats both. Every exec decides anew.
 */
#pragma once

#include "user/capture/capture.h"
#include "user/monitor/procfiles.h"

struct selection;

enum { MEMBER_PORTS = 16 };

/* A watched process; all of it is borrowed for the call. */
struct member {
	struct process_id process, parent;
	char comm[COMM_BYTES];
	char watched_by[64]; /* the option that chose it, or "parent" */
	char exe[MESSAGE_TEXT];
	uint16_t ports[MEMBER_PORTS]; /* that it, or what it was forked from, listens on */
	size_t port_count;
	bool seen; /* by the pass that is running */
};

/* `files` is NULL for "fork" and "exit", where nothing is read. */
typedef void selection_tell(void *context, const char *event, const struct member *member,
			    uint64_t at_ns, const struct procfiles *files);

struct selection *selection_new(struct capture *capture, const struct config *config,
				selection_tell *tell, void *context);
void selection_free(struct selection *s);

/* Look at all that is there: at the start, and after process events were lost. */
int selection_scan(struct selection *s);
/* Choose anew by another configuration, which must outlive the selection. */
int selection_reconfigure(struct selection *s, const struct config *config);
/* One event of the kernel half. */
void selection_event(struct selection *s, const struct process_event *event);
/* Tell of every target again, as "seen": for a new worker. */
void selection_retell(struct selection *s);
/* Is this process a target? For requests of the worker. */
bool selection_has(const struct selection *s, struct process_id process);
size_t selection_count(const struct selection *s);
/* Targets past limit.processes, each time that one was found. */
uint64_t selection_refused(const struct selection *s);
/* A pid of our own that is never watched. */
void selection_ignore(struct selection *s, uint32_t pid);
