/* SPDX-License-Identifier: Apache-2.0 */
/* connection.c - the other end of a connection, both ends of which are watched. */
#include "user/trace/ways.h"

enum link_outcome connection_find_parent(struct trace *t, struct node *n, struct found *ret)
{
	struct node *client = node_of_meeting(t, n);

	if (!client)
		return LINK_NONE;
	/* A header was there as well, and won. */
	if (n->way == WAY_HEADER && memcmp(client->span_id, n->header_span, SPAN_ID_BYTES))
		return LINK_DISAGREED;
	ret->parent = client;
	return LINK_MADE;
}
