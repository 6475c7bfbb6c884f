/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baggage.h - W3C Baggage: what a request carries for those that it will pass, read only.
 * https://www.w3.org/TR/baggage/ section 3.3.
 *
 *	userId=alice,serverNode=DF%2028;property,isProduction=false
 */
#pragma once

#include "user/base/buf.h"

/* The specification's least of what has to be passed on is the most that is looked at. */
enum { BAGGAGE_MEMBERS = 64, BAGGAGE_BYTES = 8192 };

struct baggage_member {
	struct str key, value; /* trimmed and borrowed; the value is still percent-encoded */
};

/* One member of a list, without its properties. False for what is none. */
bool baggage_member_parse(struct str member, struct baggage_member *ret);

/*
 * Append `value` percent-decoded; what is no such code stands for itself. The
 * result may be any bytes. -ENOSPC, and nothing is appended, when it is full.
 */
int baggage_decode(struct str value, struct buf *ret);

/* Is `key` one of `names`, or does it begin as one that ends with '*' does? */
bool baggage_wanted(const struct str *names, size_t count, struct str key);
