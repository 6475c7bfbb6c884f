/* SPDX-License-Identifier: Apache-2.0 */
/* hook_info.h - the hooks that are in use in watched processes, by runtime and purpose. */
#pragma once

#include <jansson.h>

#include "user/model/metric.h"
#include "user/process/process.h"

/*
 * Samples of sonde.hook.info: one for each that differs, however many processes have it. Returns how
 * many hooks of processes are told of in none, for there are too many.
 */
size_t hook_info_collect(const struct processes *p, struct metric_sink *sink);
/* The runtimes of one, for sonde explain; an empty array: none is known. */
json_t *hook_info_json(const struct process *process);
