/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/readings.h"

#include <errno.h>

#include "user/base/clock.h"
#include "user/base/mem.h"
#include "user/export/otlp/body.h"
#include "user/export/otlp/delta.h"
#include "user/export/otlp/points.h"
#include "user/export/otlp/queue.h"

struct reading {
	struct reading *next;
	struct buf body;
	size_t points;
};

static void drop_waiting(struct readings *r, enum readings_fate fate)
{
	while (r->waiting) {
		struct reading *reading = r->waiting;

		r->waiting = reading->next;
		r->points[fate] += reading->points;
		buf_free(&reading->body);
		free(reading);
	}
}

/* Encode resources from `*at` on until BATCH_BYTES or the end of the ring; NULL at the end. */
static struct reading *encode_some(struct readings *r, const struct points *points,
				   struct points_resource **at)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));
	struct body body;
	size_t bytes = 0;

	body_begin(&body, r->sender.target->gzip);
	while (*at && (r->delta || bytes < BATCH_BYTES)) {
		struct points_resource *resource = *at;

		if (resource->metrics.len)
			body_add(&body, resource->resource, buf_str(&resource->metrics));
		bytes += resource->metrics.len;
		reading->points += resource->total;
		*at = resource->next == points->last ? NULL : resource->next;
	}
	if (body_end(&body, &reading->body)) {
		r->points[POINTS_LOST] += reading->points;
		reading->points = 0;
	}
	return reading;
}

static void encode_all(struct readings *r, const struct points *points)
{
	struct points_resource *at = points->last;
	struct reading **last = &r->waiting, *reading;

	while (at) {
		reading = encode_some(r, points, &at);
		if (reading->points) {
			*last = reading;
			last = &reading->next;
			continue;
		}
		buf_free(&reading->body);
		free(reading);
	}
}

static void collect(struct readings *r)
{
	struct points points = {
		.now_unix_ns = clock_ns(CLOCK_REALTIME),
		.started_unix_ns = r->started_unix_ns,
		.delta = r->delta,
		.delta_counters = r->temporality == TEMPORALITY_DELTA,
		.exponential = r->exponential,
	};
	uint64_t refused = r->delta ? delta_refused(r->delta) : 0;

	drop_waiting(r, POINTS_REPLACED);
	r->lost_some = false;
	if (r->delta)
		delta_begin(r->delta, points.now_unix_ns);
	points_begin(&points);
	collectors_collect(r->collectors, monotonic_ns(), &points.sink);
	points_end(&points);
	r->points[POINTS_LOST] += points.dropped;
	if (r->delta)
		r->points[POINTS_LOST] += delta_refused(r->delta) - refused;
	encode_all(r, &points);
	points_free(&points);
}

/* Take the first body that waits, and how many points it has. */
static bool take_body(struct readings *r, struct buf *ret)
{
	struct reading *reading = r->waiting;

	if (!reading)
		return false;
	r->waiting = reading->next;
	r->sending = reading->points;
	*ret = reading->body;
	free(reading);
	return true;
}

static void send_next(struct readings *r)
{
	struct buf body;

	if (r->sender.state == SENDER_IDLE && take_body(r, &body))
		sender_send(&r->sender, &body);
}

/* Newer readings take the place of those that wait to be tried again. */
static void collect_and_send(struct readings *r)
{
	size_t before = r->sending;
	struct buf body;

	r->last_due = false;
	collect(r);
	if (r->sender.state == SENDER_WAITING && take_body(r, &body)) {
		r->points[POINTS_REPLACED] += before;
		sender_replace(&r->sender, &body);
	}
	send_next(r);
}

static void on_time(struct timer *timer, uint64_t now_ns)
{
	struct readings *r = container_of(timer, struct readings, timer);

	loop_timer(r->sender.loop, &r->timer, now_ns + r->interval_ns);
	if (r->sender.state != SENDER_SENDING)
		collect_and_send(r);
}

static void on_finished(struct sender *sender, enum sent sent, uint64_t rejected)
{
	struct readings *r = container_of(sender, struct readings, sender);

	if (rejected > r->sending)
		rejected = r->sending;
	if (sent == SENT_ACCEPTED) {
		r->points[POINTS_ACCEPTED] += r->sending - rejected;
		r->points[POINTS_REJECTED] += rejected;
	} else {
		r->points[POINTS_LOST] += r->sending;
		r->lost_some = true;
	}
	r->sending = 0;
	if (r->delta && !r->lost_some)
		delta_commit(r->delta);
	if (sent == SENT_CUT_SHORT) {
		r->last_due = false;
		drop_waiting(r, POINTS_LOST);
	}
}

static void on_sender_ready(struct sender *sender)
{
	struct readings *r = container_of(sender, struct readings, sender);

	if (r->last_due)
		collect_and_send(r);
	else
		send_next(r);
}

int readings_init(struct readings *r, struct http_client *client, const char **error)
{
	r->timer.fired = on_time;
	r->sender.signal = "metrics";
	r->sender.finished = on_finished;
	r->sender.ready = on_sender_ready;
	if (sender_init(&r->sender, client, error))
		return -EINVAL;
	if (r->temporality != TEMPORALITY_CUMULATIVE)
		r->delta = delta_new();
	loop_timer(r->sender.loop, &r->timer, monotonic_ns() + r->interval_ns);
	return 0;
}

void readings_drain(struct readings *r)
{
	loop_timer(r->sender.loop, &r->timer, 0);
	r->last_due = r->sender.state == SENDER_SENDING;
	if (!r->last_due)
		collect_and_send(r);
	sender_drain(&r->sender);
}

bool readings_drained(const struct readings *r)
{
	return !r->waiting && !r->last_due && r->sender.state == SENDER_IDLE;
}

void readings_free(struct readings *r)
{
	if (!r->sender.post)
		return;
	loop_timer(r->sender.loop, &r->timer, 0);
	sender_free(&r->sender);
	drop_waiting(r, POINTS_LOST);
	delta_free(r->delta);
}
