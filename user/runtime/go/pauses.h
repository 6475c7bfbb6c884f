/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - Go's moments without goroutines, and its collections' cycles. */
#pragma once

#include "user/runtime/runtime.h"

enum go_kind {
	GO_STOP = 1, /* detail: runtime.stwReason; 0, which is none of them, before 1.22 */
	GO_CYCLE,    /* from a collection's start to its end: goroutines run, so it is no pause */
};

void go_describe(const struct record_pause *record, struct pause *ret);
