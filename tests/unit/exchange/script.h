/* SPDX-License-Identifier: Apache-2.0 */
/* script.h - operations on a rig's own wire, short enough to read as a dialogue. */
#pragma once

#include <string.h>

#include "tests/unit/exchange/build.h"

static inline void recv_(struct rig *rig, const char *text)
{
	build_op(rig, &rig->wire, RECEIVED, text, strlen(text));
}

static inline void send_(struct rig *rig, const char *text)
{
	build_op(rig, &rig->wire, SENT, text, strlen(text));
}

/* Its record does not arrive. */
static inline void lost(struct rig *rig, enum direction d, const char *text)
{
	rig->wire.lose = true;
	build_op(rig, &rig->wire, d, text, strlen(text));
}

/* Bytes whose content does not matter. */
static inline void pass(struct rig *rig, enum direction d, size_t len)
{
	build_op(rig, &rig->wire, d, NULL, len);
}

/* Time passes, after which what was held back is not waited with any longer. */
static inline void wait_(struct rig *rig)
{
	rig->now_ns += 51000000;
	exchanges_expire(rig->x, rig->now_ns);
}
