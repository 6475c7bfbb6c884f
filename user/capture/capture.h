/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - the kernel half, loaded, attached and seen to fire.
 *
 * Everything lives by descriptors of this process: nothing is pinned, so when
 * it ends the kernel takes down programs, links and maps.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "headers/capture.h"
#include "headers/probe.h"
#include "user/base/buf.h"
#include "user/capture/features.h"
#include "user/config/config.h"

struct capture;

/* Two on two CPUs hold 40 ms of 100,000 requests a second, if the worker is kept waiting. */
enum { RING_BYTES = 2 << 20 };

/*
 * Probe the features, load and attach what works, and run the self-test.
 * `states` is filled in any case. -ENOTSUP when a required feature has no
 * flavour that works; another negative errno when the kernel refused otherwise.
 */
int capture_new(const struct config *config, struct feature_state states[FEATURES],
		struct capture **ret);
void capture_free(struct capture *c);

/* Descriptors that the worker gets; they stay the capture's. */
size_t capture_rings(const struct capture *c);
int capture_ring_fd(const struct capture *c, size_t index);
int capture_verdicts_fd(const struct capture *c);
int capture_control_fd(const struct capture *c);
int capture_counters_fd(const struct capture *c);
int capture_scheduled_fd(const struct capture *c);
int capture_preempted_fd(const struct capture *c);
int capture_loops_fd(const struct capture *c);
int capture_sweep_fd(const struct capture *c);
/* The ring of process events, read by the monitor. */
int capture_events_fd(const struct capture *c);
size_t capture_events_bytes(const struct capture *c);

/* What probes mean: PROBES_MAX rows, shared with the kernel half, which counts their hits. */
struct probe *capture_probes(struct capture *c);
/* What they run, for attach_places(); negative: FEATURE_PROBES has no flavour. */
int capture_probe_program(const struct capture *c, bool *multi);

/* Watch a process, or no longer; by pidfd, so that it is the one that was looked at. */
int capture_target_set(struct capture *c, int pidfd, struct process_id process);
int capture_target_clear(struct capture *c, int pidfd);
/* Give each socket and each task of each target its storage. */
int capture_mark(struct capture *c);
/* The tasks alone; 0 where FEATURE_SCHEDULER has no flavour. */
int capture_mark_tasks(struct capture *c);
/* Announce each connection again before its next record: a new worker knows none. */
int capture_forget(struct capture *c);
/* Ports whose listeners become targets at once. */
void capture_ports(struct capture *c, const struct port_list *ports);
/* Tell of every exec, not only those of targets. */
void capture_watch_execs(struct capture *c, bool all);
/* Note what led to each operation, as they do from the start, or no longer: for spans and tapes. */
void capture_follow(struct capture *c, bool causes);

/* Be the agent of this host: capture_list_holders() of others finds this process from now on. */
int capture_claim(struct capture *c);
/* What the iterators say, as an array of the line's struct appended to `ret`. */
/* Parents before their children. */
int capture_list_processes(struct capture *c, struct buf *ret);
int capture_list_listeners(struct capture *c, struct buf *ret);
int capture_list_holders(struct capture *c, struct buf *ret);

/* Sum over CPUs. */
void capture_counters_read(const struct capture *c, struct capture_counters *ret);

struct program_stats {
	char name[24];
	uint64_t missed, runs, run_ns; /* runs and time where the kernel keeps them */
};

enum { CAPTURE_PROGRAMS = 32 };
/* Returns how many were filled. */
size_t capture_programs(const struct capture *c, struct program_stats ret[CAPTURE_PROGRAMS]);

/*
 * Operations whose program the kernel skipped and that no stand-in did (COUNT_STOOD_IN),
 * of what capture_programs() gave; at most, for tasks that are not watched are in it.
 */
uint64_t capture_missed(const struct feature_state states[FEATURES],
			const struct program_stats *programs, size_t count, uint64_t stood_in);
/*
 * Once some were `missed`: load and attach the programs that stand in for those
 * that the kernel skips (FEATURE_AGAIN), once, and log it.
 */
void capture_stand_in(struct capture *c, const struct feature_state states[FEATURES],
		      uint64_t missed);
