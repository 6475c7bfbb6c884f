/* SPDX-License-Identifier: Apache-2.0 */
/* counts.h - what there is of probes, and what was refused; the monitor writes, the worker exports. */
#pragma once

#include "user/probes/refusal.h"

struct probes_counts {
	uint64_t attached; /* probes in use */
	uint64_t trial;	   /* attached to see whether they fire */
	uint64_t files;	   /* that have any */
	uint64_t waiting;  /* processes whose files are to be read */
	uint64_t refused[REFUSALS];
};
