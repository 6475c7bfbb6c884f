/* SPDX-License-Identifier: Apache-2.0 */
#include "user/trace/ways.h"

const struct way_row ways[WAYS] = {
	[WAY_NONE] = { .name = "none" },
	[WAY_HEADER] = { "header", ROLE_UNKNOWN, header_find },
	[WAY_CONNECTION] = { "connection", ROLE_SERVER, connection_find_parent },
	[WAY_THREAD] = { "thread", ROLE_CLIENT, thread_find },
	[WAY_GOROUTINE] = { "goroutine", ROLE_CLIENT, goroutine_find },
	[WAY_CALLBACK] = { "callback", ROLE_CLIENT, callback_find },
};

const char *link_outcome_name(enum link_outcome outcome)
{
	static const char *const names[] = {
		[LINK_NONE] = "none",
		[LINK_MADE] = "made",
		[LINK_AMBIGUOUS] = "ambiguous",
		[LINK_DISAGREED] = "disagreed",
	};

	return names[outcome];
}

void found_add(struct found *found, struct node *candidate)
{
	for (size_t i = 0; i < found->candidate_count; i++)
		if (found->candidates[i] == candidate)
			return;
	if (found->candidate_count < CANDIDATES)
		found->candidates[found->candidate_count++] = candidate;
	else
		found->candidates_left++;
}

void serving(const struct node *client, struct found *ret)
{
	EACH_NODE(n, beside(client, client->started_ns, client->started_ns))
		if (node_is_server(n) && node_covers(n, client->started_ns))
			found_add(ret, n);
}
