/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_rows.h - from two answers of the running sonde to what happened in between.
 *
 * Each instance's counts are subtracted apart, so that one that ended takes
 * nothing away from its service; then instances of a service are added up.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct top_line {
	char *service, *namespace, *kind; /* owned; "http server" */
	uint64_t requests, errors, open;
	double rate, errors_rate; /* a second */
	double p50_s, p99_s;	  /* 0: no request */
	double pause_s; /* the longest of its service, rounded up by at most a tenth; 0: none */
};

struct top_table {
	struct top_line *lines; /* by rate, then by name */
	size_t count;
	double interval_s;
	uint64_t left_out; /* instances and kinds that had no room */
};

/* -EINVAL when they are not two answers to `top`, the older first; `ret` is then untouched. */
int top_compare(const json_t *before, const json_t *after, struct top_table *ret);
void top_table_free(struct top_table *table);
