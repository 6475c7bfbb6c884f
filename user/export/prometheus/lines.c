/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/lines.h"

#include <assert.h>
#include <stdlib.h>

#include "user/base/hex.h"
#include "user/base/mem.h"
#include "user/export/prometheus/number.h"

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_UPDOWN] = "gauge",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

static_assert(ARRAY_SIZE(type_names) == METRIC_HISTOGRAM + 1, "a name for each kind");

const char *lines_type_name(enum metric_kind kind)
{
	return type_names[kind];
}

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

/* Its labels are 63 code points of the 128 that OpenMetrics allows. */
static void add_exemplar(struct buf *to, const struct exemplar *e)
{
	buf_add(to, STR(" # {trace_id=\""));
	buf_add_hex(to, e->trace_id, sizeof(e->trace_id));
	buf_add(to, STR("\",span_id=\""));
	buf_add_hex(to, e->span_id, sizeof(e->span_id));
	buf_add(to, STR("\"} "));
	number_add(to, e->value);
	buf_printf(to, " %llu.%03u", (unsigned long long)(e->unix_ns / 1000000000),
		   (unsigned)(e->unix_ns / 1000000 % 1000));
}

/* A kept sample, without alignment; `labels_len` bytes of text and a histogram's numbers follow. */
struct kept {
	size_t labels_len;
	double value;			       /* of a histogram: the sum */
	const struct histogram_bounds *bounds; /* constant data; NULL: no histogram */
	uint64_t count;			       /* of a histogram, and of each classic bucket: */
	size_t exemplar_count;		       /* behind those, each with its bucket */
};

struct kept_exemplar {
	size_t bucket;
	struct exemplar exemplar;
};

static void keep_bytes(struct buf *to, const void *bytes, size_t len)
{
	buf_add(to, (struct str){ bytes, len });
}

/* a="1",b="2": made once, written on each line of a histogram. */
static void keep_labels(const struct labels *labels, struct buf *to)
{
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			buf_add_byte(to, ',');
		buf_add(to, label_name(labels, i));
		buf_add(to, STR("=\""));
		add_escaped(to, label_value(labels, i), true);
		buf_add_byte(to, '"');
	}
}

static void keep_histogram(const struct lines_style *style, const struct sample *sample,
			   struct kept *kept, struct buf *to)
{
	const struct histogram *h = sample->histogram;
	const uint64_t none = 0;

	kept->value = h->sum;
	kept->bounds = h->bounds;
	kept->count = h->count;
	for (size_t i = 0; i <= h->bounds->count; i++)
		keep_bytes(to, h->classic ? &h->classic[i] : &none, sizeof(none));
	if (!style->exemplars || !sample->exemplars)
		return;
	for (size_t i = 0; i <= h->bounds->count; i++) {
		struct kept_exemplar e = { i, sample->exemplars[i] };

		if (!e.exemplar.unix_ns)
			continue;
		keep_bytes(to, &e, sizeof(e));
		kept->exemplar_count++;
	}
}

void lines_keep(const struct lines_style *style, const struct family *family,
		const struct labels *labels, const struct sample *sample, struct buf *to)
{
	struct kept kept = { .value = sample->value };
	size_t start = to->len;

	keep_bytes(to, &kept, sizeof(kept));
	keep_labels(labels, to);
	kept.labels_len = to->len - start - sizeof(kept);
	if (family->kind == METRIC_HISTOGRAM)
		keep_histogram(style, sample, &kept, to);
	if (!to->full)
		memcpy(to->at + start, &kept, sizeof(kept));
}

/* What a kept sample is taken apart into; it borrows from it. */
struct expanded {
	struct kept kept;
	struct str labels, classic, exemplars;
};

static void take_struct(struct str *in, void *ret, size_t len)
{
	struct str bytes;

	if (!take(in, len, &bytes))
		abort(); /* lines_keep() wrote it */
	memcpy(ret, bytes.at, len);
}

static void add_bucket(const struct lines_style *style, const struct family *family,
		       struct expanded *e, size_t i, uint64_t count, struct buf *to)
{
	const struct histogram_bounds *bounds = e->kept.bounds;
	struct kept_exemplar exemplar;

	buf_add(to, str_of(family->name.name));
	buf_add(to, STR("_bucket{"));
	buf_add(to, e->labels);
	buf_add(to, e->labels.len ? STR(",le=\"") : STR("le=\""));
	if (i < bounds->count)
		number_add_bound(to, bounds->at[i], style->canonical_bounds);
	else
		buf_add(to, STR("+Inf"));
	buf_add(to, STR("\"} "));
	buf_printf(to, "%llu", (unsigned long long)count);
	if (e->exemplars.len) {
		memcpy(&exemplar, e->exemplars.at, sizeof(exemplar));
		if (exemplar.bucket == i) {
			add_exemplar(to, &exemplar.exemplar);
			e->exemplars = str_after(e->exemplars, sizeof(exemplar));
		}
	}
	buf_add_byte(to, '\n');
}

static void add_histogram(const struct lines_style *style, const struct family *family,
			  struct expanded *e, struct buf *to)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= e->kept.bounds->count; i++) {
		uint64_t here;

		take_struct(&e->classic, &here, sizeof(here));
		count += here;
		add_bucket(style, family, e, i, count, to);
	}
	add_value(family, "_sum", e->labels, e->kept.value, to);
	add_name(family, "_count", e->labels, to);
	buf_printf(to, "%llu\n", (unsigned long long)e->kept.count);
}

void lines_expand(const struct lines_style *style, const struct family *family, struct str *kept,
		  struct buf *to)
{
	struct expanded e;

	take_struct(kept, &e.kept, sizeof(e.kept));
	if (!take(kept, e.kept.labels_len, &e.labels))
		abort();
	if (!e.kept.bounds) {
		add_value(family, "", e.labels, e.kept.value, to);
		return;
	}
	if (!take(kept, (e.kept.bounds->count + 1) * sizeof(uint64_t), &e.classic) ||
	    !take(kept, e.kept.exemplar_count * sizeof(struct kept_exemplar), &e.exemplars))
		abort();
	add_histogram(style, family, &e, to);
}
