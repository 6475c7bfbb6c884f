/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - all metrics once, as Prometheus text: for `sonde replay`. */
#pragma once

#include <stdio.h>

#include "user/model/metric.h"

void prometheus_print(const struct collectors *collectors, uint64_t now_ns, FILE *to);
