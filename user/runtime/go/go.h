/* SPDX-License-Identifier: Apache-2.0 */
/* go.h - kinds of pauses of Go's runtime: no goroutine of the process runs. */
#pragma once

enum go_kind {
	/* All stopped. detail: why, of enum go_stop. */
	GO_STOP = 1,
	/* The same, before 1.22, where it is not said why: nearly always for the collector. */
	GO_STOP_ANY,
};

/* runtime.stwReason; the others are no collection's. */
enum go_stop { GO_MARK_TERMINATION = 1, GO_SWEEP_TERMINATION };

#define GO_STOPS_TO_COLLECT (1 << GO_MARK_TERMINATION | 1 << GO_SWEEP_TERMINATION)
