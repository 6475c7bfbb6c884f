/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - OpenTelemetry's names as Prometheus'.
 * OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".
 */
#pragma once

#include "user/base/buf.h"
#include "user/model/metric.h"

enum { NAME_BYTES = 256, UNIT_BYTES = 64 };

struct metric_name {
	char name
		[NAME_BYTES]; /* with its unit and with _total or _ratio: what samples are called */
	char unit[UNIT_BYTES]; /* "seconds", "bytes_per_second", or empty */
};

/* A name that does not fit is cut; names are our own and do. */
void metric_name_of(const struct metric *metric, struct metric_name *ret);

/* Append the label that an attribute's key becomes. -ENOSPC when full. */
int label_name_add(struct buf *to, struct str key);
