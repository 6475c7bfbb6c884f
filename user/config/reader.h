/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - YAML event by event, with a place for each error.
 *
 * Anchors, aliases and tags of other makers are refused: no configuration
 * needs them, and without them a file is never larger than it looks.
 */
#pragma once

#include <yaml.h>

#include "user/config/settings.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand */
	struct settings *settings;
	struct str text;
	const char *name; /* of the file, for errors */
	struct config_error *error;
	size_t *lines; /* where each option was seen, by position in options[]; 0: not yet */
};

/* `text` is borrowed until reader_free(). */
void reader_init(struct reader *reader, struct str text, const char *name,
		 struct settings *settings, struct config_error *error);
void reader_free(struct reader *reader);

/* Go to the end, whatever it means: -EINVAL with the error filled in where it is no YAML. */
int reader_check_syntax(struct reader *reader);
/* Go to the next event. -EINVAL with the error filled in. */
int reader_next(struct reader *reader);
/* The same, and it must be a scalar; `what` says so if not. */
int reader_next_scalar(struct reader *reader, const char *what);
/* The text of the scalar at hand, until the next event. */
struct str reader_scalar(const struct reader *reader);
/* Is it `key:` with nothing after it, null or ~? What is quoted is text. */
bool reader_is_null(const struct reader *reader);

/* "name:line:column: ..."; always -EINVAL. */
int reader_fail(const struct reader *reader, yaml_mark_t mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The keys of one mapping, so that none stands twice: -EINVAL when it is among them. */
int key_add(struct text_list *keys, const char *key);
void keys_free(struct text_list *keys);
