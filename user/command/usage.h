/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - what is said of an argument that nobody knows. */
#pragma once

#include <stdbool.h>

#include "user/base/str.h"

/*
 * "sonde check: unknown argument --jsn; did you mean --json?" on standard error. Where none of
 * `known`, which NULL ends, is near, all of them are listed. Always EXIT_USAGE.
 */
int usage_unknown(const char *who, const char *what, const char *given, const char *const *known);

/* Is one of `known` what was meant by `given`, which is none of them? */
bool usage_near(const char *given, const char *const *known);

bool is_help(const char *argument);
