/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/lines.h"

#include "user/export/prometheus/number.h"

static void add_escaped(struct buf *to, struct str text, bool quote)
{
	size_t start = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c != '\\' && c != '\n' && (c != '"' || !quote))
			continue;
		buf_add(to, (struct str){ text.at + start, i - start });
		buf_add_byte(to, '\\');
		buf_add_byte(to, c == '\n' ? 'n' : c);
		start = i + 1;
	}
	buf_add(to, (struct str){ text.at + start, text.len - start });
}

void lines_add_comment(const char *what, struct str name, struct str text, bool quote,
		       struct buf *to)
{
	buf_printf(to, "# %s %.*s ", what, STR_ARGS(name));
	add_escaped(to, text, quote);
	buf_add_byte(to, '\n');
}

/* a="1",b="2": made once, written on each line of a histogram. */
static struct str encode(const struct labels *labels, struct buf *scratch)
{
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			buf_add_byte(scratch, ',');
		buf_add(scratch, label_name(labels, i));
		buf_add(scratch, STR("=\""));
		add_escaped(scratch, label_value(labels, i), true);
		buf_add_byte(scratch, '"');
	}
	return buf_str(scratch);
}

static void add_name(const struct family *family, const char *suffix, struct str labels,
		     struct buf *to)
{
	buf_add(to, str_of(family->name.name));
	buf_add(to, str_of(suffix));
	if (labels.len) {
		buf_add_byte(to, '{');
		buf_add(to, labels);
		buf_add_byte(to, '}');
	}
	buf_add_byte(to, ' ');
}

static void add_value(const struct family *family, const char *suffix, struct str labels,
		      double value, struct buf *to)
{
	add_name(family, suffix, labels, to);
	number_add(to, value);
	buf_add_byte(to, '\n');
}

static void add_hex(struct buf *to, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		buf_add_byte(to, digits[bytes[i] >> 4]);
		buf_add_byte(to, digits[bytes[i] & 15]);
	}
}

/* Its labels are 63 code points of the 128 that OpenMetrics allows. */
static void add_exemplar(struct buf *to, const struct exemplar *e)
{
	buf_add(to, STR(" # {trace_id=\""));
	add_hex(to, e->trace_id, sizeof(e->trace_id));
	buf_add(to, STR("\",span_id=\""));
	add_hex(to, e->span_id, sizeof(e->span_id));
	buf_add(to, STR("\"} "));
	number_add(to, e->value);
	buf_printf(to, " %llu.%03u", (unsigned long long)(e->unix_ns / 1000000000),
		   (unsigned)(e->unix_ns / 1000000 % 1000));
}

static void add_bucket(const struct lines_style *style, const struct family *family,
		       struct str labels, const struct sample *sample, size_t i, uint64_t count,
		       struct buf *to)
{
	const struct histogram_bounds *bounds = sample->histogram->bounds;

	buf_add(to, str_of(family->name.name));
	buf_add(to, STR("_bucket{"));
	buf_add(to, labels);
	buf_add(to, labels.len ? STR(",le=\"") : STR("le=\""));
	if (i < bounds->count)
		number_add_bound(to, bounds->at[i], style->canonical_bounds);
	else
		buf_add(to, STR("+Inf"));
	buf_add(to, STR("\"} "));
	buf_printf(to, "%llu", (unsigned long long)count);
	if (style->exemplars && sample->exemplars && sample->exemplars[i].unix_ns)
		add_exemplar(to, &sample->exemplars[i]);
	buf_add_byte(to, '\n');
}

static void add_histogram(const struct lines_style *style, const struct family *family,
			  struct str labels, const struct sample *sample, struct buf *to)
{
	const struct histogram *h = sample->histogram;
	uint64_t count = 0;

	for (size_t i = 0; i <= h->bounds->count; i++) {
		count += h->classic ? h->classic[i] : 0;
		add_bucket(style, family, labels, sample, i, count, to);
	}
	add_value(family, "_sum", labels, h->sum, to);
	add_name(family, "_count", labels, to);
	buf_printf(to, "%llu\n", (unsigned long long)h->count);
}

void lines_add(const struct lines_style *style, const struct family *family,
	       const struct labels *labels, const struct sample *sample, struct buf *scratch,
	       struct buf *to)
{
	struct str encoded = encode(labels, scratch);

	if (family->kind == METRIC_HISTOGRAM)
		add_histogram(style, family, encoded, sample, to);
	else
		add_value(family, "", encoded, sample->value, to);
}
