/* SPDX-License-Identifier: Apache-2.0 */
/* downstream.h - how long an exchange waited for those that it called. */
#pragma once

#include "user/trace/node.h"

/*
 * The time in which at least one call of a server's exchange ran, as far as it was served then;
 * calls that overlap count once. 0 for a client's.
 */
uint64_t downstream_of(const struct node *server);
