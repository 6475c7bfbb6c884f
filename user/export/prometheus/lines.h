/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - what the two formats of text have in common: `name{label="value"} 1`. */
#pragma once

#include "user/export/prometheus/format.h"

struct lines_style {
	bool canonical_bounds; /* le="1.0" */
	bool exemplars;
};

/*
 * Append what lines_expand() needs of one sample: its labels once and its numbers. Of
 * a histogram that is a tenth of its lines or less.
 */
void lines_keep(const struct lines_style *style, const struct family *family,
		const struct labels *labels, const struct sample *sample, struct buf *to);
/* Take the first kept sample off `kept` and append its lines: one, or all of a histogram's. */
void lines_expand(const struct lines_style *style, const struct family *family, struct str *kept,
		  struct buf *to);

/* What both call a metric of this kind. */
const char *lines_type_name(enum metric_kind kind);
/* "# HELP name text" and its fellows; a backslash, a line feed and `quote` too are escaped. */
void lines_add_comment(const char *what, struct str name, struct str text, bool quote,
		       struct buf *to);
