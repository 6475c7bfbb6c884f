/* SPDX-License-Identifier: Apache-2.0 */
/* ruby.h - kinds of pauses of Ruby: of the thread that has the interpreter's lock. */
#pragma once

enum ruby_kind {
	RUBY_MARK = 1, /* marking what lives */
	RUBY_SWEEP,    /* a slice of sweeping; a collection has many */
	RUBY_GC,       /* what a collection does at once, where the two cannot be told apart */
};
