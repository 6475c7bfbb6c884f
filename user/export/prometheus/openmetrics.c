/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openmetrics.c - OpenMetrics 1.0: units, exemplars, and an end that tells whole from cut.
 * https://prometheus.io/docs/specs/om/open_metrics_spec/
 *
 * A counter's family is named without _total, target_info's without _info.
 * Times of creation (_created) would double the series and are left to the
 * protobuf format.
 */
#include "user/export/prometheus/lines.h"

static const struct lines_style style = { .canonical_bounds = true, .exemplars = true };

static bool ends_in(struct str name, struct str end)
{
	return name.len > end.len && str_eq(str_after(name, name.len - end.len), end);
}

static struct str without(struct str name, struct str end)
{
	if (ends_in(name, end))
		name.len -= end.len;
	return name;
}

/* A unit may only be stated when the name ends in it. */
static bool states_unit(struct str name, struct str unit)
{
	return unit.len && ends_in(name, unit) && name.at[name.len - unit.len - 1] == '_';
}

static void openmetrics_head(const struct family *family, struct buf *to)
{
	struct str name = str_of(family->name.name), unit = str_of(family->name.unit);
	const char *type = family->is_info ? "info" : lines_type_name(family->kind);

	if (family->is_info)
		name = without(name, STR("_info"));
	else if (family->kind == METRIC_COUNTER)
		name = without(name, STR("_total"));
	lines_add_comment("HELP", name, str_of(family->help), true, to);
	lines_add_comment("TYPE", name, str_of(type), true, to);
	if (states_unit(name, unit))
		lines_add_comment("UNIT", name, unit, true, to);
}

static void openmetrics_sample(const struct family *family, const struct labels *labels,
			       const struct sample *sample, struct buf *to)
{
	lines_keep(&style, family, labels, sample, to);
}

static void openmetrics_expand(const struct family *family, struct str *kept, struct buf *to)
{
	lines_expand(&style, family, kept, to);
}

const struct format format_openmetrics = {
	.name = "openmetrics",
	.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	.tail = { "# EOF\n", 6 },
	.media = { "application/openmetrics-text", 28 },
	.parameters = { { .key = { "version", 7 }, .value = { "1.0.0", 5 }, .optional = true } },
	.sample = openmetrics_sample,
	.expand = openmetrics_expand,
	.head = openmetrics_head,
};
