/* SPDX-License-Identifier: Apache-2.0 */
/* node_delays.h - what the time of an exchange went to, with the calls that were found for it. */
#pragma once

#include "user/trace/node.h"

/* Of a server's, calls that overlap count once, as far as it was served then. */
void node_delays(const struct node *n, struct delays *ret);
