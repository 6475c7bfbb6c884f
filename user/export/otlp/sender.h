/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender.h - one signal's way to its endpoint: one body at a time, tried again
 * as OTLP asks for.
 *
 *	IDLE --sender_send--> SENDING --429, 503, no answer--> WAITING --> SENDING
 *	  ^                      |                                |
 *	  +------ finished ------+----- given up, replaced -------+
 *
 * What the target's timeout allows is for all tries of a body together.
 * A body that was given up leaves its wait behind: the sender RESTS until it is
 * over, so that the next body does not hurry a receiver that asked for time.
 */
#pragma once

#include "user/base/buf.h"
#include "user/base/loop.h"
#include "user/export/otlp/http.h"
#include "user/export/otlp/retry.h"

enum sender_state { SENDER_IDLE, SENDER_SENDING, SENDER_WAITING, SENDER_RESTING };

/* How a body ended. */
enum sent { SENT_ACCEPTED, SENT_REFUSED, SENT_GIVEN_UP, SENT_CUT_SHORT };

struct sender {
	const char *signal; /* "traces" */
	const struct otlp_target *target;
	struct loop *loop;
	struct http_post *post;
	struct timer timer;
	enum sender_state state;
	struct buf body; /* owned while SENDING and WAITING */
	struct retry retry;
	struct retry_policy policy; /* give_up_ns 0: that of the target's timeout */
	unsigned tries;		    /* of this body */
	bool draining;		    /* the end is near: a failure is final */
	uint64_t answers[FATES];
	/* A body has ended; of an accepted one `rejected` items were not taken. */
	void (*finished)(struct sender *sender, enum sent sent, uint64_t rejected);
	/* IDLE: it can take a body. */
	void (*ready)(struct sender *sender);
};

/* The rest of `sender` is filled by its owner. 0 or negative errno with `*error` set. */
int sender_init(struct sender *sender, struct http_client *client, const char **error);
void sender_free(struct sender *sender);
/* Send `body`, whose memory the sender takes over; it is IDLE. */
void sender_send(struct sender *sender, struct buf *body);
/* Send `body` instead of the one that WAITs to be tried again, when that one's time comes. */
void sender_replace(struct sender *sender, struct buf *body);
/* Try now what waits; from here on nothing is tried twice. */
void sender_drain(struct sender *sender);
