/* SPDX-License-Identifier: Apache-2.0 */
/* cpython.h - kinds of pauses of CPython: of the thread that has the interpreter's lock. */
#pragma once

enum cpython_kind {
	/* A collection of cycles. detail: the generation, 0 to 2; in 3.13 -1 where nobody asked. */
	CPYTHON_GC = 1,
	/* The same, where the generation cannot be read. */
	CPYTHON_GC_ANY,
	/* Waiting for the interpreter's lock, the GIL. */
	CPYTHON_GIL,
	/* A call that may collect; no detail: it found nothing to do. */
	CPYTHON_GC_ASKED,
};
