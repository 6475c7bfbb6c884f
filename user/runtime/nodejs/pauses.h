/* SPDX-License-Identifier: Apache-2.0 */
/* pauses.h - what V8's collections are called by those who see them, and by users. */
#pragma once

#include "user/runtime/runtime.h"

enum nodejs_kind {
	NODEJS_BY_TYPE = 1,  /* detail: bits of v8::GCType */
	NODEJS_BY_COLLECTOR, /* detail: 0 scavenger, 1 mark-compact, 2 minor mark-sweep */
	NODEJS_UNTOLD,	     /* a collection of which nothing else is known */
};

void nodejs_describe(const struct record_pause *record, struct pause *ret);
