/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.h - what is opened and asked before privileges go. What fails is
 * logged; the results are exit statuses, 0 when all is well.
 */
#pragma once

#include "user/monitor/state.h"

int prepare_shared(struct monitor *m);
/* Load and test the kernel half, and look for another sonde. */
int prepare_capture(struct monitor *m);
int prepare_listeners(struct monitor *m);
int prepare_tape(struct monitor *m);
/* Where `sonde explain` and `sonde top` ask; without it sonde works all the same. */
void prepare_inspect(struct monitor *m);
