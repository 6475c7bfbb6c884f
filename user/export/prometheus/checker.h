/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checker.h - passwords against bcrypt hashes, in a thread of its own.
 *
 * A hash of cost 14 takes a second, in which the loop would read no ring. The thread is made with
 * the first question, after the worker has gone into its jail, and so it is in it too. It knows
 * nothing but the queue; everything else here is called from the loop's thread.
 */
#pragma once

#include "user/base/loop.h"
#include "user/base/str.h"

/* Questions that wait or are being answered; more are refused. */
enum { CHECKS = 8, CHECK_ID_BYTES = 32 };

struct checker;

/* `done` is called from the loop, once for each question. */
typedef void checker_done(void *context, const uint8_t id[CHECK_ID_BYTES], bool fits);

struct checker *checker_new(struct loop *loop, checker_done *done, void *context);
/* Waits for the question that is being answered; the others are dropped. */
void checker_free(struct checker *c);

/* Is there a question of this id? */
bool checker_has(struct checker *c, const uint8_t id[CHECK_ID_BYTES]);
/* Ask whether `password`, which has no NUL, fits `hash`. -ENOSPC: too many wait; -EAGAIN: no thread. */
int checker_ask(struct checker *c, const uint8_t id[CHECK_ID_BYTES], struct str password,
		const char *hash);
