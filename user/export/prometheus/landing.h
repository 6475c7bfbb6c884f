/* SPDX-License-Identifier: Apache-2.0 */
/* landing.h - the page at "/": what this is and where to go. */
#pragma once

#include "user/base/buf.h"

enum { LANDING_BYTES = 16 << 10 };

/* Append the page as HTML; the path is escaped. */
void landing_add(struct buf *to, struct str telemetry_path);
