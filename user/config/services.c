/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/services.h"

#include <assert.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/config/field.h"
#include "user/config/schema.h"

#define FIELD(key_, kind_, field_)                                                                 \
	.key = key_, .type = &type_##kind_, .at = offsetof(struct service_rule, field_)

/* clang-format off */
const struct option service_fields[] = {
	{ FIELD("exe", glob, exe), .help = "Its executable's path." },
	{ FIELD("port", ports, port), .list = true, .help = "Ports that it listens on." },
	{ FIELD("cgroup", glob, cgroup), .help = "Its control group." },
	{ FIELD("name", text, name), .help = "The name of the service." },
	{ FIELD("namespace", text, namespace), .help = "The namespace of the service." },
	{ FIELD("routes", route, routes), .list = true, .help = "Its routes, not http.route." },
	{ FIELD("sampler", sampler, sampler), .help = "Its sampler, not trace.sampler." },
};
/* clang-format on */
const size_t service_field_count = ARRAY_SIZE(service_fields);
static_assert(ARRAY_SIZE(service_fields) <= 32, "yaml_services.c keeps a bit for each");

struct service_rule *services_add(struct config *config)
{
	struct service_rule *rule;

	if (config->service_count == LIMIT_SERVICES)
		return NULL;
	config->services =
		xrealloc(config->services, (config->service_count + 1) * sizeof(*config->services));
	rule = &config->services[config->service_count++];
	*rule = (struct service_rule){};
	return rule;
}

bool service_has(const struct service_rule *rule, const struct option *field)
{
	const void *at = (const char *)rule + field->at;

	if (field->type == &type_sampler)
		return rule->has_sampler;
	if (field->type == &type_ports)
		return rule->port.count;
	if (field->list)
		return rule->routes.count;
	return *(char *const *)at;
}

void services_free(struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t f = 0; f < service_field_count; f++)
			field_clear(&service_fields[f],
				    (char *)&config->services[i] + service_fields[f].at);
	free(config->services);
}

static void rule_print(const struct service_rule *rule, FILE *to)
{
	const char *mark = "  - ";

	for (size_t f = 0; f < service_field_count; f++) {
		const struct option *field = &service_fields[f];

		if (!service_has(rule, field))
			continue;
		fprintf(to, "%s%s: ", mark, field->key);
		field_print(field, (const char *)rule + field->at, to);
		fputc('\n', to);
		mark = "    ";
	}
}

void services_print(const struct config *config, const char *where, FILE *to)
{
	if (config->service_count)
		fprintf(to, "services:  # from %s\n", where);
	for (size_t i = 0; i < config->service_count; i++)
		rule_print(&config->services[i], to);
}

json_t *services_schema(void)
{
	json_t *fields = json_object();

	for (size_t f = 0; f < service_field_count; f++)
		json_object_set_new(fields, service_fields[f].key,
				    schema_of_option(&service_fields[f]));
	return json_pack("{s:[s,s],s:s,s:i,s:{s:s,s:b,s:i,s:o}}", "type", "array", "null",
			 "description", "The first rule that matches a process names it.",
			 "maxItems", LIMIT_SERVICES, "items", "type", "object",
			 "additionalProperties", 0, "minProperties", 1, "properties", fields);
}
