/* SPDX-License-Identifier: Apache-2.0 */
/* delays.h - what the time of a request went to, cause by cause; together they are its duration. */
#pragma once

#include <stdint.h>

#include "user/base/str.h"

/* One at each instant; where several hold, the first of them. */
enum delay {
	DELAY_THROTTLE,	  /* the cgroup's quota of CPU time was used up */
	DELAY_GC,	  /* the runtime collected garbage */
	DELAY_CPU_WAIT,	  /* it could run, and other tasks did */
	DELAY_DOWNSTREAM, /* it slept, and a call that it made was not answered */
	DELAY_LOOP_WAIT,  /* it lay in the socket, and who reads there did other work */
	DELAY_ON_CPU,	  /* its thread ran */
	DELAY_UNATTRIBUTED, /* its thread slept for another reason, or which thread it was is not known */
	DELAYS,
};

struct delays {
	uint64_t ns[DELAYS];
};

/* "throttle", "gc", ...: label values, and what follows "sonde.delay." on spans. */
extern const struct str delay_names[DELAYS];
/* The attribute's key: "sonde.delay.throttle", ... */
extern const struct str delay_keys[DELAYS];

/* The largest; of equals the first. */
enum delay delays_main(const struct delays *delays);
