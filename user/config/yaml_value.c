/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_value.c - a scalar, a sequence or a mapping becomes the value of an option. */
#include "user/config/yaml_value.h"

#include <errno.h>
#include <string.h>

#include "user/base/mem.h"
#include "user/config/field.h"

/* Set the option, or the field of a rule of services. */
static int put(struct reader *reader, const struct option *option, struct service_rule *rule,
	       size_t line, struct str text)
{
	yaml_mark_t mark = reader->event.start_mark;
	_cleanup_(freep) char *where = xasprintf("%s:%zu", reader->name, line);
	_cleanup_(freep) char *who =
		xasprintf("%s:%zu:%zu: %s%s", reader->name, mark.line + 1, mark.column + 1,
			  rule ? "services." : "", option->key);
	struct source source = { PLACE_FILE, where, who };
	struct str bad;
	int r;

	if (!rule)
		return settings_set(reader->settings, option, text, &source, reader->error);
	r = field_add(option, (char *)rule + option->at, text, &bad);
	if (r) {
		field_error(option, who, bad, r, reader->error);
		return -EINVAL;
	}
	if (option->type == &type_sampler)
		rule->has_sampler = true;
	return 0;
}

static int read_sequence(struct reader *reader, const struct option *option,
			 struct service_rule *rule, size_t line)
{
	int r;

	if (!option->list)
		return reader_fail(reader, reader->event.start_mark, "%s takes one value",
				   option->key);
	/* Nothing, said so: an empty list is not an absent one. */
	r = put(reader, option, rule, line, STR(""));
	while (!r) {
		r = reader_next(reader);
		if (r || reader->event.type == YAML_SEQUENCE_END_EVENT)
			return r;
		if (reader->event.type != YAML_SCALAR_EVENT || reader_is_null(reader))
			return reader_fail(reader, reader->event.start_mark,
					   "%s: each entry is a value", option->key);
		r = put(reader, option, rule, line, reader_scalar(reader));
	}
	return r;
}

/* "name=value", with what would end or change the value as %2C. */
static char *pair_text(struct str key, struct str value)
{
	char *text = xcalloc(key.len + 1 + 3 * value.len + 1, 1), *to = text;

	memcpy(to, key.at, key.len);
	to += key.len;
	*to++ = '=';
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] <= ' ' || value.at[i] == '%' || value.at[i] == ',' ||
		    value.at[i] == 0x7f) {
			snprintf(to, 4, "%%%02x", (unsigned char)value.at[i]);
			to += 3;
		} else {
			*to++ = value.at[i];
		}
	return text;
}

/* One name and value of a mapping; at its end nothing, and `ret_end` is true. */
static int read_pair(struct reader *reader, const struct option *option, size_t line,
		     struct text_list *names, bool *ret_end)
{
	_cleanup_(freep) char *name = NULL, *text = NULL;
	int r = reader_next(reader);

	*ret_end = reader->event.type == YAML_MAPPING_END_EVENT;
	if (r || *ret_end)
		return r;
	if (reader->event.type == YAML_SCALAR_EVENT)
		name = xstrndup(reader_scalar(reader).at, reader_scalar(reader).len);
	if (!name || strpbrk(name, ",=:"))
		return reader_fail(reader, reader->event.start_mark, "%s: not a name", option->key);
	if (key_add(names, name))
		return reader_fail(reader, reader->event.start_mark, "%s: %s is set twice",
				   option->key, name);
	r = reader_next_scalar(reader, "not a value");
	if (r)
		return r;
	text = pair_text(str_of(name), reader_scalar(reader));
	return put(reader, option, NULL, line, str_of(text));
}

/* {name: value, ...} of an option that is a list of such. */
static int read_pairs(struct reader *reader, const struct option *option, size_t line)
{
	_cleanup_(keys_free) struct text_list names = {};
	bool end = false;
	int r;

	if (!option->type->mapping)
		return reader_fail(reader, reader->event.start_mark, "%s takes %s, not a mapping",
				   option->key, option->list ? "values" : "one value");
	r = put(reader, option, NULL, line, STR(""));
	while (!r && !end)
		r = read_pair(reader, option, line, &names, &end);
	return r;
}

int yaml_value_read(struct reader *reader, const struct option *option, struct service_rule *rule,
		    size_t line)
{
	switch (reader->event.type) {
	case YAML_SCALAR_EVENT:
		return reader_is_null(reader)
			       ? 0
			       : put(reader, option, rule, line, reader_scalar(reader));
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(reader, option, rule, line);
	default:
		return read_pairs(reader, option, line);
	}
}
