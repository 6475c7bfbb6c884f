/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - the running sonde, asked over its socket (base/listen.h, worker/inspect.h). */
#pragma once

#include <jansson.h>
#include <stdbool.h>

enum { WHY_BYTES = 256 };

/* Why there is no answer. */
struct silence {
	char why[WHY_BYTES];
	bool no_agent; /* none runs here */
};

/*
 * Ask one line ("top") and wait for the answer, at most a few seconds. NULL, and
 * `ret` filled, when no sonde runs here, it may not be asked, or it does not answer.
 * The caller's reference.
 */
json_t *agent_ask(const char *question, struct silence *ret);
