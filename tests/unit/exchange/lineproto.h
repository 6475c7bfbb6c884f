/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineproto.h - a protocol for tests: one line is a head.
 *
 *	question  "? NAME BODY [=PAIR]\n"
 *	answer    "! STATUS BODY [=PAIR]\n"
 *	BODY      -     none
 *	          +N    N bytes
 *	          *     marked: up to and with the first '.'
	          *N    the same, and N bytes of it need not be seen
 *	          $     to the close
 *	          ~     unknown: to the turn's end
 *	STATUS    100 is interim, 101 hands over
 *
 * Empty lines before a question are passed over; one named "aside" asks nothing. An answer to a question named "quiet" has no body, whatever it says.
 */
#pragma once

#include "user/proto/proto.h"

enum { LINE_NAME }; /* texts: the name or the status */

extern const struct proto proto_line;
