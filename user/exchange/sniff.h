/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sniff.h - is what a turn begins with ours?
 *
 * The first guess that says yes gives the connection its protocol, and tells
 * who asks. TLS and HTTP/2 are known by name and given up at once; what is
 * like nothing known is given up after UNKNOWN_TURNS turns.
 */
#pragma once

#include "user/exchange/connection.h"

enum { UNKNOWN_TURNS = 3 };

enum sniffed {
	SNIFFED_NOTHING, /* the connection may have been given up */
	SNIFFED_MORE,	 /* too few bytes to tell */
	SNIFFED_MESSAGE, /* a message begins; protocol and role are known */
};

enum sniffed sniff(struct exchanges *x, struct connection *c, enum direction d, struct str head);
/* A turn began like nothing known. */
void sniff_strike(struct exchanges *x, struct connection *c);
/* Read it no longer; its open exchanges are lost. */
void give_up(struct exchanges *x, struct connection *c, enum unread reason);
