/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.c - paths in, routes out.
 *
 *	path --> cache --> patterns, in order --> tree of guesses
 *
 *	(root) -- /users -- /users/{id} -- /users/{id}/orders
 *	       \- /health
 *
 * A node of the tree is one guessed route and owns its text. Nodes are never
 * freed before the whole, because their texts are lent out; a segment that
 * became {id} keeps its old children and asks them no more.
 */
#include "user/model/route.h"

#include <errno.h>
#define XXH_INLINE_ALL /* a call through the library costs as much as the hash */
#include <xxhash.h>

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/model/route_guess.h"

enum {
	MAX_SEGMENTS = 12,
	CACHE_SLOTS = 256,
	CACHED_PATH = 107, /* makes a slot 128 bytes */
	REST_LEN = 3,	   /* of "/ **" without the space */
};

struct node {
	struct node *sibling, *children, *identifier;
	uint16_t child_count, route_len, segment_at;
	bool collapsed;
	char text[]; /* the route, then "/ **" without the space */
};

/* What a path was last answered with; of another generation: nothing. */
struct cached {
	struct str route;
	uint32_t generation;
	uint8_t len;
	char path[CACHED_PATH];
};

struct routes {
	size_t references;
	struct str *patterns;
	size_t count;
	bool guess;
	struct node *root;
	size_t nodes;
	uint64_t collapsed;
	uint32_t generation; /* moved when known paths get another route */
	struct cached cache[CACHE_SLOTS];
};

/* `s` up to the first `mark`, or all of it. */
static inline struct str before(struct str s, char mark)
{
	const char *end = memchr(s.at, mark, s.len);

	return end ? (struct str){ s.at, (size_t)(end - s.at) } : s;
}

/* The next segment that is not empty, without its parameters. */
static bool take_segment(struct str *path, struct str *ret)
{
	struct str rest = *path, segment, name;

	while (rest.len) {
		segment = before(rest, '/');
		rest = str_after(rest, segment.len + (segment.len < rest.len));
		if (!segment.len)
			continue;
		name = before(segment, ';');
		if (!name.len)
			continue;
		*ret = name;
		*path = rest;
		return true;
	}
	return false;
}

static bool is_variable(struct str segment)
{
	return segment.at[0] == '{' || str_eq(segment, STR("*"));
}

/* Their first segments begin with other letters, and the pattern's is no variable. */
static bool differ_early(struct str pattern, struct str path)
{
	char want, have;

	if (pattern.len < 2 || !path.len || pattern.at[0] != '/' || path.at[0] != '/')
		return false;
	want = pattern.at[1];
	have = path.len > 1 ? path.at[1] : '\0';
	return want != have && !strchr("/;{*", want) && have != '/' && have != ';';
}

bool route_matches(struct str pattern, struct str path)
{
	struct str want, have;

	if (differ_early(pattern, path))
		return false;
	while (take_segment(&pattern, &want)) {
		if (str_eq(want, STR("**")))
			return true;
		if (!take_segment(&path, &have))
			return false;
		if (!is_variable(want) && !str_eq(want, have))
			return false;
	}
	return !take_segment(&path, &have);
}

static bool has_any(struct str s, const char *marks)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] && strchr(marks, s.at[i]))
			return true;
	return false;
}

static const char *segment_error(struct str segment, bool last)
{
	if (str_eq(segment, STR("**")))
		return last ? NULL : "'**' must come last";
	if (str_eq(segment, STR("*")))
		return NULL;
	if (has_any(segment, "*"))
		return "'*' must be a whole segment";
	if (segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}')
		segment = (struct str){ segment.at + 1, segment.len - 2 };
	return has_any(segment, "{}") ? "'{name}' must be a whole segment" : NULL;
}

const char *route_pattern_error(struct str pattern)
{
	struct str segment;

	if (!pattern.len || pattern.at[0] != '/')
		return "a route begins with '/'";
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.at[i] <= ' ' || pattern.at[i] == 0x7f)
			return "a route has no spaces, control or non-ASCII characters";
	if (has_any(pattern, "?#;"))
		return "a route has no query, fragment or parameters";
	while (take_segment(&pattern, &segment)) {
		const char *error = segment_error(segment, !pattern.len);

		if (error)
			return error;
	}
	return NULL;
}

/* A node for parent's route and `segment`. NULL when there are enough. */
static struct node *node_new(struct routes *r, const struct node *parent, struct str segment)
{
	size_t before = parent && parent->segment_at ? parent->route_len : 0;
	size_t len = before + 1 + segment.len;
	struct node *n;

	if (r->nodes == LIMIT_ROUTE_NODES)
		return NULL;
	n = xcalloc(1, sizeof(*n) + len + REST_LEN);
	if (before)
		memcpy(n->text, parent->text, before);
	n->text[before] = '/';
	if (segment.len)
		memcpy(n->text + before + 1, segment.at, segment.len);
	memcpy(n->text + (segment.len ? len : 0), "/**", REST_LEN);
	n->route_len = (uint16_t)len;
	n->segment_at = segment.len ? (uint16_t)(before + 1) : 0;
	r->nodes++;
	return n;
}

static void node_free(struct node *n)
{
	while (n) {
		struct node *sibling = n->sibling;

		node_free(n->children);
		node_free(n->identifier);
		free(n);
		n = sibling;
	}
}

static struct node *node_child(const struct node *n, struct str segment)
{
	for (struct node *c = n->children; c; c = c->sibling)
		if ((size_t)(c->route_len - c->segment_at) == segment.len &&
		    c->text[c->segment_at] == segment.at[0] &&
		    !memcmp(c->text + c->segment_at, segment.at, segment.len))
			return c;
	return NULL;
}

static struct node *node_add(struct routes *r, struct node *at, struct str segment)
{
	struct node *child = node_new(r, at, segment);

	if (!child)
		return NULL;
	child->sibling = at->children;
	at->children = child;
	at->child_count++;
	return child;
}

/* One segment down from `at`. NULL when that would be one node too many. */
static struct node *node_step(struct routes *r, struct node *at, struct str segment)
{
	struct node *child = at->collapsed ? NULL : node_child(at, segment);

	if (child)
		return child;
	if (!at->collapsed && !route_is_identifier(segment)) {
		if (at->child_count < LIMIT_ROUTE_CHILDREN)
			return node_add(r, at, segment);
		at->collapsed = true;
		r->collapsed++;
		r->generation++;
	}
	if (!at->identifier)
		at->identifier = node_new(r, at, STR("{id}"));
	return at->identifier;
}

static struct str guess(struct routes *r, struct str path)
{
	struct node *at = r->root;
	struct str segment;

	for (size_t depth = 0; take_segment(&path, &segment); depth++) {
		struct node *next = depth < MAX_SEGMENTS ? node_step(r, at, segment) : NULL;

		if (!next) {
			r->collapsed++;
			return (struct str){ at->text,
					     (at->segment_at ? at->route_len : 0) + REST_LEN };
		}
		at = next;
	}
	return (struct str){ at->text, at->route_len };
}

static struct str find(struct routes *r, struct str path)
{
	for (size_t i = 0; i < r->count; i++)
		if (route_matches(r->patterns[i], path))
			return r->patterns[i];
	if (!r->guess)
		return (struct str){};
	/* OPTIONS asks this of the whole server. */
	return str_eq(path, STR("*")) ? STR("*") : guess(r, path);
}

/* Out of line, so that what is cached pays nothing for it. */
static __attribute__((noinline)) struct str find_and_cache(struct routes *r, struct str path,
							   struct cached *c)
{
	c->route = find(r, path);
	c->generation = r->generation;
	c->len = (uint8_t)path.len;
	memcpy(c->path, path.at, path.len);
	return c->route;
}

struct str routes_find(struct routes *r, struct str path)
{
	struct cached *c;

	if (!path.len)
		path = STR("/");
	if (path.len > CACHED_PATH)
		return find(r, path);
	c = &r->cache[XXH3_64bits(path.at, path.len) % CACHE_SLOTS];
	if (c->generation == r->generation && c->len == path.len &&
	    !memcmp(c->path, path.at, path.len))
		return c->route;
	return find_and_cache(r, path, c);
}

int routes_new(const struct str *patterns, size_t count, bool guessing, struct routes **ret)
{
	struct routes *r;

	for (size_t i = 0; i < count; i++)
		if (route_pattern_error(patterns[i]))
			return -EINVAL;
	r = xcalloc(1, sizeof(*r));
	r->patterns = xcalloc(count, sizeof(*patterns));
	if (count)
		memcpy(r->patterns, patterns, count * sizeof(*patterns));
	r->references = 1;
	r->count = count;
	r->guess = guessing;
	r->generation = 1;
	r->root = node_new(r, NULL, (struct str){});
	*ret = r;
	return 0;
}

struct routes *routes_ref(struct routes *r)
{
	r->references++;
	return r;
}

bool routes_unshared(const struct routes *r)
{
	return r->references == 1;
}

void routes_unref(struct routes *r)
{
	if (!r || --r->references)
		return;
	node_free(r->root);
	free(r->patterns);
	free(r);
}

uint64_t routes_collapsed(const struct routes *r)
{
	return r->collapsed;
}

uint32_t routes_generation(const struct routes *r)
{
	return r->generation;
}
