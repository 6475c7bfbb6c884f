/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news.h - what the worker is told of processes, each in its turn.
 *
 * A worker that is busy takes nothing for a while, and the kernel lets no more
 * descriptors be under way than RLIMIT_NOFILE says. What cannot be sent waits
 * here, in order, and is sent a moment later; nothing overtakes it.
 */
#pragma once

#include "user/monitor/state.h"

/* A selection_tell. */
void news_tell(void *monitor, const char *event, const struct member *member, uint64_t at_ns,
	       const struct procfiles *files);
/* A probes_tell. */
void news_runtime(void *monitor, struct process_id process, const char *runtime, const char *hooks);
/* Ask the worker to flush and end, after all that it was to be told. */
void news_stop(struct monitor *m);
/* There is no worker any more: the next one is told of all there is. */
void news_forget(struct monitor *m);
/* A timer's. */
void on_news(struct timer *timer, uint64_t now_ns);
