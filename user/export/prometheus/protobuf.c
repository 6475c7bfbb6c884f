/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf.c - delimited io.prometheus.client.MetricFamily messages, native histograms with them.
 *
 * Parts of a message may be written one after the other: a family's body is its
 * samples as fields of MetricFamily, and its head is the length of all and the
 * other fields. Nothing is ever held in memory as a tree of messages.
 */
#include <assert.h>
#include <math.h>

#include "user/base/clock.h"
#include "user/base/hex.h"
#include "user/base/mem.h"
#include "user/export/prometheus/format.h"
#include "user/export/prometheus/metrics.pb-c.h"

enum {
	FIELD_METRIC = 4 << 3 | 2, /* MetricFamily.metric, with a length */
	VARINT_BYTES = 10,
	BOUNDS = 64,
	SCHEMA_LEAST = -4,
	SCHEMA_MOST = 8,
};

/* What client libraries take for zero, where a histogram has no threshold of its own: 2^-128. */
#define ZERO_THRESHOLD 0x1p-128

/* An exemplar with all that it points to. */
struct exemplar_parts {
	Io__Prometheus__Client__Exemplar message;
	Io__Prometheus__Client__LabelPair labels[2], *label_list[2];
	Io__Prometheus__Client__Timestamp time;
	char trace_id[2 * TRACE_ID_BYTES + 1], span_id[2 * SPAN_ID_BYTES + 1];
};

struct histogram_parts {
	Io__Prometheus__Client__Histogram message;
	Io__Prometheus__Client__Bucket buckets[BOUNDS + 1], *bucket_list[BOUNDS + 1];
	struct exemplar_parts exemplars[BOUNDS + 1];
	Io__Prometheus__Client__Exemplar *exemplar_list[BOUNDS + 1];
	Io__Prometheus__Client__BucketSpan spans[HISTOGRAM_BUCKETS], *span_list[HISTOGRAM_BUCKETS];
	int64_t deltas[HISTOGRAM_BUCKETS];
};

struct metric_parts {
	Io__Prometheus__Client__Metric message;
	Io__Prometheus__Client__LabelPair labels[LABELS], *label_list[LABELS];
	Io__Prometheus__Client__Gauge gauge;
	Io__Prometheus__Client__Counter counter;
	Io__Prometheus__Client__Timestamp created;
	struct histogram_parts histogram;
};

static void timestamp_fill(Io__Prometheus__Client__Timestamp *t, uint64_t unix_ns)
{
	io__prometheus__client__timestamp__init(t);
	t->has_seconds = t->has_nanos = 1;
	t->seconds = (int64_t)(unix_ns / NS_PER_S);
	t->nanos = (int32_t)(unix_ns % NS_PER_S);
}

static void label_fill(Io__Prometheus__Client__LabelPair *pair, const char *name, const char *value)
{
	io__prometheus__client__label_pair__init(pair);
	pair->name = (char *)name;
	pair->value = (char *)value;
}

static void exemplar_fill(struct exemplar_parts *p, const struct exemplar *e)
{
	*hex_put(p->trace_id, e->trace_id, sizeof(e->trace_id)) = '\0';
	*hex_put(p->span_id, e->span_id, sizeof(e->span_id)) = '\0';
	label_fill(&p->labels[0], "trace_id", p->trace_id);
	label_fill(&p->labels[1], "span_id", p->span_id);
	p->label_list[0] = &p->labels[0];
	p->label_list[1] = &p->labels[1];
	timestamp_fill(&p->time, e->unix_ns);
	io__prometheus__client__exemplar__init(&p->message);
	p->message.n_label = 2;
	p->message.label = p->label_list;
	p->message.has_value = 1;
	p->message.value = e->value;
	p->message.timestamp = &p->time;
}

static void buckets_fill(struct histogram_parts *p, const struct sample *sample)
{
	const struct histogram *h = sample->histogram;
	uint64_t count = 0;

	for (size_t i = 0; i <= h->bounds->count && i <= BOUNDS; i++) {
		Io__Prometheus__Client__Bucket *b = &p->buckets[i];

		count += h->classic ? h->classic[i] : 0;
		io__prometheus__client__bucket__init(b);
		b->has_cumulative_count = b->has_upper_bound = 1;
		b->cumulative_count = count;
		b->upper_bound = i < h->bounds->count ? h->bounds->at[i] : INFINITY;
		if (sample->exemplars && sample->exemplars[i].unix_ns) {
			struct exemplar_parts *e = &p->exemplars[p->message.n_exemplars];

			exemplar_fill(e, &sample->exemplars[i]);
			b->exemplar = &e->message;
			p->exemplar_list[p->message.n_exemplars++] = &e->message;
		}
		p->bucket_list[p->message.n_bucket++] = b;
	}
	p->message.bucket = p->bucket_list;
	p->message.exemplars = p->exemplar_list;
}

static Io__Prometheus__Client__BucketSpan *span_begin(struct histogram_parts *p, int offset)
{
	Io__Prometheus__Client__BucketSpan *span = &p->spans[p->message.n_positive_span];

	io__prometheus__client__bucket_span__init(span);
	span->has_offset = span->has_length = 1;
	span->offset = offset;
	p->span_list[p->message.n_positive_span++] = span;
	return span;
}

/* Differences to the bucket before, in spans; a gap of one or two buckets is cheaper filled. */
static void spans_fill(struct histogram_parts *p, const struct histogram *h)
{
	Io__Prometheus__Client__BucketSpan *span = NULL;
	int next = 0; /* Prometheus' index after the last one written */
	int64_t before = 0;

	for (size_t i = 0; i < h->used && i < HISTOGRAM_BUCKETS; i++) {
		int index = h->first + (int)i + 1;
		int64_t count = (int64_t)h->buckets[i];

		if (!count)
			continue;
		if (!span || index - next > 2) {
			span = span_begin(p, index - next);
			next = index;
		}
		for (; next <= index; next++) {
			int64_t here = next == index ? count : 0;

			p->deltas[p->message.n_positive_delta++] = here - before;
			before = here;
			span->length++;
		}
	}
	if (!span) /* tells an empty native histogram from one that is not native */
		span_begin(p, 0);
	p->message.positive_span = p->span_list;
	p->message.positive_delta = p->deltas;
}

static void histogram_fill(struct histogram_parts *p, const struct sample *sample)
{
	const struct histogram *h = sample->histogram;

	io__prometheus__client__histogram__init(&p->message);
	p->message.has_sample_count = p->message.has_sample_sum = 1;
	p->message.sample_count = h->count;
	p->message.sample_sum = h->sum;
	buckets_fill(p, sample);
	if (!h->bounds->count || h->scale < SCHEMA_LEAST || h->scale > SCHEMA_MOST)
		return;
	p->message.has_schema = p->message.has_zero_threshold = p->message.has_zero_count = 1;
	p->message.schema = h->scale;
	p->message.zero_threshold = h->zero_threshold > 0 ? h->zero_threshold : ZERO_THRESHOLD;
	p->message.zero_count = h->zero_count;
	spans_fill(p, h);
}

static void labels_fill(struct metric_parts *p, const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		label_fill(&p->labels[i], label_name(labels, i).at, label_value(labels, i).at);
		p->label_list[i] = &p->labels[i];
	}
	p->message.n_label = labels->count;
	p->message.label = p->label_list;
}

static void value_fill(struct metric_parts *p, enum metric_kind kind, const struct sample *sample)
{
	Io__Prometheus__Client__Timestamp *created = sample->start_unix_ns ? &p->created : NULL;

	timestamp_fill(&p->created, sample->start_unix_ns);
	switch (kind) {
	case METRIC_COUNTER:
		io__prometheus__client__counter__init(&p->counter);
		p->counter.has_value = 1;
		p->counter.value = sample->value;
		p->counter.created_timestamp = created;
		p->message.counter = &p->counter;
		break;
	case METRIC_HISTOGRAM:
		histogram_fill(&p->histogram, sample);
		p->histogram.message.created_timestamp = created;
		p->message.histogram = &p->histogram.message;
		break;
	case METRIC_UPDOWN:
	case METRIC_GAUGE:
		io__prometheus__client__gauge__init(&p->gauge);
		p->gauge.has_value = 1;
		p->gauge.value = sample->value;
		p->message.gauge = &p->gauge;
		break;
	}
}

static size_t varint(uint64_t number, uint8_t ret[VARINT_BYTES])
{
	size_t len = 0;

	for (; number >= 0x80; number >>= 7)
		ret[len++] = (uint8_t)(number | 0x80);
	ret[len++] = (uint8_t)number;
	return len;
}

static void protobuf_sample(const struct family *family, const struct labels *labels,
			    const struct sample *sample, struct buf *to)
{
	struct metric_parts parts;
	uint8_t lead[1 + VARINT_BYTES] = { FIELD_METRIC };
	size_t size, lead_len;
	char *at;

	io__prometheus__client__metric__init(&parts.message);
	labels_fill(&parts, labels);
	value_fill(&parts, family->kind, sample);
	size = io__prometheus__client__metric__get_packed_size(&parts.message);
	lead_len = 1 + varint(size, lead + 1);
	at = buf_reserve(to, lead_len + size);
	if (!at)
		return;
	memcpy(at, lead, lead_len);
	io__prometheus__client__metric__pack(&parts.message, (uint8_t *)at + lead_len);
	to->len += lead_len + size;
}

static const Io__Prometheus__Client__MetricType types[] = {
	[METRIC_COUNTER] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__COUNTER,
	[METRIC_UPDOWN] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE,
	[METRIC_GAUGE] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE,
	[METRIC_HISTOGRAM] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__HISTOGRAM,
};

static_assert(ARRAY_SIZE(types) == METRIC_HISTOGRAM + 1, "a type for each kind");

static void protobuf_head(const struct family *family, struct buf *to)
{
	Io__Prometheus__Client__MetricFamily m = IO__PROMETHEUS__CLIENT__METRIC_FAMILY__INIT;
	uint8_t lead[VARINT_BYTES];
	size_t size, lead_len;
	char *at;

	m.name = (char *)family->name.name;
	m.help = family->help;
	m.has_type = 1;
	m.type = types[family->kind];
	if (family->name.unit[0])
		m.unit = (char *)family->name.unit;
	size = io__prometheus__client__metric_family__get_packed_size(&m);
	lead_len = varint(size + family->body.len, lead);
	at = buf_reserve(to, lead_len + size);
	if (!at)
		return;
	memcpy(at, lead, lead_len);
	io__prometheus__client__metric_family__pack(&m, (uint8_t *)at + lead_len);
	to->len += lead_len + size;
}

const struct format format_protobuf = {
	.name = "protobuf",
	.content_type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
			"encoding=delimited",
	.media = { "application/vnd.google.protobuf", 31 },
	.parameters = { { .key = { "proto", 5 },
			  .value = { "io.prometheus.client.MetricFamily", 33 } },
			{ .key = { "encoding", 8 }, .value = { "delimited", 9 } } },
	.sample = protobuf_sample,
	.head = protobuf_head,
};
