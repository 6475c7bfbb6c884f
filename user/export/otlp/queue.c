/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/queue.h"

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/export/otlp/encode.h"
#include "user/model/ledger.h"
#include "user/model/resource.h"
#include "user/model/span.h"

size_t batch_count(const struct batch *batch)
{
	size_t count = 0;

	for (const struct span_group *g = batch ? batch->groups : NULL; g; g = g->next)
		count += g->count;
	return count;
}

size_t span_queue_count(const struct span_queue *q)
{
	size_t count = 0;

	for (const struct batch *b = q->first; b; b = b->next)
		count += batch_count(b);
	return count;
}

void batch_free(struct batch *batch)
{
	struct span_group *group, *next;

	if (!batch)
		return;
	for (group = batch->groups; group; group = next) {
		next = group->next;
		if (group->resource)
			resource_unref(group->resource);
		buf_free(&group->spans);
		free(group);
	}
	free(batch);
}

static bool batch_is_full(const struct span_queue *q, const struct batch *batch)
{
	return batch->spans >= q->batch_spans || batch->bytes >= BATCH_BYTES;
}

struct batch *span_queue_take(struct span_queue *q, bool any)
{
	struct batch *batch = q->first;

	if (!batch || (!any && !batch_is_full(q, batch)))
		return NULL;
	q->first = batch->next;
	if (!q->first)
		q->open = NULL;
	batch->next = NULL;
	q->spans -= batch->spans;
	q->bytes -= batch->bytes;
	return batch;
}

static struct batch *batch_to_fill(struct span_queue *q)
{
	struct batch *batch;

	if (q->open && !batch_is_full(q, q->open))
		return q->open;
	batch = xcalloc(1, sizeof(*batch));
	batch->opened_ns = monotonic_ns();
	if (q->open)
		q->open->next = batch;
	else
		q->first = batch;
	q->open = batch;
	return batch;
}

/* The group of `resource`, moved to the front. */
static struct span_group *group_of(struct batch *batch, const struct resource *resource)
{
	struct span_group *group;

	for (struct span_group **at = &batch->groups; (group = *at); at = &group->next) {
		if (group->resource != resource)
			continue;
		*at = group->next;
		group->next = batch->groups;
		return batch->groups = group;
	}
	group = xcalloc(1, sizeof(*group));
	group->resource = resource ? resource_ref(resource) : NULL;
	group->spans = buf_new(2 * BATCH_BYTES);
	group->next = batch->groups;
	return batch->groups = group;
}

static bool make_room(struct span_queue *q)
{
	struct batch *oldest;

	while (q->spans >= q->limit_spans || q->bytes >= QUEUE_BYTES) {
		oldest = span_queue_take(q, false);
		if (!oldest)
			return false;
		q->ledger->lost[LOSS_EXPORT_QUEUE] += batch_count(oldest);
		batch_free(oldest);
	}
	return true;
}

/* A full batch only waits: give back what its buffers grew in advance. */
static void batch_trim(struct batch *batch)
{
	for (struct span_group *g = batch->groups; g; g = g->next)
		if (g->spans.len) {
			g->spans.at = xrealloc(g->spans.at, g->spans.len);
			g->spans.capacity = g->spans.len;
		}
}

bool span_queue_add(struct span_queue *q, const struct span *span)
{
	struct span_group *group;
	struct batch *batch;
	size_t before;

	q->ledger->in[STAGE_EXPORT]++;
	if (!make_room(q)) {
		q->ledger->lost[LOSS_EXPORT_QUEUE]++;
		return false;
	}
	batch = batch_to_fill(q);
	group = group_of(batch, span->resource);
	before = group->spans.len;
	if (span_encode(&group->spans, span)) {
		q->ledger->lost[LOSS_EXPORT_TOO_LARGE]++;
		return false;
	}
	group->count++;
	batch->spans++;
	batch->bytes += group->spans.len - before;
	q->spans++;
	q->bytes += group->spans.len - before;
	if (!batch_is_full(q, batch))
		return false;
	batch_trim(batch);
	return true;
}

uint64_t span_queue_oldest_ns(const struct span_queue *q)
{
	return q->first ? q->first->opened_ns : 0;
}

void span_queue_free(struct span_queue *q)
{
	struct batch *batch;

	while ((batch = span_queue_take(q, true)))
		batch_free(batch);
}
