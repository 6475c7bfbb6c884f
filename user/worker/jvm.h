/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jvm.h - counters and heap of watched JVMs, from the file that HotSpot itself keeps of them.
 *
 *	a process that runs java  --  the monitor opens its file (HSPERF_PATTERN)  --  read when asked
 *
 * Nothing is done to the process: the file is memory that it shares (hsperf/). It is asked for when
 * the process is seen, and a few times more, for a JVM that begins has none yet; its descriptor is
 * kept. Reading never waits: a file that lies on a network or a user's own file system is left
 * alone. What a JVM that has ended had counted stays in the sums of its instance.
 */
#pragma once

#include "user/model/metric.h"
#include "user/process/process.h"

struct jvms;

enum jvm_state {
	JVM_NOT,     /* no JVM that is known */
	JVM_WAITING, /* asked for, or to be asked for again */
	JVM_READ,
	JVM_NONE,    /* it has no file: -XX:-UsePerfData, -XX:+PerfDisableSharedMem, no HotSpot */
	JVM_INVALID, /* what it says cannot be; tried again each time */
	JVM_FILE_SYSTEM, /* one whose reading may be kept waiting */
	JVM_LIMIT,	 /* too many JVMs; tried again when one has gone */
	JVM_STATES,
};

struct jvms_options {
	struct processes *processes;
	size_t limit; /* JVMs at once */
	uint64_t ended_series_ns;
	/* Ask for the file of a process: jvms_opened() comes later. False: not now. */
	bool (*open)(void *context, struct process_id process);
	void *context;
};

struct jvms *jvms_new(const struct jvms_options *options);
void jvms_free(struct jvms *j);

/* News of a process were learned: `event` as in FACT_EVENT. */
void jvms_learn(struct jvms *j, struct process_id process, const char *event, uint64_t now_ns);
/* The file, or -1; its descriptor is taken. */
void jvms_opened(struct jvms *j, struct process_id process, int fd, uint64_t now_ns);
/* Ask for what is due; what has ended is read for the last time. */
void jvms_settle(struct jvms *j, uint64_t now_ns);
struct collector *jvms_collector(struct jvms *j);

enum jvm_state jvms_state(const struct jvms *j, struct process_id process);
/* "read", "none", ...; label of sonde_jvm_unread_total. */
const char *jvm_state_name(enum jvm_state state);
