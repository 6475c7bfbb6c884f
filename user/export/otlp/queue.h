/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - encoded spans that wait to be sent, in batches grouped by resource.
 *
 * A span is encoded when it is queued, so what waits is bytes and nothing else.
 * The last batch is open until it has `batch_spans` spans or BATCH_BYTES. When
 * the queue is full its oldest batch goes, because after an outage the newest
 * spans are worth most; each span that comes or goes is counted in the ledger's
 * export stage. A batch that was taken is its taker's and no longer limited
 * here.
 */
#pragma once

#include "user/base/buf.h"

struct ledger;
struct resource;
struct span;

enum {
	/* Half of what receivers commonly take before decompression is far off: 20 MiB. */
	BATCH_BYTES = 4 << 20,
	/* 16,384 spans of 2 KiB; a usual span is 500 bytes. */
	QUEUE_BYTES = 32 << 20,
};

struct span_group {
	struct span_group *next;
	struct resource *resource; /* a reference */
	size_t count;
	struct buf spans;
};

struct batch {
	struct batch *next;
	struct span_group *groups; /* the last used first */
	size_t spans, bytes;
	uint64_t opened_ns;
};

struct span_queue {
	struct batch *first, *open; /* oldest, newest; the newest may be full */
	size_t spans, bytes;
	size_t limit_spans, batch_spans;
	struct ledger *ledger;
};

/* Queue a copy of `span`. True if a batch has just become full. */
bool span_queue_add(struct span_queue *q, const struct span *span);
/* The oldest batch: a full one, or with `any` the open one too. NULL if there is none. */
struct batch *span_queue_take(struct span_queue *q, bool any);
/* When the oldest batch was opened; 0 if the queue is empty. */
uint64_t span_queue_oldest_ns(const struct span_queue *q);
/* Spans in a batch, or in all that wait: by walking. */
size_t batch_count(const struct batch *batch);
size_t span_queue_count(const struct span_queue *q);
void batch_free(struct batch *batch);
void span_queue_free(struct span_queue *q);
