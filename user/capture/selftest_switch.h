/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest_switch.h - the scheduler's tracepoint is trusted when it has told that our own child, which
 * is followed like any target's task, slept once.
 */
#pragma once

#include "user/capture/capture.h"

/* The child's: leave a CPU by itself. */
void selftest_switch_sleep(void);
/* Was that counted for the child? Its place among the watched is given back. */
bool selftest_switch_saw(struct capture *c, const struct process_id *child);
