/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - mirrors user/model/resource.c. */
#include "user/model/resource.h"
#include "tests/test.h"
#include "user/base/limits.h"

TEST(a_resource_keeps_copies_of_keys_and_texts)
{
	char *key = test_tight("service.name", 12), *name = test_tight("shop", 4);
	struct attribute attributes[] = {
		attribute_text((struct str){ key, 12 }, (struct str){ name, 4 }),
		attribute_text(STR("service.namespace"), STR("web")),
		attribute_int(STR("process.pid"), 17),
		attribute_text(STR("service.instance.id"), STR("i-1")),
	};
	struct resource *r = resource_new(attributes, 4);

	free(key);
	free(name);
	CHECK(str_eq(r->service_name, STR("shop")) && str_eq(r->service_namespace, STR("web")));
	CHECK(str_eq(r->service_instance, STR("i-1")) && r->attribute_count == 4);
	CHECK(str_eq(r->attributes[0].key, STR("service.name")));
	CHECK(r->attributes[2].type == ATTRIBUTE_INT && r->attributes[2].number == 17);
	resource_unref(r);
}

TEST(a_resource_lives_until_its_last_reference_and_ids_are_new)
{
	struct resource *a = resource_new(NULL, 0), *b = resource_new(NULL, 0);

	CHECK(a->references == 1 && a->id != b->id && a->id && b->id);
	CHECK(resource_ref(a) == a && a->references == 2);
	resource_unref(a);
	CHECK(a->references == 1 && !a->service_name.len);
	resource_unref(a);
	resource_unref(b);
	resource_unref(NULL);
}

TEST(a_resource_is_bounded_in_attributes_and_texts)
{
	struct attribute attributes[RESOURCE_ATTRIBUTES + 1];
	char *text = malloc(LIMIT_ATTRIBUTE_BYTES + 10);
	struct resource *r;

	memset(text, 'x', LIMIT_ATTRIBUTE_BYTES + 10);
	/* A character of three bytes lies across the limit. */
	memcpy(text + LIMIT_ATTRIBUTE_BYTES - 1, "\xe2\x82\xac", 3);
	for (size_t i = 0; i <= RESOURCE_ATTRIBUTES; i++)
		attributes[i] = attribute_int(STR("n"), (int64_t)i);
	attributes[0] = attribute_text(STR("t"), (struct str){ text, LIMIT_ATTRIBUTE_BYTES + 10 });
	r = resource_new(attributes, RESOURCE_ATTRIBUTES + 1);
	free(text);
	CHECK(r->attribute_count == RESOURCE_ATTRIBUTES);
	CHECK(r->attributes[0].text.len == LIMIT_ATTRIBUTE_BYTES - 1);
	resource_unref(r);
}
