/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_services.c - services: [{exe: "/usr/bin/node", name: shop}, ...] */
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/config/services.h"
#include "user/config/suggest.h"
#include "user/config/yaml_value.h"

/* The field of a rule of services that is called so, or NULL. */
static const struct option *service_field(struct str key)
{
	for (size_t i = 0; i < service_field_count; i++)
		if (str_eq(key, str_of(service_fields[i].key)))
			return &service_fields[i];
	return NULL;
}

static int unknown_field(const struct reader *reader)
{
	struct suggestion near = { .given = reader_scalar(reader) };
	_cleanup_(freep) char *shown = text_shown(near.given);

	for (size_t i = 0; i < service_field_count; i++)
		suggest(&near, service_fields[i].key);
	if (!near.best)
		return reader_fail(reader, reader->event.start_mark, "unknown key %s of a service",
				   shown);
	return reader_fail(reader, reader->event.start_mark,
			   "unknown key %s of a service; did you mean %s?", shown, near.best);
}

/* One rule; the start of its mapping is at hand. */
static int read_rule(struct reader *reader)
{
	yaml_mark_t start = reader->event.start_mark;
	struct service_rule *rule = services_add(&reader->settings->config);
	uint32_t seen = 0; /* a bit for each field */

	if (!rule)
		return reader_fail(reader, start, "more than %d services", LIMIT_SERVICES);
	for (;;) {
		const struct option *field;
		int r = reader_next(reader);

		if (r)
			return r;
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			return seen ? 0 : reader_fail(reader, start, "a service needs a key");
		if (reader->event.type != YAML_SCALAR_EVENT)
			return reader_fail(reader, reader->event.start_mark, "not a key");
		field = service_field(reader_scalar(reader));
		if (!field)
			return unknown_field(reader);
		if (seen & UINT32_C(1) << (field - service_fields))
			return reader_fail(reader, reader->event.start_mark, "%s is set twice",
					   field->key);
		seen |= UINT32_C(1) << (field - service_fields);
		r = reader_next(reader);
		if (!r)
			r = yaml_value_read(reader, field, rule, start.line + 1);
		if (r)
			return r;
	}
}

int yaml_services_read(struct reader *reader)
{
	yaml_mark_t start = reader->event.start_mark;

	if (reader_is_null(reader))
		return 0;
	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return reader_fail(reader, start, "services takes a list");
	free(reader->settings->services_where);
	reader->settings->services_where = xasprintf("%s:%zu", reader->name, start.line + 1);
	for (;;) {
		int r = reader_next(reader);

		if (r || reader->event.type == YAML_SEQUENCE_END_EVENT)
			return r;
		if (reader->event.type != YAML_MAPPING_START_EVENT)
			return reader_fail(
				reader, reader->event.start_mark,
				"each service is a mapping like {exe: \"*/node\", name: shop}");
		r = read_rule(reader);
		if (r)
			return r;
	}
}
