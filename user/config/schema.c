/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - the JSON schema of a configuration file, for editors.
 *
 * A dotted key may be split at any of its dots ("a.b.c", "a: {b.c}",
 * "a: {b: {c}}", "a.b: {c}"), so each option stands once in $defs and is
 * referred to from wherever it may be written.
 */
#include "user/config/schema.h"

#include "user/base/mem.h"
#include "user/config/services.h"

static json_t *schema_of_list(const struct type *type, json_t *item)
{
	json_t *list = json_pack("{s:s,s:O}", "type", "array", "items", item);
	json_t *ways = json_pack("[o,o,{s:s}]", item, list, "type", "string");

	if (type->mapping)
		json_array_append_new(ways, json_pack("{s:s,s:{s:s}}", "type", "object",
						      "additionalProperties", "type", "string"));
	return ways;
}

json_t *schema_of_option(const struct option *option)
{
	const struct type *type = option->type;
	json_t *value = type->schema ? type->schema(option) : json_pack("{s:s}", "type", "string");
	json_t *ways = option->list ? schema_of_list(type, value) : json_pack("[o]", value);
	json_t *schema;

	json_array_append_new(ways, json_pack("{s:s}", "type", "null"));
	schema = json_pack("{s:s,s:o}", "description", option->help, "anyOf", ways);
	if (option->value)
		json_object_set_new(schema, "default", json_string(option->value));
	return schema;
}

static json_t *group_new(void)
{
	return json_pack("{s:[s,s],s:b,s:{}}", "type", "object", "null", "additionalProperties", 0,
			 "properties");
}

/* Let `object` hold the option that `rest` names in it, split at any dot. */
static void object_add(json_t *object, const char *key, const char *rest)
{
	json_t *properties = json_object_get(object, "properties");
	_cleanup_(freep) char *reference = xasprintf("#/$defs/%s", key);

	if (!strcmp(key, "config.file"))
		return; /* a file does not name a file */
	json_object_set_new(properties, rest, json_pack("{s:s}", "$ref", reference));
	for (const char *dot = strchr(rest, '.'); dot; dot = strchr(dot + 1, '.')) {
		_cleanup_(freep) char *name = xstrndup(rest, (size_t)(dot - rest));
		json_t *group = json_object_get(properties, name);

		if (!group) {
			group = group_new();
			json_object_set_new(properties, name, group);
		}
		object_add(group, key, dot + 1);
	}
}

void config_schema(FILE *to)
{
	json_t *schema = group_new(), *definitions = json_object();

	json_object_set_new(schema, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(schema, "title", json_string("sonde's configuration file"));
	for (size_t i = 0; i < option_count; i++) {
		object_add(schema, options[i].key, options[i].key);
		json_object_set_new(definitions, options[i].key, schema_of_option(&options[i]));
	}
	json_object_set_new(json_object_get(schema, "properties"), "services", services_schema());
	json_object_set_new(schema, "$defs", definitions);
	json_dumpf(schema, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(schema);
}
