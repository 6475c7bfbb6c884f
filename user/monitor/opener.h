/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opener.h - files of targets, opened for the worker.
 *
 * Where such a file lies is the target's to say, and a file system may keep who
 * opens it waiting for ever. So each is opened by a child of its own, which
 * answers the worker itself and is ended when it takes too long; the monitor
 * waits for nobody.
 */
#pragma once

#include "user/monitor/state.h"

/* Answer a MESSAGE_OPEN: by a child, or at once with nothing. */
void opener_ask(struct monitor *m, const struct monitor_message *asked);
void opener_init(struct monitor *m);
