/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - the sum that must come out: in = out + lost + inside, stage by stage.
 *
 * Every cause of loss is one line in the table in ledger.c, and is exported from
 * the start at 0. `inside` is never derived: whoever keeps live things answers
 * by walking them.
 *
 *	stage     unit                in                       out
 *	hook      socket operations   seen on watched sockets  accounted to a turn
 *	ring      records             made by the kernel half  taken by the worker
 *	exchange  questions           begun                    observed
 *	span      spans               made from exchanges      given to exporters, or to metrics alone
 *	export    spans               queued                   accepted by the receiver
 */
#pragma once

#include <stdint.h>

#include "user/model/metric.h"

enum stage { STAGE_HOOK, STAGE_RING, STAGE_EXCHANGE, STAGE_SPAN, STAGE_EXPORT, STAGES };

enum loss {
	LOSS_HOOK_MISSED,      /* recursion_misses: the program was running on that CPU */
	LOSS_HOOK_NO_STORAGE,  /* no memory for a connection's state */
	LOSS_RING_FULL,	       /* the worker was slower than the service */
	LOSS_RING_INVALID,     /* a record that failed its check */
	LOSS_RING_WORKER_DIED, /* taken by a worker that ended before it handled them */
	LOSS_RING_FATAL,       /* a worker ended while it had it in hand: the next leaves it out */
	LOSS_EXCHANGE_GAP,     /* a lost record held the answer */
	LOSS_EXCHANGE_LIMIT,   /* limit.exchanges, or LIMIT_PIPELINE */
	LOSS_EXCHANGE_UNREAD,  /* the answer could not be read where it was expected */
	LOSS_EXCHANGE_DROPPED, /* its connection was dropped: limit.connections */
	LOSS_EXCHANGE_WORKER_DIED, /* open in a worker that ended */
	LOSS_EXCHANGE_SHUTDOWN,	   /* still open at the end */
	LOSS_SPAN_WORKER_DIED,	   /* waited for its parent in a worker that ended */
	LOSS_EXPORT_QUEUE,	   /* the queue was full */
	LOSS_EXPORT_REJECTED,	   /* partial_success.rejected_spans */
	LOSS_EXPORT_REFUSED,	   /* a status that must not be retried */
	LOSS_EXPORT_TIMEOUT,	   /* retried until its time was up */
	LOSS_EXPORT_TOO_LARGE,
	LOSS_EXPORT_WORKER_DIED,
	LOSS_EXPORT_SHUTDOWN, /* still queued at the end */
	LOSSES,
};

struct ledger {
	uint64_t in[STAGES], out[STAGES], lost[LOSSES];
	/* Counted by walking; NULL where nothing stays inside. */
	uint64_t (*inside[STAGES])(void *context);
	void *inside_context[STAGES];
	struct collector collector;
};

void ledger_init(struct ledger *l);
enum stage loss_stage(enum loss loss);
const char *stage_name(enum stage stage);
const char *loss_name(enum loss loss);
/* in - out - lost - inside; 0 when the sum comes out. */
int64_t ledger_residual(const struct ledger *l, enum stage stage);
