/* SPDX-License-Identifier: Apache-2.0 */
/* route.c - mirrors user/model/route.c */
#include <errno.h>

#include "tests/test.h"
#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/model/route.h"

static void routes_unrefp(struct routes **routes)
{
	routes_unref(*routes);
}

#define _routes_ _cleanup_(routes_unrefp) struct routes *

static const struct {
	struct str pattern, path;
	bool matches;
} matches[] = {
	{ STR("/"), STR("/"), true },
	{ STR("/"), STR("/a"), false },
	{ STR("/users/{id}"), STR("/users/42"), true },
	{ STR("/users/{id}"), STR("/users/42/"), true },
	{ STR("/users/{id}"), STR("//users//x%2Fy"), true },
	{ STR("/users/{id}"), STR("/users"), false },
	{ STR("/users/{id}"), STR("/users/42/orders"), false },
	{ STR("/users/{id}"), STR("/Users/42"), false },
	{ STR("/users/*/orders"), STR("/users/42/orders"), true },
	{ STR("/users/*/orders"), STR("/users/42/7/orders"), false },
	{ STR("/files/**"), STR("/files/a/b/c"), true },
	{ STR("/files/**"), STR("/files"), true },
	{ STR("/files/**"), STR("/filesystem"), false },
	{ STR("/**"), STR("/"), true },
	{ STR("/app"), STR("/app;jsessionid=0A1"), true },
	{ STR("/a/{b}"), STR("/a/;b=1"), false },
	{ STR("/a"), STR("/"), false },
	{ STR("/a"), STR("//a"), true },
	{ STR("//a"), STR("/a"), true },
	{ STR("/a"), STR("/;b=1/a"), true },
	{ STR("/{a}"), STR("/b"), true },
	{ STR("/**"), STR("/b"), true },
};

TEST(a_pattern_matches_segment_by_segment)
{
	EACH(i, matches) {
		if (route_matches(matches[i].pattern, matches[i].path) != matches[i].matches)
			printf("row %zu\n", i);
		CHECK(route_matches(matches[i].pattern, matches[i].path) == matches[i].matches);
	}
}

static const struct str bad_patterns[] = {
	STR(""),     STR("users"),   STR("/a/**/b"),	STR("/a*"),    STR("/a/***"), STR("/{id"),
	STR("/{}"),  STR("/{a}{b}"), STR("/{id}.json"), STR("/a?b"),   STR("/a#b"),   STR("/a;b"),
	STR("/a b"), STR("/a\x01"),  STR("/\xc3\xa4"),	STR("/{{a}}"),
};

TEST(a_pattern_that_is_none_is_refused)
{
	struct routes *routes = NULL;

	EACH(i, bad_patterns) {
		CHECK(route_pattern_error(bad_patterns[i]));
		CHECK(routes_new(&bad_patterns[i], 1, true, &routes) == -EINVAL && !routes);
	}
	EACH(i, matches)
		CHECK(!route_pattern_error(matches[i].pattern));
}

TEST(known_patterns_win_in_their_order)
{
	static const struct str patterns[] = { STR("/users/me"), STR("/users/{name}"),
					       STR("/users/**") };
	_routes_ r = NULL;

	CHECK(!routes_new(patterns, 3, true, &r));
	for (int again = 0; again < 2; again++) {
		CHECK(str_eq(routes_find(r, STR("/users/me")), patterns[0]));
		CHECK(str_eq(routes_find(r, STR("/users/42")), patterns[1]));
		CHECK(str_eq(routes_find(r, STR("/users/42/x")), patterns[2]));
		CHECK(str_eq(routes_find(r, STR("/other/42")), STR("/other/{id}")));
	}
}

TEST(without_guessing_an_unknown_path_has_no_route)
{
	static const struct str pattern = STR("/a");
	_routes_ r = NULL;

	CHECK(!routes_new(&pattern, 1, false, &r));
	for (int again = 0; again < 2; again++) {
		CHECK(!routes_find(r, STR("/b")).len && !routes_find(r, STR("")).len);
		CHECK(str_eq(routes_find(r, STR("/a")), STR("/a")));
	}
}

static const struct {
	struct str path, route;
} guesses[] = {
	{ STR(""), STR("/") },
	{ STR("/"), STR("/") },
	{ STR("///"), STR("/") },
	{ STR("*"), STR("*") },
	{ STR("/api/v1/users/42"), STR("/api/v1/users/{id}") },
	{ STR("/api/v1/users/43/"), STR("/api/v1/users/{id}") },
	{ STR("//api//v1///users"), STR("/api/v1/users") },
	{ STR("api/v1"), STR("/api/v1") },
	{ STR("/123/456"), STR("/{id}/{id}") },
	{ STR("/a%2Fb/c%20d"), STR("/a%2Fb/c%20d") },
	{ STR("/cart;jsessionid=1A2B/items"), STR("/cart/items") },
	{ STR("/1/2/3/4/5/6/7/8/9/10/11/12"),
	  STR("/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}") },
	{ STR("/1/2/3/4/5/6/7/8/9/10/11/12/x/y"),
	  STR("/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/**") },
};

TEST(a_guess_keeps_words_and_drops_identifiers)
{
	_routes_ r = NULL;

	CHECK(!routes_new(NULL, 0, true, &r));
	for (int again = 0; again < 2; again++)
		EACH(i, guesses) {
			char *copy = test_tight(guesses[i].path.at, guesses[i].path.len);
			struct str route =
				routes_find(r, (struct str){ copy, guesses[i].path.len });

			free(copy);
			if (!str_eq(route, guesses[i].route))
				printf("%.*s\n", STR_ARGS(route));
			CHECK(str_eq(route, guesses[i].route));
		}
}

static struct str path_of(char *to, const char *format, unsigned a, unsigned b)
{
	return (struct str){ to, (size_t)sprintf(to, format, a, b) };
}

/* A word that no rule takes for an identifier. */
static const char *word(unsigned n, char to[8])
{
	for (int i = 0; i < 7; i++, n /= 26)
		to[i] = (char)('a' + n % 26);
	to[7] = 0;
	return to;
}

TEST(too_many_children_make_a_segment_an_identifier_for_good)
{
	char path[64], name[8];
	_routes_ r = NULL;
	struct str first;

	CHECK(!routes_new(NULL, 0, true, &r));
	first = routes_find(r, STR("/users/aaaaaaa/posts"));
	CHECK(str_eq(first, STR("/users/aaaaaaa/posts")));
	for (unsigned i = 1; i < LIMIT_ROUTE_CHILDREN; i++) {
		sprintf(path, "/users/%s/posts", word(i, name));
		CHECK(str_eq(routes_find(r, str_of(path)), str_of(path)));
	}
	CHECK(!routes_collapsed(r));
	CHECK(str_eq(routes_find(r, STR("/users/another/posts")), STR("/users/{id}/posts")));
	CHECK(routes_collapsed(r) == 1);
	CHECK(str_eq(routes_find(r, STR("/users/aaaaaaa/posts")), STR("/users/{id}/posts")));
	CHECK(str_eq(first, STR("/users/aaaaaaa/posts"))); /* what was lent stays */
	CHECK(str_eq(routes_find(r, STR("/users")), STR("/users")));
	CHECK(routes_collapsed(r) == 1);
}

/* How many different texts were given for `count` paths of words, three segments each. */
static size_t different_routes(struct routes *r, unsigned count, size_t *longest)
{
	enum { MOST = 2 * LIMIT_ROUTE_NODES };
	static struct str seen[MOST];
	size_t different = 0;
	uint64_t random = 1;
	char path[64], names[3][8];

	for (unsigned i = 0; i < count; i++) {
		struct str route;
		size_t known = 0;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		sprintf(path, "/%s/%s/%s", word((unsigned)(random >> 59), names[0]),
			word((unsigned)(random >> 33) % 40, names[1]), word(i, names[2]));
		route = routes_find(r, str_of(path));
		while (known < different && seen[known].at != route.at)
			known++;
		if (known == different && different < MOST)
			seen[different++] = route;
		if (route.len > *longest)
			*longest = route.len;
	}
	return different;
}

TEST(a_million_hostile_paths_make_few_routes)
{
	_routes_ r = NULL;
	size_t longest = 0;

	CHECK(!routes_new(NULL, 0, true, &r));
	CHECK(different_routes(r, 1000000, &longest) <= LIMIT_ROUTE_NODES);
	CHECK(different_routes(r, 10000, &longest) <= 512); /* what goes on once it settled */
	CHECK(longest < 64 && routes_collapsed(r) > 1);
}

TEST(a_path_that_peers_make_up_at_one_place_makes_one_route_more)
{
	_routes_ r = NULL;
	char path[64], name[8];
	size_t collapsed;

	CHECK(!routes_new(NULL, 0, true, &r));
	for (unsigned i = 0; i < 100000; i++) {
		sprintf(path, "/shop/%s", word(i, name));
		CHECK(str_eq(routes_find(r, str_of(path)),
			     i < LIMIT_ROUTE_CHILDREN ? str_of(path) : STR("/shop/{id}")));
	}
	collapsed = routes_collapsed(r);
	CHECK(collapsed == 1 && str_eq(routes_find(r, STR("/cart")), STR("/cart")));
}

TEST(past_the_limit_of_nodes_a_route_ends_where_knowledge_does)
{
	char path[64];
	_routes_ r = NULL;
	struct str route = {};

	CHECK(!routes_new(NULL, 0, true, &r));
	for (unsigned i = 0; i < LIMIT_ROUTE_CHILDREN; i++)
		for (unsigned k = 0; k < LIMIT_ROUTE_CHILDREN; k++)
			for (unsigned m = 0; m < 8; m++) {
				char names[3][8];

				sprintf(path, "/%s/%s/%s", word(i, names[0]), word(k, names[1]),
					word(m, names[2]));
				route = routes_find(r, str_of(path));
			}
	CHECK(str_eq(route, STR("/**")));
	CHECK(routes_collapsed(r) > 1000);
	CHECK(str_eq(routes_find(r, STR("/aaaaaaa/aaaaaaa/aaaaaaa")),
		     STR("/aaaaaaa/aaaaaaa/aaaaaaa")));
	CHECK(str_eq(routes_find(r, STR("/aaaaaaa/aaaaaaa/other")), STR("/aaaaaaa/aaaaaaa/**")));
}

TEST(the_same_paths_in_the_same_order_give_the_same_routes)
{
	_routes_ a = NULL;
	_routes_ b = NULL;
	char path[64];

	CHECK(!routes_new(NULL, 0, true, &a) && !routes_new(NULL, 0, true, &b));
	for (unsigned i = 0; i < 20000; i++) {
		struct str p = path_of(path, "/x%u/item-%u/end", i % 7, i % 64);

		CHECK(str_eq(routes_find(a, p), routes_find(b, p)));
	}
}
