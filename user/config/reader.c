/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "user/base/mem.h"

void reader_init(struct reader *reader, struct str text, const char *name,
		 struct settings *settings, struct config_error *error)
{
	*reader = (struct reader){
		.settings = settings,
		.text = text,
		.name = name,
		.error = error,
		.lines = xcalloc(option_count, sizeof(*reader->lines)),
	};
	if (!yaml_parser_initialize(&reader->parser))
		abort();
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const yaml_char_t *)text.at, text.len);
}

void reader_free(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
	free(reader->lines);
}

int reader_fail(const struct reader *reader, yaml_mark_t mark, const char *format, ...)
{
	_cleanup_(freep) char *what = NULL;
	va_list args;
	int r;

	va_start(args, format);
	r = vasprintf(&what, format, args);
	va_end(args);
	if (r < 0)
		abort();
	return config_fail(reader->error, "%s:%zu:%zu: %s", reader->name, mark.line + 1,
			   mark.column + 1, what);
}

/* Bytes that are no text are reported by their offset only. */
static yaml_mark_t mark_of_offset(struct str text, size_t offset)
{
	yaml_mark_t mark = {};

	for (size_t i = 0; i < offset && i < text.len; i++) {
		mark.column++;
		if (text.at[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static int fail_of_parser(const struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_READER_ERROR)
		mark = mark_of_offset(reader->text, parser->problem_offset);
	return reader_fail(reader, mark, "%s", parser->problem ? parser->problem : "not YAML");
}

int reader_check_syntax(struct reader *reader)
{
	yaml_event_type_t type = YAML_NO_EVENT;

	while (type != YAML_STREAM_END_EVENT) {
		yaml_event_delete(&reader->event);
		if (!yaml_parser_parse(&reader->parser, &reader->event))
			return fail_of_parser(reader);
		type = reader->event.type;
	}
	return 0;
}

static bool is_foreign_tag(const yaml_char_t *tag)
{
	return tag && !str_starts(str_of((const char *)tag), STR("tag:yaml.org,2002:"));
}

int reader_next(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return fail_of_parser(reader);
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		if (memchr(event->data.scalar.value, '\0', event->data.scalar.length))
			return reader_fail(reader, event->start_mark, "a text has a zero byte");
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor || event->type == YAML_ALIAS_EVENT)
		return reader_fail(reader, event->start_mark,
				   "anchors and aliases are not supported");
	if (is_foreign_tag(tag))
		return reader_fail(reader, event->start_mark, "tags are not supported");
	return 0;
}

int reader_next_scalar(struct reader *reader, const char *what)
{
	int r = reader_next(reader);

	if (!r && reader->event.type != YAML_SCALAR_EVENT)
		r = reader_fail(reader, reader->event.start_mark, "%s", what);
	return r;
}

struct str reader_scalar(const struct reader *reader)
{
	return (struct str){ (const char *)reader->event.data.scalar.value,
			     reader->event.data.scalar.length };
}

bool reader_is_null(const struct reader *reader)
{
	struct str text = reader_scalar(reader);

	return reader->event.type == YAML_SCALAR_EVENT &&
	       reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!text.len || str_eq(text, STR("~")) || str_eq_nocase(text, STR("null")));
}

int key_add(struct text_list *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (!strcmp(keys->at[i], key))
			return -EINVAL;
	keys->at = xrealloc(keys->at, (keys->count + 1) * sizeof(*keys->at));
	keys->at[keys->count++] = xstrdup(key);
	return 0;
}

void keys_free(struct text_list *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->at[i]);
	free(keys->at);
}
