/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - all metrics once, as Prometheus text: for `sonde replay`. */
#pragma once

#include <stdio.h>

#include "user/model/metric.h"

/* 0, or -ENOSPC when they are more than one scrape may hold. */
int prometheus_print(const struct collectors *collectors, uint64_t now_ns, FILE *to);
