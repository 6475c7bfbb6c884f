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
	if (sent != SENT_GIVEN_UP)
		sender->state = SENDER_IDLE;
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

static void sender_give_up(struct sender *sender, const struct http_answer *answer,
			   const struct judgement *judgement)
{
	log_warn("otlp: given up and dropped", "signal=%s tries=%u status=%d message=%s",
		 sender->signal, sender->tries, answer->status,
		 log_value(str_of(judgement->message)));
	sender->state = SENDER_RESTING;
	loop_timer(sender->loop, &sender->timer,
		   monotonic_ns() + retry_rest(&sender->policy, answer->retry_after_ns));
	sender_finish(sender, SENT_GIVEN_UP, 0);
}

/* Wait before the next try, of this body or, when it is given up, of the next. */
static void sender_retry(struct sender *sender, const struct http_answer *answer,
			 const struct judgement *judgement)
{
	uint64_t now_ns = monotonic_ns(), wait_ns;

	if (sender->draining) {
		sender_finish(sender, SENT_CUT_SHORT, 0);
		return;
	}
	wait_ns = retry_next(&sender->retry, &sender->policy, now_ns, answer->retry_after_ns,
			     random_bits());
	if (wait_ns == RETRY_GIVE_UP) {
		sender_give_up(sender, answer, judgement);
		return;
	}
	sender->state = SENDER_WAITING;
	loop_timer(sender->loop, &sender->timer, now_ns + wait_ns);
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

/* Of the tries of one body the first that fails is said, and what came of them. */
static void say(const struct sender *sender, const struct http_answer *answer,
		const struct judgement *judgement)
{
	if (judgement->fate == FATE_RETRY && sender->tries > 1)
		return;
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
		if (sender->tries > 1)
			log_warn("otlp: sent after all", "signal=%s tries=%u", sender->signal,
				 sender->tries);
		sender_finish(sender, SENT_ACCEPTED, judgement.rejected);
		break;
	case FATE_RETRY:
		sender_retry(sender, answer, &judgement);
		break;
	default:
		sender_finish(sender, SENT_REFUSED, 0);
	}
}

/* At least 1: to libcurl 0 is no limit. */
static uint64_t time_left_ms(const struct sender *sender)
{
	uint64_t until_ns = sender->retry.began_ns + sender->policy.give_up_ns,
		 now_ns = monotonic_ns(), left_ms;

	left_ms = until_ns > now_ns ? (until_ns - now_ns) / NS_PER_MS + 1 : 1;
	return left_ms < sender->target->timeout_ms ? left_ms : sender->target->timeout_ms;
}

static void sender_try(struct sender *sender)
{
	const struct http_answer none = { .retry_after_ns = -1, .failure = "libcurl refused" };

	sender->state = SENDER_SENDING;
	sender->tries++;
	if (http_post_start(sender->post, buf_str(&sender->body), time_left_ms(sender)))
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
	if (!sender->policy.give_up_ns)
		sender->policy = retry_policy_of(sender->target->timeout_ms * NS_PER_MS);
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
	sender->retry = (struct retry){ .began_ns = monotonic_ns() };
	sender->tries = 0;
	sender_try(sender);
}

void sender_replace(struct sender *sender, struct buf *body)
{
	buf_free(&sender->body);
	sender->body = *body;
	*body = buf_new(body->limit);
	sender->retry.began_ns = monotonic_ns();
}

void sender_drain(struct sender *sender)
{
	sender->draining = true;
	if (sender->state == SENDER_WAITING || sender->state == SENDER_RESTING) {
		loop_timer(sender->loop, &sender->timer, 0);
		on_time(&sender->timer, 0);
	}
}
