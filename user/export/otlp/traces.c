/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/traces.h"

#include "user/base/clock.h"
#include "user/base/log.h"
#include "user/config/config.h"
#include "user/export/otlp/body.h"
#include "user/model/ledger.h"

static int encode_batch(const struct traces *traces, const struct batch *batch, struct buf *ret)
{
	struct body body;

	body_begin(&body, traces->sender.target->gzip);
	for (const struct span_group *g = batch->groups; g; g = g->next)
		if (g->count)
			body_add(&body, g->resource, buf_str(&g->spans));
	return body_end(&body, ret);
}

static void send_batch(struct traces *traces, struct batch *batch)
{
	size_t count = batch_count(batch);
	struct buf body;
	int error;

	if (!count) {
		batch_free(batch);
		return;
	}
	error = encode_batch(traces, batch, &body);
	batch_free(batch);
	if (error) {
		traces->queue.ledger->lost[LOSS_EXPORT_TOO_LARGE] += count;
		return;
	}
	traces->sending = count;
	sender_send(&traces->sender, &body);
}

/* Send what is due, and set the timer for what is not yet. */
static void send_due(struct traces *traces)
{
	struct batch *batch;
	uint64_t due_ns;

	while (traces->sender.state == SENDER_IDLE && traces->queue.first) {
		due_ns = span_queue_oldest_ns(&traces->queue) + traces->delay_ns;
		batch = span_queue_take(&traces->queue,
					traces->draining || monotonic_ns() >= due_ns);
		if (!batch) {
			loop_timer(traces->sender.loop, &traces->timer, due_ns);
			return;
		}
		send_batch(traces, batch);
	}
}

static void on_time(struct timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	send_due(container_of(timer, struct traces, timer));
}

/* At the end, for a receiver that does not take them or not in time. */
static void drop_all(struct traces *traces)
{
	size_t count = traces_inside(traces);

	if (count)
		log_warn("otlp: spans not sent: dropped", "spans=%zu", count);
	traces->queue.ledger->lost[LOSS_EXPORT_SHUTDOWN] += count;
	traces->sending = 0;
	span_queue_free(&traces->queue);
}

static void on_finished(struct sender *sender, enum sent sent, uint64_t rejected)
{
	static const enum loss losses[] = {
		[SENT_REFUSED] = LOSS_EXPORT_REFUSED,
		[SENT_GIVEN_UP] = LOSS_EXPORT_TIMEOUT,
	};
	struct traces *traces = container_of(sender, struct traces, sender);
	struct ledger *ledger = traces->queue.ledger;

	if (sent == SENT_CUT_SHORT) {
		/* Nobody answers: what waits would go the same way. */
		drop_all(traces);
	} else if (sent == SENT_ACCEPTED) {
		if (rejected > traces->sending)
			rejected = traces->sending;
		ledger->out[STAGE_EXPORT] += traces->sending - rejected;
		ledger->lost[LOSS_EXPORT_REJECTED] += rejected;
	} else {
		ledger->lost[losses[sent]] += traces->sending;
	}
	traces->sending = 0;
}

static void on_sender_ready(struct sender *sender)
{
	send_due(container_of(sender, struct traces, sender));
}

int traces_init(struct traces *traces, struct http_client *client, const char **error)
{
	traces->timer.fired = on_time;
	traces->sender.signal = "traces";
	traces->sender.finished = on_finished;
	traces->sender.ready = on_sender_ready;
	return sender_init(&traces->sender, client, error);
}

void traces_span(struct traces *traces, const struct span *span)
{
	bool was_empty = !traces->queue.first;

	if (span_queue_add(&traces->queue, span) || was_empty)
		send_due(traces);
}

void traces_drain(struct traces *traces)
{
	traces->draining = true;
	sender_drain(&traces->sender);
	send_due(traces);
}

bool traces_drained(const struct traces *traces)
{
	return !traces->queue.first && traces->sender.state == SENDER_IDLE;
}

size_t traces_inside(const struct traces *traces)
{
	return traces->sending + span_queue_count(&traces->queue);
}

void traces_free(struct traces *traces)
{
	if (!traces->sender.post)
		return;
	loop_timer(traces->sender.loop, &traces->timer, 0);
	drop_all(traces);
	sender_free(&traces->sender);
}
