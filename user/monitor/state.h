/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - the monitor's own state, for the files that are parts of it:
 *
 *	monitor.c  what happens: events, signals, seconds
 *	prepare.c  what is opened and asked before privileges go
 *	keeper.c   the worker's life: made, asked, dead, made again
 *	news.c     what the worker is told
 *	opener.c   files that the worker asks for
 */
#pragma once

#include "user/base/exit.h"
#include "user/base/listen.h"
#include "user/base/loop.h"
#include "user/capture/capture.h"
#include "user/monitor/message.h"
#include "user/monitor/selection.h"
#include "user/monitor/shared.h"
#include "user/probes/probes.h"

enum { LISTENERS_MAX = 8, OPENERS = 4 };

/* A child that opens a file for the worker; pid 0: none. */
struct opener {
	struct monitor *monitor;
	pid_t pid;
	struct watch watch;
	struct timer deadline;
};

struct monitor {
	const struct config *config;
	struct config *own_config; /* read again at SIGHUP; NULL: the first one */
	/* What held before, until the worker of the new one is ready; NULL: none is on trial. */
	const struct config *before;
	struct config *own_before;
	int argc;
	char **argv;
	struct loop *loop;
	struct capture *capture;
	struct selection *selection;
	struct probes *probes; /* NULL: there are none */
	struct ring *events;
	/* The worker can write there too: nothing is ever read back from it. */
	struct shared *shared;
	struct feature_state features[FEATURES];
	uint64_t worker_restarts, events_missed, messages_lost, opens_late;
	uint64_t missed; /* operations whose program was skipped, at most */
	int shared_fd, tape_fd, inspect_fd;
	int listeners[LISTENERS_MAX];
	size_t listener_count;
	int worker_fd, requests_fd; /* our ends; -1: no worker */
	pid_t spawner;
	struct watch spawner_watch, events_watch, worker_watch, requests_watch, signals;
	struct timer second, respawn, stop, reload;
	struct news *news, *news_last; /* that the worker did not take yet */
	size_t news_count;
	struct timer news_timer;
	struct opener openers[OPENERS];
	uint64_t events_lost_seen, spawned_ns;
	int quick_deaths;
	bool stopping, reloading;
	bool reload_due;		/* SIGHUP came while no worker could be told */
	bool proven;			/* some worker was ready */
	char worker_says[MESSAGE_TEXT]; /* why it cannot start; empty: nothing */
	int status;
};

/* End the loop with this exit status. */
static inline void monitor_end(struct monitor *m, int status)
{
	m->status = status;
	loop_stop(m->loop);
}
