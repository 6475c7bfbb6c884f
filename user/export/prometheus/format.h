/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - what a format of exposition is to the rest of the exporter.
 *
 * A format writes a sample at a time into its family's buffer, as it is sent or in
 * a shorter form that is expanded while it is sent, and the family's head when all
 * samples are there. To add one: write a file that ends in
 * `const struct format format_<name>` and add it to the table in negotiate.c.
 */
#pragma once

#include "user/base/buf.h"
#include "user/export/prometheus/labels.h"
#include "user/export/prometheus/name.h"

/* All samples of one name in one scrape. */
struct family {
	struct metric_name name;
	char *help; /* owned */
	enum metric_kind kind;
	bool is_info; /* target_info */
	size_t samples;
	struct buf body; /* the samples, as the format keeps them */
};

struct format {
	const char *name;
	const char *content_type;
	struct str tail; /* ends an answer */
	/* What an Accept element must say; an optional parameter may be left out, not differ. */
	struct str media;
	struct {
		struct str key, value;
		bool optional;
	} parameters[2];

	/* Append one sample. What does not fit sets to->full. */
	void (*sample)(const struct family *family, const struct labels *labels,
		       const struct sample *sample, struct buf *to);
	/* Take the first sample off `kept` and append it as it is sent; NULL: it is that already. */
	void (*expand)(const struct family *family, struct str *kept, struct buf *to);
	/* Append what stands before the body, which is complete. */
	void (*head)(const struct family *family, struct buf *to);
};

extern const struct format format_text, format_openmetrics, format_protobuf;
