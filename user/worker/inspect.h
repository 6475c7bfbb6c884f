/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect.h - answers `sonde explain` and `sonde top` about the running agent.
 *
 * Over the socket that the monitor opened: one line in (inspect_request.h), one
 * JSON object out (inspect_answer.h), and the connection ends. Only root and the
 * monitor's own user are answered; eight callers at once, two seconds for each.
 */
#pragma once

#include "user/base/loop.h"
#include "user/monitor/shared.h"
#include "user/worker/pipeline.h"
#include "user/worker/self.h"

struct inspect;

/* `fd` listens and stays the caller's; NULL when it does not (the monitor had none). */
struct inspect *inspect_new(struct loop *loop, int fd, struct pipeline *pipeline,
			    const struct shared *shared, struct self *self);
void inspect_free(struct inspect *inspect);
