/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain.h - the plain case in one go: on a connection that is in step, one
 * record that is a whole question without a body and the only one, or the whole
 * answer to the question that waits longest.
 *
 * It does what turn.c and stream.c would do, for a third of the instructions.
 * It may only say no, never do otherwise: then nothing has changed and they
 * take the record.
 */
#pragma once

#include "user/exchange/connection.h"

/* Both directions expect a head at a known place, and nothing else is kept. */
static inline bool plain_in_step(const struct connection *c)
{
	const struct stream *s = c->streams;

	return s[RECEIVED].state == STREAM_HEAD && s[SENT].state == STREAM_HEAD &&
	       s[RECEIVED].placed && s[SENT].placed && !c->extra && !c->unread;
}

bool plain_take(struct exchanges *x, struct connection *c, const struct record_turn *r);
