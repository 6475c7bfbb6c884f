/* SPDX-License-Identifier: Apache-2.0 */
/* recall.c - a row is recalled for the same exchange, and not when anything of it differs. */
#include "user/worker/recall.h"
#include "tests/test.h"
#include "user/base/mem.h"
#include "user/model/resource.h"
#include "user/model/route.h"

static bool first_text(const struct message *question, struct span *span, struct str *ret)
{
	(void)span;
	*ret = message_text(question, 0);
	return true;
}

static bool never(const struct message *question, struct span *span, struct str *ret)
{
	(void)question;
	(void)span;
	(void)ret;
	return false;
}

static const struct proto proto = { .name = "a", .route_path = first_text };
static const struct proto another_proto = { .name = "b", .route_path = first_text };
static const struct proto hiding_proto = { .name = "c", .route_path = never };

struct rig {
	struct recall *recall;
	struct routes *routes, *other_routes;
	struct resource resource, other_resource;
	struct peer peer, other_peer;
	struct message question, answer;
	struct exchange x;
	struct span span;
	uint64_t drops;
};

static void ask(struct rig *rig, const char *path)
{
	rig->question.base = path;
	message_set_text(&rig->question, 0, str_of(path));
}

static void rig_begin(struct rig *rig, enum role role)
{
	*rig = (struct rig){
		.recall = xcalloc(1, sizeof(*rig->recall)),
		.resource = { .id = 1 },
		.other_resource = { .id = 2 },
		.peer = { .remote_port = 80, .family = FAMILY_INET, .remote = { 1 } },
		.other_peer = { .remote_port = 80, .family = FAMILY_INET, .remote = { 2 } },
		.x = { .proto = &proto, .role = role, .answered = true },
		.question = { .likeness = 7 },
		.answer = { .likeness = 200 },
	};
	ask(rig, "/users/1");
	routes_new(NULL, 0, true, &rig->routes);
	routes_new(NULL, 0, true, &rig->other_routes);
	rig->x.peer = &rig->peer;
	rig->x.question = &rig->question;
	rig->x.answer = &rig->answer;
	rig->span.resource = &rig->resource;
	rig->span.routes = rig->routes;
}

static void rig_end(struct rig *rig)
{
	free(rig->recall);
	routes_unref(rig->routes);
	routes_unref(rig->other_routes);
}

/* Is there a row for what the rig holds now? */
static bool recalled(struct rig *rig)
{
	struct recall_key key;
	struct recalled *place = recall_place(rig->recall, &rig->x, &rig->span, rig->drops, &key);

	return place && recall_holds(place, &key);
}

/* Every place says that it holds this, so that only the key can tell. */
static void keep(struct rig *rig)
{
	struct recall_key key;

	CHECK(recall_place(rig->recall, &rig->x, &rig->span, rig->drops, &key));
	for (size_t i = 0; i < RECALL_PLACES; i++)
		rig->recall->places[i] = (struct recalled){ .key = key, .row = (struct row *)rig };
}

/* `change` of what `now` points to. */
#define CHECK_TOLD_APART(now, change)                                                              \
	do {                                                                                       \
		struct rig kept_ = *(now);                                                         \
		CHECK(recalled(now));                                                              \
		change;                                                                            \
		CHECK(!recalled(now));                                                             \
		*(now) = kept_;                                                                    \
	} while (0)

static void check_each_part(struct rig *rig)
{
	keep(rig);
	CHECK_TOLD_APART(rig, rig->x.proto = &another_proto);
	CHECK_TOLD_APART(rig, rig->x.role = rig->x.role == ROLE_SERVER ? ROLE_CLIENT : ROLE_SERVER);
	CHECK_TOLD_APART(rig, rig->answer.likeness++);
	CHECK_TOLD_APART(rig, rig->answer.likeness = 0);
	CHECK_TOLD_APART(rig, rig->x.answered = false);
	CHECK_TOLD_APART(rig, rig->x.outcome = OUTCOME_RESET);
	CHECK_TOLD_APART(rig, rig->span.resource = &rig->other_resource);
	CHECK_TOLD_APART(rig, rig->span.resource = NULL);
	CHECK_TOLD_APART(rig, rig->span.routes = rig->other_routes);
	CHECK_TOLD_APART(rig, rig->drops++);
	CHECK(recalled(rig));
}

TEST(a_row_is_recalled_by_likeness_and_route_and_all_else_that_tells_exchanges_apart)
{
	struct rig rig;

	rig_begin(&rig, ROLE_SERVER);
	check_each_part(&rig);
	CHECK_TOLD_APART(&rig, rig.question.likeness++);
	CHECK_TOLD_APART(&rig, rig.question.likeness = 0);
	CHECK_TOLD_APART(&rig, ask(&rig, "/orders/1"));
	ask(&rig, "/users/2");
	CHECK(recalled(&rig)); /* the route is the same */
	rig.x.proto = &hiding_proto;
	CHECK(!recalled(&rig));
	rig_end(&rig);
}

TEST(a_row_is_recalled_by_sameness_while_routes_stay)
{
	struct rig rig;
	char path[] = "/a";

	rig_begin(&rig, ROLE_SERVER);
	rig.question.sameness = 9;
	check_each_part(&rig);
	CHECK_TOLD_APART(&rig, rig.question.sameness++);
	/* So many children that each is {id} from now on. */
	for (int i = 0; i < 26; i++, path[1]++) {
		routes_find(rig.routes, STR("/x"));
		routes_find(rig.routes, str_of(path));
	}
	for (path[1] = 'A'; path[1] <= 'Z'; path[1]++)
		routes_find(rig.routes, str_of(path));
	CHECK(!recalled(&rig));
	rig_end(&rig);
}

TEST(a_clients_row_is_recalled_for_the_same_peer_only)
{
	struct rig rig;

	rig_begin(&rig, ROLE_CLIENT);
	check_each_part(&rig);
	CHECK_TOLD_APART(&rig, rig.x.peer = &rig.other_peer);
	CHECK_TOLD_APART(&rig, rig.x.peer = NULL);
	CHECK_TOLD_APART(&rig, rig.peer.remote_port++);
	rig_end(&rig);
}
