/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - floating point as Prometheus reads it: the fewest digits that read back the same. */
#pragma once

#include "user/base/buf.h"

/* A sample's value: whole numbers without an exponent; NaN, +Inf, -Inf by name. */
void number_add(struct buf *to, double value);

/*
 * The value of an `le` label. Laid out as Go's strconv does it, exponents
 * included, because a bound that is written in another way is another series.
 * `canonical`: OpenMetrics' form, where 1 is "1.0".
 */
void number_add_bound(struct buf *to, double bound, bool canonical);
