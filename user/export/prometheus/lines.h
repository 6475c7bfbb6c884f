/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - what the two formats of text have in common: `name{label="value"} 1`. */
#pragma once

#include "user/export/prometheus/format.h"

struct lines_style {
	bool canonical_bounds; /* le="1.0" */
	bool exemplars;
};

/* The lines of one sample: one, or all of a histogram's. */
void lines_add(const struct lines_style *style, const struct family *family,
	       const struct labels *labels, const struct sample *sample, struct buf *scratch,
	       struct buf *to);

/* "# HELP name text" and its fellows; a backslash, a line feed and `quote` too are escaped. */
void lines_add_comment(const char *what, struct str name, struct str text, bool quote,
		       struct buf *to);
