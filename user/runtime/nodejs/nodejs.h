/* SPDX-License-Identifier: Apache-2.0 */
/* nodejs.h - kinds of pauses of Node.js, which is V8's collector: of one isolate, on its thread. */
#pragma once

enum nodejs_kind {
	/*
	 * Between V8's callbacks before and after a collection. detail: v8::GCType, one bit:
	 * 1 scavenge, 2 minor mark-sweep, 4 mark-compact, 8 incremental marking, 16 weak callbacks.
	 */
	NODEJS_GC_TYPE = 1,
	/* What V8's tracer counts. detail: its collector, 0 scavenger, 1 mark-compact, 2 minor. */
	NODEJS_GC_COLLECTOR,
	/* One call of Heap::CollectGarbage, of whatever kind. */
	NODEJS_GC_ANY,
};
