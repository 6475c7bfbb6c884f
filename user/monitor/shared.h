/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared.h - one page that monitor and workers map, so that counts outlive a worker.
 *
 * Each field has one writer. The worker that comes after a dead one finds in
 * `ledger` what that one had taken and not given out, and counts it as lost.
 */
#pragma once

#include "user/base/usage.h"
#include "user/capture/capture.h"
#include "user/event/ring.h"
#include "user/exchange/exchange.h"
#include "user/model/ledger.h"
#include "user/probes/counts.h"

struct shared {
	/* the monitor's */
	uint64_t worker_restarts;
	uint64_t programs_missed; /* recursion_misses of the hooks on operations */
	uint64_t events_missed;	  /* process events that were lost and looked for again */
	uint64_t messages_lost;	  /* more waited for the worker than may */
	uint64_t opens_late;	  /* files of targets that could not be opened in time */
	uint64_t watched;	  /* processes that are targets now */
	uint64_t members_refused; /* targets past limit.processes: not watched, or nobody's */
	struct probes_counts probes;
	struct usage monitor, spawner;
	uint64_t log_dropped, log_suppressed; /* of the monitor's lines */
	uint32_t monitor_pid, spawner_pid, monitor_uid;
	uint32_t watching; /* what was there at the start has been looked at */
	struct feature_state features[FEATURES]; /* `used` points into the binary both run */
	struct capture_counters baseline;	 /* what the self-test moved; no part of the sums */
	struct program_stats programs[CAPTURE_PROGRAMS];
	uint64_t program_count;
	/* the worker's */
	uint64_t in[STAGES], out[STAGES], lost[LOSSES];
	struct exchange_counters exchanges;
	struct ring_note ring_notes[RINGS_MAX];
	uint64_t tape_bytes; /* of the tape that are whole records */
	uint32_t succeeded;  /* one came to work and tells of what the kernel half's maps hold */
};

/* Descriptors that a worker gets with MESSAGE_SPAWN, in this order. */
enum worker_file {
	WORKER_MONITOR,	 /* its end of the pair that brings news of processes */
	WORKER_REQUESTS, /* its end of the pair for MESSAGE_OPEN and its answer */
	WORKER_SHARED,
	WORKER_VERDICTS,
	WORKER_CONTROL,
	WORKER_COUNTERS,
	WORKER_SCHEDULED,
	WORKER_PREEMPTED,
	WORKER_LOOPS,
	WORKER_SWEEP,
	WORKER_TAPE,	/* or /dev/null */
	WORKER_INSPECT, /* listens for `sonde explain` and `sonde top`, or /dev/null */
	WORKER_RINGS,	/* from here: the rings, then the listeners */
};
