/* SPDX-License-Identifier: Apache-2.0 */
/* routing.c - mirrors user/worker/routing.c */
#include "user/worker/routing.h"
#include "tests/test.h"
#include "tests/unit/config/read.h"
#include "user/model/resource.h"

enum { SERVICES = 300 }; /* more than have routes of their own */

static struct resource *instance(unsigned service, const char *id)
{
	char name[16];
	struct attribute attributes[] = {
		attribute_text(STR("service.name"), (struct str){ name, 0 }),
		attribute_text(STR("service.instance.id"), str_of(id)),
	};

	attributes[0].text.len = (size_t)snprintf(name, sizeof(name), "s%u", service);
	return resource_new(attributes, 2);
}

TEST(instances_of_a_service_share_its_routes_and_no_other_does)
{
	SCOPED *config = FLAGS("--watch.all");
	struct routing *r = routing_new(config);
	struct resource *a = instance(1, "a"), *b = instance(1, "b"), *other = instance(2, "a");
	struct routes *routes = routing_routes(r, NULL, a);

	CHECK(routing_routes(r, NULL, a) == routes && routing_routes(r, NULL, b) == routes);
	CHECK(routing_routes(r, NULL, other) != routes);
	resource_unref(a);
	CHECK(routing_routes(r, NULL, b) == routes);
	resource_unref(b);
	resource_unref(other);
	routing_free(r);
}

TEST(routes_go_with_their_service_and_what_they_collapsed_stays_counted)
{
	SCOPED *config = FLAGS("--watch.all");
	struct routing *r = routing_new(config);
	char path[16];

	for (unsigned i = 0; i < SERVICES; i++) {
		struct resource *one = instance(i, "a");

		for (unsigned child = 0; child < 33; child++) {
			size_t len = (size_t)snprintf(path, sizeof(path), "/%c%c", 'a' + child / 6,
						      'a' + child % 6);

			routes_find(routing_routes(r, NULL, one), (struct str){ path, len });
		}
		CHECK(routing_collapsed(r) == i + 1);
		resource_unref(one);
	}
	CHECK(!routing_shared(r));
	routing_free(r);
}

TEST(too_many_services_share_the_common_routes_and_are_counted)
{
	SCOPED *config = FLAGS("--watch.all");
	struct routing *r = routing_new(config);
	struct resource *each[SERVICES];
	struct routes *last;

	for (unsigned i = 0; i < SERVICES; i++) {
		each[i] = instance(i, "a");
		last = routing_routes(r, NULL, each[i]);
	}
	CHECK(routing_routes(r, NULL, each[SERVICES - 2]) == last);
	CHECK(routing_shared(r) == SERVICES - 256);
	for (unsigned i = 0; i < SERVICES; i++)
		resource_unref(each[i]);
	routing_free(r);
}

TEST(a_rule_with_routes_keeps_them_past_the_limit)
{
	struct service_rule *rule;
	SCOPED *config = read_yaml("services:\n- {exe: '*', routes: ['/a/{name}']}\n");
	struct routing *r = routing_new(config);
	struct resource *each[SERVICES];
	struct process process = {};

	rule = &config->services[0];
	process.service = rule;
	for (unsigned i = 0; i < SERVICES; i++) {
		struct routes *routes;

		each[i] = instance(i, "a");
		routes = routing_routes(r, i < SERVICES - 10 ? NULL : &process, each[i]);
		if (i >= SERVICES - 10)
			CHECK(str_eq(routes_find(routes, STR("/a/x")), STR("/a/{name}")));
	}
	for (unsigned i = 0; i < SERVICES; i++)
		resource_unref(each[i]);
	routing_free(r);
}
