/* SPDX-License-Identifier: Apache-2.0 */
/* traces.h - from the queue of spans to the sender, a batch at a time. */
#pragma once

#include "user/export/otlp/queue.h"
#include "user/export/otlp/sender.h"

struct traces {
	struct sender sender;
	struct span_queue queue;
	struct timer timer; /* the open batch's age */
	uint64_t delay_ns;
	size_t sending; /* spans in the sender's body */
	bool draining;
};

/* sender.target, .loop and .policy, queue and delay_ns are filled. 0 or negative errno. */
int traces_init(struct traces *traces, struct http_client *client, const char **error);
void traces_span(struct traces *traces, const struct span *span);
void traces_drain(struct traces *traces);
bool traces_drained(const struct traces *traces);
/* Spans inside, by walking. */
size_t traces_inside(const struct traces *traces);
/* What is still inside is counted as lost at the end. */
void traces_free(struct traces *traces);
