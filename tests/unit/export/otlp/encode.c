/* SPDX-License-Identifier: Apache-2.0 */
/* encode.c - mirrors user/export/otlp/{encode,body,queue}.c; protobuf-c reads what was written. */
#include "user/export/otlp/encode.h"
#include "tests/test.h"
#include "user/base/limits.h"
#include "user/export/otlp/body.h"
#include "user/export/otlp/queue.h"
#include "user/export/otlp/trace.pb-c.h"
#include "user/model/ledger.h"
#include "user/model/resource.h"
#include "user/model/span.h"

typedef Sonde__Otlp__TraceRequest request;

/* One request of one resource with these encoded spans, decoded; NULL if it is not one. */
static request *decode(const struct resource *resource, struct str spans)
{
	struct body body;
	struct buf bytes;
	char *tight;
	request *ret;

	body_begin(&body, false);
	body_add(&body, resource, spans);
	if (body_end(&body, &bytes))
		return NULL;
	tight = test_tight(bytes.at, bytes.len);
	ret = sonde__otlp__trace_request__unpack(NULL, bytes.len, (const uint8_t *)tight);
	free(tight);
	buf_free(&bytes);
	return ret;
}

static request *encode(const struct span *span)
{
	struct buf spans = buf_new(1 << 20);
	request *ret = NULL;

	if (!span_encode(&spans, span))
		ret = decode(span->resource, buf_str(&spans));
	buf_free(&spans);
	return ret;
}

static struct span span_plain(void)
{
	return (struct span){
		.context = { .trace_id = "0123456789abcde",
			     .span_id = "7654321",
			     .flags = TRACE_FLAG_SAMPLED },
		.kind = SPAN_SERVER,
		.name = STR("GET /x"),
		.start_unix_ns = 5,
		.end_unix_ns = UINT64_MAX,
	};
}

static Sonde__Otlp__Span *only_span(const request *r)
{
	return r->resource_spans[0]->scope_spans[0]->spans[0];
}

TEST(a_span_is_encoded_field_by_field)
{
	struct span span = span_plain();
	Sonde__Otlp__Span *got;
	request *r;

	span.has_parent = true;
	memcpy(span.parent_id, "parent!", 8);
	span.context.state = STR("a=1");
	span.attributes_dropped = 300;
	r = encode(&span);
	CHECK(r);
	got = only_span(r);
	CHECK(got->trace_id.len == 16 && !memcmp(got->trace_id.data, "0123456789abcde", 16));
	CHECK(got->span_id.len == 8 && !memcmp(got->span_id.data, "7654321", 8));
	CHECK(got->parent_span_id.len == 8 && !memcmp(got->parent_span_id.data, "parent!", 8));
	CHECK(!strcmp(got->trace_state, "a=1") && !strcmp(got->name, "GET /x"));
	CHECK(got->kind == 2 && got->start_time_unix_nano == 5);
	CHECK(got->end_time_unix_nano == UINT64_MAX && got->dropped_attributes_count == 300);
	CHECK(!got->status && got->flags == 0x101);
	sonde__otlp__trace_request__free_unpacked(r, NULL);
}

TEST(scope_and_schema_are_named)
{
	struct span span = span_plain();
	request *r = encode(&span);
	Sonde__Otlp__ResourceSpans *resource;

	CHECK(r && r->n_resource_spans == 1);
	resource = r->resource_spans[0];
	CHECK(!strcmp(resource->schema_url, "https://opentelemetry.io/schemas/1.44.0"));
	CHECK(!strcmp(resource->scope_spans[0]->schema_url, resource->schema_url));
	CHECK(!strcmp(resource->scope_spans[0]->scope->name, "sonde"));
	CHECK(!strcmp(resource->scope_spans[0]->scope->version, SONDE_VERSION));
	CHECK(!strcmp(resource->resource->attributes[0]->key, "service.name"));
	CHECK(!strcmp(resource->resource->attributes[0]->value->string_value, "sonde"));
	sonde__otlp__trace_request__free_unpacked(r, NULL);
}

TEST(flags_say_whether_the_parent_is_remote)
{
	static const struct {
		bool has_parent, is_remote;
		uint32_t flags;
	} rows[] = { { false, false, 0x101 },
		     { true, false, 0x101 },
		     { true, true, 0x301 },
		     { false, true, 0x101 } };

	EACH(i, rows) {
		struct span span = span_plain();
		request *r;

		span.has_parent = rows[i].has_parent;
		span.parent_is_remote = rows[i].is_remote;
		r = encode(&span);
		CHECK(r && only_span(r)->flags == rows[i].flags);
		CHECK(only_span(r)->parent_span_id.len == (rows[i].has_parent ? 8 : 0));
		sonde__otlp__trace_request__free_unpacked(r, NULL);
	}
}

TEST(attributes_of_each_type_keep_it)
{
	struct span span = span_plain();
	Sonde__Otlp__KeyValue **got;
	request *r;

	span_add_text(&span, STR("text"), STR("one\xff"));
	span_add_int(&span, STR("int"), -7);
	span_add(&span, (struct attribute){ STR("bool"), ATTRIBUTE_BOOL, { .number = 1 } });
	span_add(&span, (struct attribute){ STR("real"), ATTRIBUTE_DOUBLE, { .real = 0.5 } });
	span_add(&span, (struct attribute){ STR("texts"), ATTRIBUTE_TEXTS, { .text = STR("h") } });
	r = encode(&span);
	CHECK(r && only_span(r)->n_attributes == 5);
	got = only_span(r)->attributes;
	CHECK(!strcmp(got[0]->key, "text") &&
	      !strcmp(got[0]->value->string_value, "one\xef\xbf\xbd"));
	CHECK(got[1]->value->value_case == SONDE__OTLP__ANY_VALUE__VALUE_INT_VALUE &&
	      got[1]->value->int_value == -7);
	CHECK(got[2]->value->value_case == SONDE__OTLP__ANY_VALUE__VALUE_BOOL_VALUE &&
	      got[2]->value->bool_value);
	CHECK(got[3]->value->value_case == SONDE__OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE &&
	      got[3]->value->double_value == 0.5);
	CHECK(got[4]->value->array_value->n_values == 1 &&
	      !strcmp(got[4]->value->array_value->values[0]->string_value, "h"));
	sonde__otlp__trace_request__free_unpacked(r, NULL);
}

TEST(texts_of_every_length_are_framed)
{
	static char text[70000];

	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len < sizeof(text); len = len < 300 ? len + 1 : len * 2) {
		struct span span = span_plain();
		request *r;

		span_add_text(&span, STR("k"), (struct str){ text, len });
		r = encode(&span);
		CHECK(r && strlen(only_span(r)->attributes[0]->value->string_value) == len);
		sonde__otlp__trace_request__free_unpacked(r, NULL);
	}
}

TEST(an_error_has_a_status_and_its_type_once)
{
	struct span span = span_plain();
	request *r;

	span.status = STATUS_ERROR;
	span.error_type = STR("timeout");
	r = encode(&span);
	CHECK(r && only_span(r)->status->code == 2 && only_span(r)->n_attributes == 1);
	CHECK(!strcmp(only_span(r)->attributes[0]->key, "error.type"));
	sonde__otlp__trace_request__free_unpacked(r, NULL);
	span_add_text(&span, STR("error.type"), STR("timeout"));
	r = encode(&span);
	CHECK(r && only_span(r)->n_attributes == 1);
	sonde__otlp__trace_request__free_unpacked(r, NULL);
}

TEST(links_have_their_ids_and_confidence)
{
	static const struct span_link links[SPAN_LINKS] = {
		{ .trace_id = "of the 1st trace", .span_id = "1st span", .confidence = 0.5 },
		{ .trace_id = "of the 2nd trace", .span_id = "2nd span", .confidence = 0.25 },
	};
	struct span span = span_plain();

	span.links = links;
	for (span.link_count = 0; span.link_count <= SPAN_LINKS; span.link_count++) {
		request *r;
		Sonde__Otlp__Span *got;

		span.links_dropped = span.link_count == SPAN_LINKS ? 1000 : 0;
		r = encode(&span);
		CHECK(r);
		got = only_span(r);
		CHECK(got->n_links == span.link_count && got->flags == 0x101);
		CHECK(got->dropped_links_count == span.links_dropped);
		for (size_t i = 0; i < got->n_links; i++) {
			const Sonde__Otlp__SpanLink *link = got->links[i];

			CHECK(link->trace_id.len == 16 && link->span_id.len == 8);
			CHECK(!memcmp(link->trace_id.data, links[i].trace_id, 16));
			CHECK(!memcmp(link->span_id.data, links[i].span_id, 8));
			CHECK(link->n_attributes == 1 &&
			      !strcmp(link->attributes[0]->key, "sonde.link.confidence"));
			CHECK(link->attributes[0]->value->double_value == links[i].confidence);
		}
		sonde__otlp__trace_request__free_unpacked(r, NULL);
	}
}

TEST(events_have_their_time_and_attributes)
{
	static const struct span_event events[] = {
		{ .name = STR("sonde.pause"),
		  .unix_ns = 1700000000123456789,
		  .attribute_count = 2,
		  .attributes = { { .key = STR("kind"), .text = STR("major") },
				  { .key = STR("seconds"),
				    .type = ATTRIBUTE_DOUBLE,
				    .real = 0.5 } } },
		{ .name = STR("second"), .unix_ns = 7 },
	};
	struct span span = span_plain();

	span.events = events;
	for (span.event_count = 0; span.event_count <= 2; span.event_count++) {
		request *r;
		Sonde__Otlp__Span *got;

		span.events_dropped = span.event_count == 2 ? 1000 : 0;
		r = encode(&span);
		CHECK(r);
		got = only_span(r);
		CHECK(got->n_events == span.event_count && got->flags == 0x101);
		CHECK(got->dropped_events_count == span.events_dropped);
		for (size_t i = 0; i < got->n_events; i++) {
			const Sonde__Otlp__SpanEvent *event = got->events[i];

			CHECK(event->time_unix_nano == events[i].unix_ns);
			CHECK(!strcmp(event->name, events[i].name.at));
			CHECK(event->n_attributes == events[i].attribute_count);
			if (i)
				continue;
			CHECK(!strcmp(event->attributes[0]->value->string_value, "major"));
			CHECK(event->attributes[1]->value->double_value == 0.5);
		}
		sonde__otlp__trace_request__free_unpacked(r, NULL);
	}
}

static struct span_queue queue_new(struct ledger *ledger, size_t limit, size_t batch)
{
	return (struct span_queue){ .limit_spans = limit, .batch_spans = batch, .ledger = ledger };
}

TEST(a_batch_groups_its_spans_by_resource)
{
	const struct attribute name = attribute_text(STR("service.name"), STR("shop"));
	struct resource *shop = resource_new(&name, 1);
	struct ledger ledger = {};
	struct span_queue queue = queue_new(&ledger, 10, 10);
	struct span span = span_plain();
	struct batch *batch;

	for (int i = 0; i < 6; i++) {
		span.resource = i & 1 ? shop : NULL;
		CHECK(!span_queue_add(&queue, &span));
	}
	CHECK(!span_queue_take(&queue, false));
	batch = span_queue_take(&queue, true);
	CHECK(batch && batch_count(batch) == 6 && !span_queue_count(&queue));
	CHECK(batch->groups->count == 3 && batch->groups->next->count == 3);
	CHECK(!batch->groups->next->next && shop->references == 2);
	batch_free(batch);
	CHECK(shop->references == 1);
	resource_unref(shop);
}

TEST(a_full_queue_drops_its_oldest_batch_and_counts_it)
{
	struct ledger ledger = {};
	struct span_queue queue = queue_new(&ledger, 8, 4);
	struct span span = span_plain();

	for (uint64_t i = 0; i < 21; i++) {
		span.start_unix_ns = i;
		span_queue_add(&queue, &span);
		CHECK(ledger.in[STAGE_EXPORT] ==
		      span_queue_count(&queue) + ledger.lost[LOSS_EXPORT_QUEUE]);
		CHECK(span_queue_count(&queue) == queue.spans && queue.spans <= 8);
	}
	CHECK(ledger.lost[LOSS_EXPORT_QUEUE] == 16);
	span_queue_free(&queue);
	CHECK(!queue.spans && !queue.bytes);
}

TEST(a_span_larger_than_any_request_is_refused)
{
	struct ledger ledger = {};
	struct span_queue queue = queue_new(&ledger, 8, 4);
	struct span span = span_plain();
	char *text = calloc(1, 16 << 20);

	span.name = (struct str){ text, 16 << 20 };
	CHECK(!span_queue_add(&queue, &span));
	CHECK(ledger.lost[LOSS_EXPORT_TOO_LARGE] == 1 && !span_queue_count(&queue));
	free(text);
	span_queue_free(&queue);
}
