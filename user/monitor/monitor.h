/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - the privileged half: small, and parses nothing that a target controls.
 *
 *	start: spawner, listeners, kernel half, self-test, another sonde?, privileges down
 *	then:  process events -> selection -> news to the worker
 *	       the worker's requests for files -> procfiles
 *	       a dead worker -> a new one
 *
 * Nothing is pinned: when the monitor ends, however it ends, everything goes.
 */
#pragma once

#include "user/config/config.h"
#include "user/spawner/spawner.h"

/*
 * Exit status of the agent: base/exit.h; 2 where the first worker, or the tape, finds that
 * the configuration does not work. The arguments are those that `config` was read from, to
 * be read again at SIGHUP.
 */
int monitor_run(const struct config *config, int argc, char **argv, worker_main *worker);
