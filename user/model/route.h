/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.h - from a path to a route of few values.
 *
 * Known patterns are tried in order: "/users/{id}" takes one segment for each
 * {name} or *, and a last ** takes the rest, none included. Failing those, and
 * if guessing is on, segments that look like identifiers (route_guess.h) become
 * {id}; each segment may have LIMIT_ROUTE_CHILDREN different children and from
 * then on the segment becomes {id} for good. Paths deeper than a dozen segments
 * or past LIMIT_ROUTE_NODES end in ** where they leave what is known. Values
 * that a peer chooses therefore make a bounded number of routes.
 *
 * Empty segments do not count, in paths and patterns: "//a/" is "/a". Path
 * parameters (";jsessionid=1") are left out. Escapes (%2F) stay as they are.
 */
#pragma once

#include "user/base/str.h"

struct routes;

/* `patterns` are kept by reference. -EINVAL and `ret` untouched for a pattern that is none. */
int routes_new(const struct str *patterns, size_t count, bool guess, struct routes **ret);
struct routes *routes_ref(struct routes *routes);
/* Whoever made it has the first reference; the last one frees it. */
void routes_unref(struct routes *routes);
/* Has nobody else a reference? */
bool routes_unshared(const struct routes *routes);

/*
 * The route of `path` (without query). Empty when nothing matches and guessing
 * is off. The text belongs to `routes` and stays until that is freed.
 */
struct str routes_find(struct routes *routes, struct str path);

/* Moves when a path that had a route may get another one. */
uint32_t routes_generation(const struct routes *routes);
/* How many times a limit of children, nodes or segments made a route coarser. */
uint64_t routes_collapsed(const struct routes *routes);

/* Does one pattern match one path? For http.ignore. */
bool route_matches(struct str pattern, struct str path);
/* NULL when the pattern is well formed, else what is wrong with it. */
const char *route_pattern_error(struct str pattern);
