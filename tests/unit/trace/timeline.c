/* SPDX-License-Identifier: Apache-2.0 */
/* timeline.c - mirrors user/trace/timeline.c: who ran when, and how many are looked at for that. */
#include <string.h>

#include "tests/test.h"
#include "user/base/mem.h"
#include "user/base/random.h"
#include "user/trace/node.h"

enum { NODES = 4000, NEAR = 20 };

struct many {
	uint64_t looks;
	struct timeline line;
	struct node nodes[NODES];
};

/* One ends after the other; each `seldom`th ran `long` as long, the others up to NEAR. */
static struct many *many_new(uint32_t seldom, uint64_t longest)
{
	struct many *m = xcalloc(1, sizeof(*m));
	struct random random;

	random_seed(&random, 1);
	m->line.looks = &m->looks;
	for (uint32_t i = 0; i < NODES; i++) {
		struct node *n = &m->nodes[i];
		uint64_t length = 1 + random_next(&random) % NEAR;

		n->ended_ns = longest + i;
		n->started_ns = n->ended_ns - (i % seldom ? length : longest);
		timeline_add(&m->line, n, &n->in_program);
	}
	return m;
}

static void many_free(struct many *m)
{
	for (size_t i = 0; i < NODES; i++)
		if (m->nodes[i].in_program.stretch)
			timeline_remove(&m->line, &m->nodes[i], &m->nodes[i].in_program);
	free(m);
}

/* Do both find the same, in the same order? */
static bool agree(struct many *m, const struct node *n, uint64_t from, uint64_t to)
{
	struct during all = during_begin(&m->line, from, to);
	struct during beside = during_beside(&m->line, &n->in_program, from, to);
	const struct node *one;

	while ((one = during_next(&all)))
		if (during_next(&beside) != one)
			return false;
	return !during_next(&beside);
}

static bool all_agree(struct many *m)
{
	for (size_t i = 0; i < NODES; i += 7) {
		const struct node *n = &m->nodes[i];

		if (!n->in_program.stretch)
			continue;
		if (!agree(m, n, n->started_ns, n->ended_ns) ||
		    !agree(m, n, n->started_ns, n->started_ns) ||
		    !agree(m, n, n->started_ns - 100, n->ended_ns + 100))
			return false;
	}
	return true;
}

TEST(who_ran_beside_a_node_is_found_from_its_place_as_from_the_end)
{
	struct many *m = many_new(97, NODES / 3);

	CHECK(all_agree(m));
	for (size_t i = 0; i < NODES; i += 3) {
		timeline_remove(&m->line, &m->nodes[i], &m->nodes[i].in_program);
		m->nodes[i].in_program.stretch = NULL;
	}
	CHECK(all_agree(m));
	many_free(m);
}

TEST(who_ran_beside_a_node_is_found_without_a_look_at_those_that_ran_later)
{
	struct many *m = many_new(NODES, NEAR);
	const struct node *n = &m->nodes[NODES / 2];
	struct during during = during_beside(&m->line, &n->in_program, n->started_ns, n->ended_ns);

	while (during_next(&during))
		;
	CHECK(m->looks <= 5 * STRETCH);
	many_free(m);
}
