/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.c - a pattern, then paths, one a line: routes are clean text, bounded,
 * and the same for the same path as long as nothing collapsed.
 */
#include "user/model/route.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_path(struct routes *routes, struct str pattern, struct str path)
{
	struct str route = routes_find(routes, path);
	uint64_t collapsed = routes_collapsed(routes);

	require(route.len > 0 && (route.len < 1024 || route.at == pattern.at));
	for (size_t i = 0; i < route.len; i++)
		require(route.at[i] > ' ' && route.at[i] < 0x7f);
	if (route_matches(pattern, path.len ? path : STR("/")))
		require(route.at == pattern.at);
	if (routes_collapsed(routes) == collapsed)
		require(str_eq(routes_find(routes, path), route));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, pattern, path;
	struct routes *routes;

	if (!take_until(&in, '\n', &pattern))
		return 0;
	if (routes_new(&pattern, 1, true, &routes)) {
		require(route_pattern_error(pattern));
		pattern = STR("/users/{id}");
		require(!routes_new(&pattern, 1, true, &routes));
	}
	while (take_until(&in, '\n', &path))
		check_path(routes, pattern, path);
	check_path(routes, pattern, in);
	routes_unref(routes);
	return 0;
}
