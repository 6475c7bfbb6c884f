/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - mirrors user/model/span.c. */
#include "user/model/span.h"
#include "tests/test.h"
#include "user/model/resource.h"

TEST(a_copy_has_texts_and_events_of_its_own)
{
	struct resource *nobody = resource_new(NULL, 0);
	char name[] = "GET /users", value[] = "shop";
	struct span_event event = { .name = STR("sonde.pause"), .unix_ns = 7 };
	struct span span = { .name = { name, sizeof(name) - 1 },
			     .resource = nobody,
			     .events = &event,
			     .event_count = 1,
			     .events_dropped = 3 },
		    *copy;

	span_add_text(&span, STR("service"), (struct str){ value, sizeof(value) - 1 });
	event.attributes[event.attribute_count++] = attribute_int(STR("number"), 5);
	copy = span_copy(&span);
	memset(name, 'x', sizeof(name));
	memset(value, 'x', sizeof(value));
	memset(&event, 'x', sizeof(event));
	CHECK(str_eq(copy->name, STR("GET /users")) && copy->attribute_count == 1);
	CHECK(str_eq(copy->attributes[0].text, STR("shop")));
	CHECK(copy->event_count == 1 && copy->events_dropped == 3);
	CHECK(str_eq(copy->events->name, STR("sonde.pause")) && copy->events->unix_ns == 7);
	CHECK(copy->events->attribute_count == 1 && copy->events->attributes[0].number == 5);
	span_free(copy);
	resource_unref(nobody);
}
