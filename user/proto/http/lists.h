/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists.h - headers that are lists and may come several times: tracestate, baggage.
 *
 *	a=1\r\nHost: shop\r\ntracestate: b=2,c=3
 *	===                            =======
 * A message's text of such a header begins with the first one's value and ends
 * with the last one's; whatever lines stood between are in it.
 */
#pragma once

#include "user/base/str.h"

struct list_walk {
	struct str rest, name;
	bool is_next, inside;
};

/* `name` is that of the header. */
static inline struct list_walk list_walk(struct str text, struct str name)
{
	return (struct list_walk){ .rest = text, .name = name };
}

/*
 * The next value, without the blanks around it; it may be empty. One that goes on in a
 * folded line is two of the list. False when there is none.
 */
bool list_value_take(struct list_walk *walk, struct str *ret);
