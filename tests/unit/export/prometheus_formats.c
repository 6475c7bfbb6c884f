/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_formats.c - mirrors scrape.c, text.c, openmetrics.c, protobuf.c, labels.c */
#include <errno.h>
#include <math.h>

#include "tests/test.h"
#include "tests/unit/export/prometheus_families.h"
#include "tests/unit/export/prometheus_samples.h"
#include "user/export/prometheus/stream.h"

/* All that is sent of an answer, in one buffer. */
static struct buf sent(struct scrape *s)
{
	struct buf all = buf_new(1 << 20);
	struct stream stream;
	struct answer answer;
	ssize_t len;

	scrape_end(s, &answer);
	scrape_free(s);
	if (stream_init(&stream, answer, false))
		abort();
	/* Some odd size, so that pieces are cut anywhere. */
	while ((len = stream_read(&stream, buf_reserve(&all, 61), 61)) > 0)
		all.len += (size_t)len;
	stream_free(&stream);
	return all;
}

static struct buf answer(const struct format *format, size_t limit, uint64_t dropped[DROPS])
{
	struct scrape s;

	scrape_begin(&s, format, limit);
	samples_collect(NULL, 0, &s.sink);
	samples_collect_more(NULL, 0, &s.sink);
	memcpy(dropped, s.dropped, sizeof(s.dropped));
	return sent(&s);
}

/* clang-format off */
#define TARGET "job=\"shop/checkout\",instance=\"host-1:4242\""
#define GET                                                                                        \
	TARGET "," SCOPE ",http_request_method=\"GET\",http_response_status_code=\"200\","        \
	       "http_route=\"/users/{id}\""
#define HOSTILE TARGET "," SCOPE ",http_request_method=\"a\\\"b\\\\c\xef\xbf\xbd" "d\xef\xbf\xbd" \
	"[31m\xef\xbf\xbd\xc3\xa9\""
#define OVERFLOWED TARGET "," SCOPE ",otel_metric_overflow=\"true\""
#define DURATION "http_server_request_duration_seconds"

static const char golden_text[] =
	"# HELP http_server_active_requests Number of active HTTP server requests.\n"
	"# TYPE http_server_active_requests gauge\n"
	"http_server_active_requests{" TARGET "," SCOPE ",http_request_method=\"GET\"} 3\n"
	"# HELP " DURATION " Duration of HTTP server requests.\n"
	"# TYPE " DURATION " histogram\n"
	DURATION "_bucket{" GET ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" GET ",le=\"0.005\"} 2\n"
	DURATION "_bucket{" GET ",le=\"1\"} 3\n"
	DURATION "_bucket{" GET ",le=\"2.5\"} 3\n"
	DURATION "_bucket{" GET ",le=\"+Inf\"} 4\n"
	DURATION "_sum{" GET "} 3.806\n"
	DURATION "_count{" GET "} 4\n"
	DURATION "_bucket{" HOSTILE ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"0.005\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"1\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"2.5\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"+Inf\"} 0\n"
	DURATION "_sum{" HOSTILE "} 0\n"
	DURATION "_count{" HOSTILE "} 0\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"0.005\"} 2\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"1\"} 3\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"2.5\"} 3\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"+Inf\"} 4\n"
	DURATION "_sum{" OVERFLOWED "} 3.806\n"
	DURATION "_count{" OVERFLOWED "} 4\n"
	"# HELP process_cpu_utilization_ratio Share of the CPUs that a process used.\n"
	"# TYPE process_cpu_utilization_ratio gauge\n"
	"process_cpu_utilization_ratio{" TARGET "," SCOPE "} 0.25\n"
	"# HELP process_disk_io_bytes_total Disk bytes transferred.\n"
	"# TYPE process_disk_io_bytes_total counter\n"
	"process_disk_io_bytes_total{" TARGET "," SCOPE ",disk_io_direction=\"read\"} 1234567\n"
	"# HELP sonde_lost_total Lost, by stage and \"reason\" \\\\ cause.\n"
	"# TYPE sonde_lost_total counter\n"
	"sonde_lost_total{" SCOPE ",reason=\"full\",stage=\"ring\"} 12\n"
	"sonde_lost_total{" SCOPE ",reason=\"full\"} 0\n"
	"# HELP target_info What is known about the instance of a service.\n"
	"# TYPE target_info gauge\n"
	"target_info{" TARGET ",host_name=\"host-1\",process_pid=\"4242\"} 1\n";

#define EXEMPLAR(value)                                                                            \
	" # {trace_id=\"4bf90000000000000000000000000036\",span_id=\"f0000000000000b7\"} " value   \
	" 1700000000.023"

static const char golden_openmetrics[] =
	"# HELP http_server_active_requests Number of active HTTP server requests.\n"
	"# TYPE http_server_active_requests gauge\n"
	"http_server_active_requests{" TARGET "," SCOPE ",http_request_method=\"GET\"} 3\n"
	"# HELP " DURATION " Duration of HTTP server requests.\n"
	"# TYPE " DURATION " histogram\n"
	"# UNIT " DURATION " seconds\n"
	DURATION "_bucket{" GET ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" GET ",le=\"0.005\"} 2" EXEMPLAR("0.003") "\n"
	DURATION "_bucket{" GET ",le=\"1.0\"} 3\n"
	DURATION "_bucket{" GET ",le=\"2.5\"} 3\n"
	DURATION "_bucket{" GET ",le=\"+Inf\"} 4" EXEMPLAR("3") "\n"
	DURATION "_sum{" GET "} 3.806\n"
	DURATION "_count{" GET "} 4\n"
	DURATION "_bucket{" HOSTILE ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"0.005\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"1.0\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"2.5\"} 0\n"
	DURATION "_bucket{" HOSTILE ",le=\"+Inf\"} 0\n"
	DURATION "_sum{" HOSTILE "} 0\n"
	DURATION "_count{" HOSTILE "} 0\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"0.0025\"} 0\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"0.005\"} 2\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"1.0\"} 3\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"2.5\"} 3\n"
	DURATION "_bucket{" OVERFLOWED ",le=\"+Inf\"} 4\n"
	DURATION "_sum{" OVERFLOWED "} 3.806\n"
	DURATION "_count{" OVERFLOWED "} 4\n"
	"# HELP process_cpu_utilization_ratio Share of the CPUs that a process used.\n"
	"# TYPE process_cpu_utilization_ratio gauge\n"
	"# UNIT process_cpu_utilization_ratio ratio\n"
	"process_cpu_utilization_ratio{" TARGET "," SCOPE "} 0.25\n"
	"# HELP process_disk_io_bytes Disk bytes transferred.\n"
	"# TYPE process_disk_io_bytes counter\n"
	"# UNIT process_disk_io_bytes bytes\n"
	"process_disk_io_bytes_total{" TARGET "," SCOPE ",disk_io_direction=\"read\"} 1234567\n"
	"# HELP sonde_lost Lost, by stage and \\\"reason\\\" \\\\ cause.\n"
	"# TYPE sonde_lost counter\n"
	"sonde_lost_total{" SCOPE ",reason=\"full\",stage=\"ring\"} 12\n"
	"sonde_lost_total{" SCOPE ",reason=\"full\"} 0\n"
	"# HELP target What is known about the instance of a service.\n"
	"# TYPE target info\n"
	"target_info{" TARGET ",host_name=\"host-1\",process_pid=\"4242\"} 1\n"
	"# EOF\n";

/* clang-format on */

TEST(text_is_what_the_golden_says)
{
	uint64_t dropped[DROPS];
	struct buf got = answer(&format_text, 1 << 20, dropped);

	CHECK(str_eq(buf_str(&got), str_of(golden_text)));
	CHECK(dropped[DROP_DUPLICATE] == 1 && !dropped[DROP_CONFLICT]);
	buf_free(&got);
}

TEST(openmetrics_is_what_the_golden_says)
{
	uint64_t dropped[DROPS];
	struct buf got = answer(&format_openmetrics, 1 << 20, dropped);

	CHECK(str_eq(buf_str(&got), str_of(golden_openmetrics)));
	buf_free(&got);
}

/* The family of this name; NULL if none. */
static Io__Prometheus__Client__MetricFamily *family_of(struct str in, const char *name)
{
	while (in.len) {
		Io__Prometheus__Client__MetricFamily *f = take_family(&in);

		if (!f || !strcmp(f->name, name))
			return f;
		io__prometheus__client__metric_family__free_unpacked(f, NULL);
	}
	return NULL;
}

/* The samples of all families; 0 when one of them is broken. */
static size_t samples_of(struct str in)
{
	size_t count = 0;

	while (in.len) {
		Io__Prometheus__Client__MetricFamily *f = take_family(&in);

		if (!f)
			return 0;
		count += f->n_metric;
		io__prometheus__client__metric_family__free_unpacked(f, NULL);
	}
	return count;
}

TEST(protobuf_has_classic_and_native_buckets_in_one_message)
{
	static const int64_t deltas[] = { 2, -1, 0 };
	uint64_t dropped[DROPS];
	struct buf got = answer(&format_protobuf, 1 << 20, dropped);
	Io__Prometheus__Client__MetricFamily *f = family_of(buf_str(&got), DURATION);
	Io__Prometheus__Client__Histogram *h;

	CHECK(f && f->n_metric == 3 && !strcmp(f->unit, "seconds"));
	h = f->metric[0]->histogram;
	CHECK(h->sample_count == 4 && h->sample_sum == 3.806 && h->n_bucket == 5);
	CHECK(h->bucket[2]->cumulative_count == 3 && h->bucket[2]->upper_bound == 1);
	CHECK(isinf(h->bucket[4]->upper_bound) && h->bucket[4]->cumulative_count == 4);
	CHECK(h->bucket[1]->exemplar && h->bucket[1]->exemplar->timestamp->nanos == 23000000);
	CHECK(h->n_exemplars == 2 && h->schema == 3 && h->zero_threshold == 0x1p-128);
	CHECK(h->n_positive_span == 3 && h->n_positive_delta == 3);
	CHECK(!memcmp(h->positive_delta, deltas, sizeof(deltas)));
	CHECK(h->positive_span[0]->offset == -67 && h->positive_span[0]->length == 1);
	CHECK(h->positive_span[1]->offset == 64 && h->positive_span[2]->offset == 14);
	CHECK(h->created_timestamp->seconds == 1699999000 &&
	      h->created_timestamp->nanos == 500000000);
	h = f->metric[1]->histogram; /* empty: the span that says native */
	CHECK(h->n_positive_span == 1 && !h->positive_span[0]->length && h->n_bucket == 5);
	CHECK(h->zero_threshold == 0x1p-16);
	io__prometheus__client__metric_family__free_unpacked(f, NULL);
	f = family_of(buf_str(&got), "process_disk_io_bytes_total");
	CHECK(f && f->metric[0]->counter->value == 1234567);
	CHECK(f->metric[0]->counter->created_timestamp && f->metric[0]->n_label == 6);
	io__prometheus__client__metric_family__free_unpacked(f, NULL);
	buf_free(&got);
}

TEST(native_buckets_near_each_other_share_a_span)
{
	uint64_t buckets[] = { 1, 0, 0, 4, 0, 0, 0, 2 }, classic[5] = { 0, 0, 0, 0, 7 };
	struct histogram h = { .bounds = &samples_bounds,
			       .count = 7,
			       .scale = 2,
			       .first = -3,
			       .used = 8,
			       .buckets = buckets,
			       .classic = classic };
	struct family family = { .name = { .name = "x" }, .kind = METRIC_HISTOGRAM };
	struct sample sample = { .histogram = &h };
	struct buf to = buf_new(4096);
	struct labels labels;
	Io__Prometheus__Client__Metric *m;

	labels_init(&labels);
	format_protobuf.sample(&family, &labels, &sample, &to);
	CHECK((uint8_t)to.at[1] == to.len - 2);
	m = io__prometheus__client__metric__unpack(NULL, to.len - 2, (uint8_t *)to.at + 2);
	CHECK(m && m->histogram->schema == 2 && m->histogram->n_positive_span == 2);
	CHECK(m->histogram->positive_span[0]->offset == -2);
	CHECK(m->histogram->positive_span[0]->length == 4);
	CHECK(m->histogram->positive_span[1]->offset == 3);
	CHECK(m->histogram->n_positive_delta == 5 && m->histogram->positive_delta[1] == -1);
	CHECK(m->histogram->positive_delta[3] == 4 && m->histogram->positive_delta[4] == -2);
	io__prometheus__client__metric__free_unpacked(m, NULL);
	buf_free(&to);
}

TEST(a_sample_without_room_is_left_out_whole_and_counted)
{
	uint64_t dropped[DROPS];

	for (size_t limit = 0; limit < sizeof(golden_text); limit += 97) {
		struct buf got = answer(&format_text, limit, dropped);
		struct str in = buf_str(&got), line;
		size_t samples = 0;

		/* Each line is the golden's, and of a histogram there are all or none. */
		while (take_until(&in, '\n', &line)) {
			CHECK(memmem(golden_text, sizeof(golden_text), line.at, line.len + 1));
			samples += line.at[0] != '#' && !memmem(line.at, line.len, "_bucket", 7) &&
				   !memmem(line.at, line.len, "_sum", 4);
		}
		CHECK(!in.len && samples + dropped[DROP_SIZE] == 9);
		buf_free(&got);
		got = answer(&format_protobuf, limit / 4, dropped);
		CHECK(samples_of(buf_str(&got)) + dropped[DROP_SIZE] == 9);
		buf_free(&got);
	}
}

static void name_twice(struct metric_sink *sink, enum metric_kind second)
{
	struct metric m = { .name = "a.b", .unit = "", .help = "x", .kind = METRIC_GAUGE };
	struct sample s = { .value = 1 };

	sink->metric(sink, &m);
	sink->sample(sink, &s);
	m.kind = second;
	m.name = "a_b";
	sink->metric(sink, &m);
	sink->sample(sink, &s);
}

TEST(a_name_of_two_kinds_keeps_the_first_and_counts_the_other)
{
	struct scrape s;
	struct buf got;

	scrape_begin(&s, &format_text, 4096);
	name_twice(&s.sink, METRIC_UPDOWN);
	CHECK(s.dropped[DROP_CONFLICT] == 1);
	got = sent(&s);
	CHECK(str_eq(buf_str(&got), STR("# HELP a_b x\n# TYPE a_b gauge\na_b{" SCOPE "} 1\n")));
	buf_free(&got);
}

TEST(attributes_that_become_one_label_are_joined_and_ours_are_not_hidden)
{
	const struct attribute attributes[] = {
		attribute_text(STR("a_b"), STR("second")),
		attribute_text(STR("job"), STR("mine")),
		attribute_text(STR("a.b"), STR("first")),
		attribute_text(STR("empty"), STR("")),
		{ .key = STR("d"), .type = ATTRIBUTE_DOUBLE, .real = 0.5 },
		{ .key = STR("t"), .type = ATTRIBUTE_TEXTS, .text = STR("x\"y") },
	};
	struct sample s = { .attributes = attributes, .attribute_count = 6 };
	struct labels l;

	labels_init(&l);
	CHECK(!labels_of_sample(&l, &s) && l.count == SCOPE_LABELS + 4);
	CHECK(str_eq(label_name(&l, SCOPE_LABELS), STR("a_b")));
	CHECK(str_eq(label_value(&l, SCOPE_LABELS), STR("first;second")));
	CHECK(str_eq(label_value(&l, SCOPE_LABELS + 1), STR("0.5")));
	CHECK(str_eq(label_name(&l, SCOPE_LABELS + 2), STR("exported_job")));
	CHECK(str_eq(label_value(&l, SCOPE_LABELS + 3), STR("[\"x\\\"y\"]")));
	labels_free(&l);
}

TEST(samples_without_attributes_are_told_apart_by_their_family)
{
	struct resource nobody = {};
	struct sample s = { .value = 1 };
	struct labels l;

	labels_init(&l);
	CHECK(!labels_of_sample(&l, &s) && l.count == SCOPE_LABELS);
	CHECK(labels_hash(&l, 1) != labels_hash(&l, 2));
	CHECK(!labels_of_target(&l, &nobody) && !l.count);
	CHECK(labels_hash(&l, 1) != labels_hash(&l, 2));
	labels_free(&l);
}

TEST(more_labels_than_allowed_are_refused)
{
	struct attribute attributes[LABELS + 1];
	char keys[LABELS + 1][8];
	struct sample s = { .attributes = attributes, .attribute_count = LABELS + 1 };
	struct labels l;

	for (size_t i = 0; i <= LABELS; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		attributes[i] = attribute_int(str_of(keys[i]), 1);
	}
	labels_init(&l);
	CHECK(labels_of_sample(&l, &s) == -ENOSPC);
	s.attribute_count = LABELS - SCOPE_LABELS + 1;
	CHECK(labels_of_sample(&l, &s) == -ENOSPC);
	s.attribute_count = LABELS - SCOPE_LABELS;
	CHECK(!labels_of_sample(&l, &s) && l.count == LABELS);
	labels_free(&l);
}
