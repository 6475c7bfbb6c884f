/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_encode.c - COUNT spans from the exporter's queue into request bodies, and nothing else.
 *
 *	otlp_encode COUNT [gzip|nothing]
 *
 * `nothing` makes the spans and drops them, to be subtracted.
 * The spans are what a GET of nginx makes: ids and times differ, texts are alike.
 */
#include <stdio.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/base/random.h"
#include "user/export/otlp/body.h"
#include "user/export/otlp/queue.h"
#include "user/model/ledger.h"
#include "user/model/resource.h"
#include "user/model/span.h"

enum { BATCH_SPANS = 512, QUEUE_SPANS = 4096 };

static struct random generator;

static void span_make(struct span *span, const struct resource *resource, uint64_t number)
{
	memset(span, 0, offsetof(struct span, attributes));
	random_id(&generator, span->context.trace_id, TRACE_ID_BYTES);
	random_id(&generator, span->context.span_id, SPAN_ID_BYTES);
	span->context.flags = TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;
	span->sampled = true;
	span->kind = SPAN_SERVER;
	span->name = STR("GET /users/{id}");
	span->resource = resource;
	span->start_unix_ns = 1700000000000000000 + number * 50021;
	span->end_unix_ns = span->start_unix_ns + 20000 + number % 997 * 31;
	span_add_text(span, STR("network.peer.address"), STR("127.0.0.1"));
	span_add_int(span, STR("network.peer.port"), (int64_t)(32768 + number % 8));
	span_add_text(span, STR("http.request.method"), STR("GET"));
	span_add_text(span, STR("network.protocol.version"), STR("1.1"));
	span_add_text(span, STR("server.address"), STR("localhost"));
	span_add_int(span, STR("server.port"), 8080);
	span_add_text(span, STR("url.path"), STR("/users/4711"));
	span_add_text(span, STR("url.scheme"), STR("http"));
	span_add_text(span, STR("http.route"), STR("/users/{id}"));
	span_add_text(span, STR("user_agent.original"), STR("h2load nghttp2/1.52.0"));
	span_add_int(span, STR("http.response.status_code"), 200);
}

/* What waits becomes bodies, which are dropped where they would be sent. */
static size_t send_all(struct span_queue *queue, bool gzip, bool any)
{
	size_t bytes = 0;
	struct batch *batch;

	while ((batch = span_queue_take(queue, any))) {
		struct body body;
		struct buf sent;

		body_begin(&body, gzip);
		for (const struct span_group *g = batch->groups; g; g = g->next)
			body_add(&body, g->resource, buf_str(&g->spans));
		if (body_end(&body, &sent))
			abort();
		bytes += sent.len;
		buf_free(&sent);
		batch_free(batch);
	}
	return bytes;
}

int main(int argc, char **argv)
{
	const struct attribute about[] = {
		attribute_text(STR("service.name"), STR("nginx")),
		attribute_text(STR("service.instance.id"),
			       STR("f4985aa0-46da-5c8d-acad-2d8d254e9d4c")),
		attribute_text(STR("host.name"), STR("localhost")),
	};
	struct resource *resource = resource_new(about, ARRAY_SIZE(about));
	struct ledger ledger = {};
	struct span_queue queue = { .limit_spans = QUEUE_SPANS,
				    .batch_spans = BATCH_SPANS,
				    .ledger = &ledger };
	bool gzip = argc > 2 && !strcmp(argv[2], "gzip");
	bool nothing = argc > 2 && !strcmp(argv[2], "nothing");
	size_t bytes = 0;
	struct span span;

	if (argc < 2) {
		fprintf(stderr, "usage: otlp_encode COUNT [gzip|nothing]\n");
		return 2;
	}
	random_seed(&generator, 1);
	for (uint64_t i = 0; i < strtoull(argv[1], NULL, 10); i++) {
		span_make(&span, resource, i);
		if (!nothing && span_queue_add(&queue, &span))
			bytes += send_all(&queue, gzip, false);
	}
	bytes += send_all(&queue, gzip, true);
	printf("%zu\n", bytes);
	return 0;
}
