/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - Prometheus' text format 0.0.4, which every scraper reads.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * It has no exemplars, no units, no times of creation and no native histograms.
 */
#include "user/export/prometheus/lines.h"

static const struct lines_style style = {};

static void text_head(const struct family *family, struct buf *to)
{
	struct str name = str_of(family->name.name);

	lines_add_comment("HELP", name, str_of(family->help), false, to);
	lines_add_comment("TYPE", name, str_of(lines_type_name(family->kind)), false, to);
}

static void text_sample(const struct family *family, const struct labels *labels,
			const struct sample *sample, struct buf *to)
{
	lines_keep(&style, family, labels, sample, to);
}

static void text_expand(const struct family *family, struct str *kept, struct buf *to)
{
	lines_expand(&style, family, kept, to);
}

const struct format format_text = {
	.name = "text",
	.content_type = "text/plain; version=0.0.4; charset=utf-8",
	.media = { "text/plain", 10 },
	.parameters = { { .key = { "version", 7 }, .value = { "0.0.4", 5 }, .optional = true } },
	.sample = text_sample,
	.expand = text_expand,
	.head = text_head,
};
