/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.h - a flavour is trusted when it has been seen to fire.
 *
 * A child of ours, watched like any target, sleeps (selftest_switch.h), runs into
 * probes (selftest_probe.h), sends and receives over TCP/4,
 * TCP/6 and a unix pair: write, readv, a peek, a wait for events, recvmsg, sendfile. The records
 * that come out of the rings must say exactly that, bytes and arrival included.
 * A family that the host lacks is absent, not failed.
 */
#pragma once

#include <errno.h>

#include "user/capture/capture.h"

/*
 * All was seen but that a thread waited for events, but that it left a CPU, or but a probe's hits: a
 * reason for another flavour of FEATURE_LOOPS, of FEATURE_SCHEDULER, or of FEATURE_PROBES.
 */
enum {
	SELFTEST_NO_WAITS = -ETIME,
	SELFTEST_NO_SWITCHES = -ENOSR,
	SELFTEST_NO_PROBES = -ENOSTR,
};

/*
 * 0 when every family that the host has was seen whole; -ENODATA when one was
 * not. When only arrivals stay unseen, states[FEATURE_ARRIVAL] loses its
 * flavour and the result is 0. `probe_error` says why probes were not seen.
 */
int selftest_run(struct capture *c, struct feature_state states[FEATURES], int *probe_error);
