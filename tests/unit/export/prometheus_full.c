/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_full.c - a full house: every service with every series that it may have, and more. */
#include <stdlib.h>

#include "tests/test.h"
#include "tests/unit/export/prometheus_families.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/export/prometheus/stream.h"
#include "user/model/resource.h"
#include "user/model/series.h"
#include "user/proto/http/http.h"

enum {
	SERVICES = 7,
	KINDS = LIMIT_SERIES_DEFAULT + 200,	      /* of requests to each service */
	MADE = LIMIT_SERIES_TOTAL_DEFAULT + SERVICES, /* rows, one a service for what overflows */
	FAMILIES = 4,
};

#define DURATION "http_server_request_duration_seconds"

struct house {
	struct series *series;
	struct resource *resources[SERVICES];
};

static void request(struct house *h, size_t service, int kind)
{
	char route[256];
	struct span span = {
		.metrics = &http_server_group,
		.resource = h->resources[service],
		.start_unix_ns = UINT64_C(1700000000000000000),
		.end_unix_ns = UINT64_C(1700000001000000000),
		.sampled = true,
		.measures = { .duration_ns = 1000000u * (unsigned)(kind % 97 + 1),
			      .first_byte_ns = 1000,
			      .asking_body_bytes = kind,
			      .answering_body_bytes = 100 * kind },
	};

	snprintf(route, sizeof(route), "/a/route/of/some/length/%d/{id}", kind);
	span_add_text(&span, STR("http.request.method"), STR("GET"));
	span_add_text(&span, STR("url.scheme"), STR("http"));
	span_add_int(&span, STR("http.response.status_code"), 500);
	span_add_text(&span, STR("http.route"), str_of(route));
	span_add_text(&span, STR("error.type"), STR("500"));
	span_add_text(&span, STR("network.protocol.version"), STR("1.1"));
	series_observe(h->series, &span, 1);
}

static void house_fill(struct house *h)
{
	h->series = series_new(LIMIT_SERIES_DEFAULT, LIMIT_SERIES_TOTAL_DEFAULT, 1);
	for (size_t i = 0; i < SERVICES; i++) {
		char name[32];
		struct attribute attributes[] = {
			attribute_text(STR("service.name"), STR("")),
			attribute_text(STR("service.instance.id"),
				       STR("6c0d2a53-6f3c-4b7e-9f6a-27f1de40a3b1")),
		};

		snprintf(name, sizeof(name), "service-%zu", i);
		attributes[0].text = str_of(name);
		h->resources[i] = resource_new(attributes, 2);
		for (int kind = 0; kind < KINDS; kind++)
			request(h, i, kind);
	}
}

static void house_free(struct house *h)
{
	series_free(h->series);
	for (size_t i = 0; i < SERVICES; i++)
		resource_unref(h->resources[i]);
}

/* The answer to a scrape, about to be sent; `ret` is what was kept of it. */
static void house_ask(struct house *h, const struct format *format, struct stream *stream,
		      size_t *ret, uint64_t *dropped)
{
	struct collector *collector = series_collector(h->series);
	struct scrape s;
	struct answer answer;

	scrape_begin(&s, format, LIMIT_SCRAPE_BYTES);
	collector->collect(collector->context, 1, &s.sink);
	*dropped = 0;
	for (int i = 0; i < DROPS; i++)
		*dropped += s.dropped[i];
	scrape_end(&s, &answer);
	scrape_free(&s);
	*ret = answer.bytes;
	if (stream_init(stream, answer, false))
		abort();
}

/* What the lines of an answer say. */
struct told {
	size_t bytes, lines, counts;
	uint64_t requests, overflowed;
	bool ended;
};

static void read_line(struct told *told, struct str line)
{
	const struct str count = STR(DURATION "_count{");
	const char *value = memrchr(line.at, ' ', line.len);

	told->lines++;
	told->ended = str_eq(line, STR("# EOF"));
	if (!str_starts(line, count) || !value)
		return;
	told->counts++;
	told->requests += strtoul(value, NULL, 10);
	if (memmem(line.at, line.len, "otel_metric_overflow", 20))
		told->overflowed += strtoul(value, NULL, 10);
}

static void read_lines(struct stream *stream, struct told *told)
{
	struct buf left = buf_new(1 << 20);
	ssize_t len;

	while ((len = stream_read(stream, buf_reserve(&left, 65536), 65536)) > 0) {
		struct str in, line;

		left.len += (size_t)len;
		told->bytes += (size_t)len;
		in = buf_str(&left);
		while (take_until(&in, '\n', &line))
			read_line(told, line);
		buf_drop(&left, left.len - in.len);
	}
	buf_free(&left);
}

static bool lines_are_whole(struct house *h, const struct format *format, bool ends)
{
	struct told told = {};
	struct stream stream;
	uint64_t dropped;
	size_t kept;

	house_ask(h, format, &stream, &kept, &dropped);
	read_lines(&stream, &told);
	stream_free(&stream);
	/* More than the answer's memory would ever have held as text. */
	return !dropped && kept < LIMIT_SCRAPE_BYTES &&
	       told.bytes > 2 * (size_t)LIMIT_SCRAPE_BYTES && told.ended == ends &&
	       told.counts == MADE && told.requests == (uint64_t)SERVICES * KINDS &&
	       told.overflowed == told.requests - LIMIT_SERIES_TOTAL_DEFAULT;
}

TEST(a_full_house_is_answered_whole_as_text)
{
	struct house h;

	house_fill(&h);
	CHECK(lines_are_whole(&h, &format_text, false));
	house_free(&h);
}

TEST(a_full_house_is_answered_whole_as_openmetrics)
{
	struct house h;

	house_fill(&h);
	CHECK(lines_are_whole(&h, &format_openmetrics, true));
	house_free(&h);
}

/* Requests that the metrics of a family of histograms counted. */
static uint64_t requests_of(const Io__Prometheus__Client__MetricFamily *f)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n_metric; i++)
		sum += f->metric[i]->histogram->sample_count;
	return sum;
}

TEST(a_full_house_is_answered_whole_as_protobuf)
{
	struct buf all = buf_new(LIMIT_SCRAPE_BYTES);
	struct stream stream;
	uint64_t dropped;
	size_t kept, histograms = 0;
	struct house h;
	struct str in;
	ssize_t len;

	house_fill(&h);
	house_ask(&h, &format_protobuf, &stream, &kept, &dropped);
	while ((len = stream_read(&stream, buf_reserve(&all, 65536), 65536)) > 0)
		all.len += (size_t)len;
	stream_free(&stream);
	CHECK(!dropped);
	for (in = buf_str(&all); in.len; histograms++) {
		Io__Prometheus__Client__MetricFamily *f = take_family(&in);

		CHECK(f);
		if (strcmp(f->name, "target_info")) {
			CHECK(f->n_metric == MADE);
			CHECK(requests_of(f) == (uint64_t)SERVICES * KINDS);
		}
		io__prometheus__client__metric_family__free_unpacked(f, NULL);
	}
	CHECK(histograms == FAMILIES + 1);
	buf_free(&all);
	house_free(&h);
}
