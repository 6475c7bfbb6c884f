/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h - what a request is about: parts of its target, and hosts as they are
 * written in it and in headers. RFC 9112 3.2, RFC 3986 3.2, RFC 7239 4 to 6.
 */
#pragma once

#include "user/base/str.h"

/* Parts that are not there are empty; all borrow from the target. */
struct target {
	struct str scheme, authority; /* of the absolute form; authority also of CONNECT's */
	struct str path;	      /* empty for CONNECT; "*" for the server as a whole */
	struct str query;
};

struct target target_split(struct str target, struct str method);

struct host {
	struct str name; /* without port, brackets and user */
	int port;	 /* -1: not told */
};

/* "shop", "shop:8080", "[::1]:8080", "user@shop", or a bare IPv6 address. */
struct host host_split(struct str authority);

/* The first of a list's elements, without the spaces around it. */
struct str list_first(struct str list);
/* "for", "host" or "proto" of the first element of a Forwarded header; empty if not there. */
struct str forwarded_find(struct str header, struct str name);
