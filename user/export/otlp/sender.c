/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/otlp/sender.h"

#include <errno.h>
#include <sys/random.h>

#include "user/base/clock.h"
#include "user/base/log.h"
#include "user/config/config.h"

static void sender_finish(struct sender *sender, enum sent sent, uint64_t rejected)
{
	buf_free(&sender->body);
	if (sent != SENT_GIVEN_UP) {
		sender->retry = (struct retry){};
		sender->state = SENDER_IDLE;
	}
	sender->finished(sender, sent, rejected);
	if (sender->state == SENDER_IDLE)
		sender->ready(sender);
}

static uint32_t random_bits(void)
{
	uint32_t bits;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits = (uint32_t)(monotonic_ns() * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	return bits;
}

/* Wait before the next try, of this body or, when it is given up, of the next. */
static void sender_retry(struct sender *sender, int64_t asked_ns)
{
	uint64_t now_ns = monotonic_ns(), wait_ns;

	if (sender->draining) {
		sender_finish(sender, SENT_CUT_SHORT, 0);
		return;
	}
	wait_ns = retry_next(&sender->retry, sender->policy, now_ns, asked_ns, random_bits());
	sender->state = SENDER_WAITING;
	if (wait_ns == RETRY_GIVE_UP) {
		sender->retry = (struct retry){};
		wait_ns =
			retry_next(&sender->retry, sender->policy, now_ns, asked_ns, random_bits());
		sender->retry.began_ns = 0;
		sender->state = SENDER_RESTING;
	}
	loop_timer(sender->loop, &sender->timer, now_ns + wait_ns);
	if (sender->state == SENDER_RESTING)
		sender_finish(sender, SENT_GIVEN_UP, 0);
}

/* One message a fate, so that the log holds back each for itself. */
static const char *event_of(const struct judgement *judgement)
{
	if (judgement->fate == FATE_RETRY)
		return "otlp: not sent yet, to be tried again";
	if (judgement->fate != FATE_PARTIAL)
		return "otlp: refused and dropped";
	return judgement->rejected ? "otlp: accepted in part" : "otlp: accepted with a warning";
}

static void say(const struct sender *sender, const struct http_answer *answer,
		const struct judgement *judgement)
{
	log_warn(event_of(judgement), "signal=%s outcome=%s status=%d rejected=%llu message=%s",
		 sender->signal, fate_name(judgement->fate), answer->status,
		 (unsigned long long)judgement->rejected, log_value(str_of(judgement->message)));
}

static void on_answer(void *owner, const struct http_answer *answer)
{
	struct sender *sender = owner;
	struct judgement judgement;

	answer_judge(answer, &judgement);
	sender->answers[judgement.fate]++;
	if (judgement.fate != FATE_ACCEPTED)
		say(sender, answer, &judgement);
	switch (judgement.fate) {
	case FATE_ACCEPTED:
	case FATE_PARTIAL:
		sender_finish(sender, SENT_ACCEPTED, judgement.rejected);
		break;
	case FATE_RETRY:
		sender_retry(sender, answer->retry_after_ns);
		break;
	default:
		sender_finish(sender, SENT_REFUSED, 0);
	}
}

static void sender_try(struct sender *sender)
{
	const struct http_answer none = { .retry_after_ns = -1, .failure = "libcurl refused" };

	sender->state = SENDER_SENDING;
	if (http_post_start(sender->post, buf_str(&sender->body)))
		on_answer(sender, &none);
}

static void on_time(struct timer *timer, uint64_t now_ns)
{
	struct sender *sender = container_of(timer, struct sender, timer);

	(void)now_ns;
	if (sender->state == SENDER_WAITING) {
		sender_try(sender);
	} else if (sender->state == SENDER_RESTING) {
		sender->state = SENDER_IDLE;
		sender->ready(sender);
	}
}

int sender_init(struct sender *sender, struct http_client *client, const char **error)
{
	sender->timer.fired = on_time;
	if (!sender->policy)
		sender->policy = &retry_default;
	sender->post = http_post_new(client, sender->target, on_answer, sender, error);
	return sender->post ? 0 : -EINVAL;
}

void sender_free(struct sender *sender)
{
	if (!sender->post)
		return;
	loop_timer(sender->loop, &sender->timer, 0);
	http_post_free(sender->post);
	buf_free(&sender->body);
}

void sender_send(struct sender *sender, struct buf *body)
{
	sender->body = *body;
	*body = buf_new(body->limit);
	sender_try(sender);
}

void sender_replace(struct sender *sender, struct buf *body)
{
	buf_free(&sender->body);
	sender->body = *body;
	*body = buf_new(body->limit);
}

void sender_drain(struct sender *sender)
{
	sender->draining = true;
	if (sender->state == SENDER_WAITING || sender->state == SENDER_RESTING) {
		loop_timer(sender->loop, &sender->timer, 0);
		on_time(&sender->timer, 0);
	}
}
