/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drops.h - links that are to be closed: the last to close one waits for the kernel to take the
 * probe out, so children do it (attacher.h). While all of them are at it links wait, and stay open.
 */
#pragma once

#include "user/probes/children.h"

struct drop;

struct drops {
	struct children children;
	struct drop *first, *last; /* that wait for a child */
	struct timer next;
	size_t open; /* links of those */
};

void drops_init(struct drops *d, struct loop *loop);
/* The links are its own from now on; at most SET_LINKS. */
void drops_add(struct drops *d, int *links, size_t count);
/* End the children; what waits is closed here. */
void drops_free(struct drops *d);
