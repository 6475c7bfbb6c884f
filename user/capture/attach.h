/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach.h - probes in the text of a file, for every process that maps it.
 *
 * Of two ways to ask the kernel for it: a link of many places, by bpf(2) alone (6.6 on), or a perf
 * event and a link for each place, which needs CAP_SYS_ADMIN. Either is taken back by closing
 * what is returned here, and by the kernel where that is left to it. libbpf 1.1 knows neither
 * links of many places nor how to name a file by its descriptor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* enum bpf_attach_type's BPF_TRACE_UPROBE_MULTI, which older headers lack. */
enum { ATTACH_MULTI = 48 };

struct attach_place {
	uint64_t offset, semaphore_offset; /* in the file; no semaphore: 0 */
	uint64_t cookie;		   /* what the program gets (headers/probe.h) */
};

/* Of one call, so many at most. */
enum { ATTACH_PLACES = 64 };

/*
 * Attach a loaded program at the places of the open `file`, all of them or none. `multi`: it was
 * loaded for that. The links are the caller's then, at most `count`; how many, or negative errno.
 */
int attach_places(int program, bool multi, int file, bool at_return,
		  const struct attach_place *places, size_t count, int *ret);

/* 0 when this kernel and these privileges allow it; a negative errno. Nothing stays attached. */
int attach_error(bool multi);
