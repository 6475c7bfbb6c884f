/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* settings.h - constants that the monitor sets before the object is loaded. */
#pragma once

#include "bpf/kernel.h"

/* Of the rings that there are, a power of two; less one. */
const volatile __u32 ring_mask = 0;
/* A ring with this much unread wakes a dozing worker. */
const volatile __u32 ring_wake_bytes = 1 << 18;
/* Bytes shipped of a turn's head: of the direction that spoke first, and of the other. */
const volatile __u32 head_bytes_first = 1024;
const volatile __u32 head_bytes_other = 512;
/* It is seen when a thread waits for events (hooks/waits.h). */
const volatile bool waits_seen = false;
/* Tasks that leave a CPU are seen (hooks/scheduler.h). */
const volatile bool switches_seen = false;
/* Of the map `loops`. */
const volatile __u32 loops_max = 1;
/* Nothing tells when a unix socket is closed: ship totals with each operation. */
const volatile bool unix_close_unseen = true;
