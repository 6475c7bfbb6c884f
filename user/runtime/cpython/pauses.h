/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - CPython's collections and waits for its lock. */
#pragma once

#include "user/runtime/runtime.h"

enum cpython_kind {
	CPYTHON_GC = 1, /* detail: generation, signed; -1 where it is chosen inside */
	CPYTHON_GIL,	/* a thread waited for the interpreter's lock */
};

void cpython_describe(const struct record_pause *record, struct pause *ret);
