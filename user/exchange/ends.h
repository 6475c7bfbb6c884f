/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ends.h - connections both ends of which are watched.
 *
 *	one end   first received 7001, sent 5001        the same numbers the other way round,
 *	other     first received 5001, sent 7000 or 7001   but for the SYN of who connected
 *
 * Addresses say nothing behind NAT; sequence numbers pass through it. Two
 * connections of one host that begin with the same 64 bits are told apart by nobody:
 * at a million connections that is one in ten million.
 */
#pragma once

#include "user/exchange/connection.h"

/* `c` was announced: does its other end wait in the table? Both then know whose it is (c->other). */
void ends_learn(struct exchanges *x, struct connection *c);
void ends_forget(struct exchanges *x, struct connection *c);
