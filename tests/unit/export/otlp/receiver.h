/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receiver.h - a receiver on the loopback that answers by a script, in a thread.
 *
 * The step after the last is the last again. It serves one connection at a time;
 * a new one ends one that is idle.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "user/base/buf.h"

enum deed {
	DEED_ANSWER, /* send `text`, and `body` behind it */
	DEED_RESET,  /* close with a RST */
	DEED_HOLD,   /* never answer */
	DEED_POUR,   /* send `text`, and then `body` again and again without end */
};

struct step {
	enum deed deed;
	const char *text;
	struct str body;
};

enum { REQUEST_BYTES = 64 << 10 };

struct receiver {
	int listener, stop[2];
	pthread_t thread;
	const struct step *steps;
	size_t step_count;
	atomic_uint requests, connections;
	atomic_ulong poured;
	char request
		[REQUEST_BYTES]; /* the last whole one, head and body; read it after `requests` moved */
	size_t request_len, head_len;
	char url[64];
};

void receiver_start(struct receiver *r, const struct step *steps, size_t count);
void receiver_stop(struct receiver *r);
