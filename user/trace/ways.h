/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ways.h - how a parent is known: one row each, tried in order; the first that makes a link wins.
 *
 *	way         of       proof that no other exchange is the parent
 *	header      both     the question carries the parent's ids
 *	connection  server   both ends know the exchange by the same bytes of one connection
 *	thread      client   one thread read the request, made the call and wrote the answer, waited
 *	                     for no events meanwhile, and read no other request before the answer
 *	goroutine   client   one goroutine read the end of the request, then made the call, or alone waited
 *	                     for it to be written, and wrote the answer after the call's
 *	callback    client   the turn of the loop that read the request wrote the call, or the one that
 *	                     read the call's answer wrote the request's, and neither says otherwise,
 *	                     nor could the answer have been another request's (callback.c)
 */
#pragma once

#include "user/trace/node.h"

struct found {
	struct node *parent; /* LINK_MADE; NULL: it is a span of somebody else (a header's) */
	struct node *candidates[CANDIDATES];
	size_t candidate_count, candidates_left;
};

struct way_row {
	const char *name;
	enum role of; /* ROLE_UNKNOWN: both */
	enum link_outcome (*find)(struct trace *t, struct node *n, struct found *ret);
};

extern const struct way_row ways[WAYS];

const char *link_outcome_name(enum link_outcome outcome);

/* Note one that could be it; what finds no room is counted as left. */
void found_add(struct found *found, struct node *candidate);

enum link_outcome header_find(struct trace *t, struct node *n, struct found *ret);
enum link_outcome connection_find_parent(struct trace *t, struct node *n, struct found *ret);
enum link_outcome thread_find(struct trace *t, struct node *n, struct found *ret);
enum link_outcome goroutine_find(struct trace *t, struct node *n, struct found *ret);
enum link_outcome callback_find(struct trace *t, struct node *n, struct found *ret);
/* A server's exchange has ended: its answer came from what its thread had read. */
void callback_tell(struct trace *t, struct node *server);

/* Server exchanges of the client's program that were being served when it was made. */
void serving(const struct node *client, struct found *ret);
