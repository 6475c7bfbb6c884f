/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - what the kernel half may take for granted of a process: enum follow_flags. */
#pragma once

#include <stdbool.h>

#include "user/process/process.h"

/* FOLLOW_TO_END: every runtime that was found in it runs what it reads to the end. */
bool follow_runs_to_end(const struct process *process);
