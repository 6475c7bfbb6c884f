/* SPDX-License-Identifier: Apache-2.0 */
/* loop_row.h - loops of one kind of an instance, and what is told of them. */
#pragma once

#include <stdbool.h>

#include "user/base/table.h"
#include "user/model/metric.h"
#include "user/model/resource.h"
#include "user/worker/loop_tally.h"

struct loop_row {
	struct resource *resource; /* a reference */
	bool is_main;		   /* loops of first threads, else of others */
	bool is_node;
	size_t loops; /* that live */
	uint64_t since_unix_ns;
	struct loop_tally total;
	/* Of the window that is open. */
	struct loop_tally before;
	uint64_t window_ns, least_ns, most_ns;
	struct loop_gauges gauges; /* of the last one that was closed */
};

/* Tell of all rows; those whose window is a second old, or open the longest, begin another. */
void loop_rows_give(struct table *rows, uint64_t now_ns, struct metric_sink *sink);
