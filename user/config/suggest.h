/* SPDX-License-Identifier: Apache-2.0 */
/* suggest.h - what a mistyped name may have meant. */
#pragma once

#include <stddef.h>

#include "user/base/str.h"

struct suggestion {
	struct str given;
	const char *best; /* NULL: nothing is near */
	size_t distance;
};

/* Offer one known name; the nearest so far is kept. `name` must outlive the suggestion. */
void suggest(struct suggestion *suggestion, const char *name);
