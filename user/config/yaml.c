/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.c - the configuration file.
 *
 *	web:
 *	  listen-address: ":9464"     the same as  web.listen-address: ":9464"
 *	services:
 *	  - {exe: "/usr/bin/node", name: shop}
 *
 * `key:` with nothing after it, or null, is as if it were not there. A key that
 * stands twice is an error, in whichever way it is written.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/mem.h"
#include "user/config/suggest.h"
#include "user/config/yaml_value.h"

/* No name has more parts than this; more depth is a mistake. */
enum { LIMIT_DEPTH = 8 };

static int unknown(const struct reader *reader, yaml_mark_t mark, const char *key)
{
	struct suggestion near = { .given = str_of(key) };
	_cleanup_(freep) char *shown = text_shown(str_of(key));

	suggest(&near, "services");
	for (size_t i = 0; i < option_count; i++)
		suggest(&near, options[i].key);
	if (!near.best)
		return reader_fail(reader, mark, "unknown option %s", shown);
	return reader_fail(reader, mark, "unknown option %s; did you mean %s?", shown, near.best);
}

/* Is `key` what some options' names begin with, as "web" is? */
static bool is_group(const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < option_count; i++)
		if (!strncmp(options[i].key, key, len) && options[i].key[len] == '.')
			return true;
	return false;
}

static int read_mapping(struct reader *reader, const char *prefix, int depth);

static int read_group(struct reader *reader, const char *key, yaml_mark_t mark, int depth)
{
	bool known = is_group(key);
	int r;

	if (known && reader_is_null(reader))
		return 0;
	/* `service: [...]`: the only list of mappings there is was meant. */
	if (!strcmp(key, "service") && reader->event.type == YAML_SEQUENCE_START_EVENT)
		return unknown(reader, mark, key);
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return known ? reader_fail(reader, mark, "%s holds options, not a value", key)
			     : unknown(reader, mark, key);
	if (depth == LIMIT_DEPTH)
		return reader_fail(reader, mark, "nested too deeply");
	/* What is under an unknown name is unknown too, and says more about what was meant. */
	r = read_mapping(reader, key, depth + 1);
	return r || known ? r : unknown(reader, mark, key);
}

/* `key` is whole; its value is at hand. */
static int read_value(struct reader *reader, const char *key, yaml_mark_t mark, int depth)
{
	const struct option *option = option_find(str_of(key));
	size_t *line;

	if (!strcmp(key, "services"))
		return yaml_services_read(reader);
	if (!option)
		return read_group(reader, key, mark, depth);
	if (!strcmp(key, "config.file"))
		return reader_fail(reader, mark, "config.file cannot be set in a file");
	line = &reader->lines[option - options];
	if (*line)
		return reader_fail(reader, mark, "%s is set twice, first on line %zu", key, *line);
	*line = mark.line + 1;
	return yaml_value_read(reader, option, NULL, *line);
}

/* The start of a mapping is behind; take it to its end. */
static int read_mapping(struct reader *reader, const char *prefix, int depth)
{
	_cleanup_(keys_free) struct text_list keys = {};

	for (;;) {
		_cleanup_(freep) char *key = NULL;
		int r = reader_next(reader);
		yaml_mark_t mark = reader->event.start_mark;

		if (r || reader->event.type == YAML_MAPPING_END_EVENT)
			return r;
		if (reader->event.type != YAML_SCALAR_EVENT)
			return reader_fail(reader, mark, "a key is the name of an option");
		key = xasprintf("%s%s%.*s", prefix, *prefix ? "." : "",
				STR_ARGS(reader_scalar(reader)));
		if (key_add(&keys, key))
			return reader_fail(reader, mark, "%s is set twice", key);
		r = reader_next(reader);
		if (!r)
			r = read_value(reader, key, mark, depth);
		if (r)
			return r;
	}
}

/* A file holds one mapping, or nothing. */
static int read_document(struct reader *reader)
{
	int r = reader_next(reader);

	if (r || reader->event.type == YAML_STREAM_END_EVENT)
		return r;
	r = reader_next(reader);
	if (r)
		return r;
	if (reader->event.type == YAML_MAPPING_START_EVENT)
		r = read_mapping(reader, "", 0);
	else if (!reader_is_null(reader))
		r = reader_fail(reader, reader->event.start_mark,
				"not a mapping like \"watch.port: 8080\"");
	if (!r)
		r = reader_next(reader); /* the document's end */
	if (!r)
		r = reader_next(reader);
	if (!r && reader->event.type != YAML_STREAM_END_EVENT)
		r = reader_fail(reader, reader->event.start_mark, "a second document");
	return r;
}

/* Told before what a broken text seems to say: "watch: [" is no wrong value of watch. */
static int check_syntax(struct settings *settings, struct str text, const char *name,
			struct config_error *error)
{
	struct reader reader;
	int r;

	reader_init(&reader, text, name, settings, error);
	r = reader_check_syntax(&reader);
	reader_free(&reader);
	return r;
}

int yaml_read(struct settings *settings, struct str text, const char *name,
	      struct config_error *error)
{
	struct reader reader;
	int r = check_syntax(settings, text, name, error);

	if (r)
		return r;
	reader_init(&reader, text, name, settings, error);
	r = reader_next(&reader); /* the stream's start */
	if (!r)
		r = read_document(&reader);
	reader_free(&reader);
	return r;
}
