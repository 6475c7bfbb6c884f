/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option.h - what an option is, and what a type of value is.
 *
 * The table in options.c is all there is to say about an option. A type reads
 * one value from text, prints it as YAML and describes it; whether an option
 * takes one value or a list of them is the option's matter (field.c), so each
 * type works for both.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "user/config/config.h"

struct option;

struct type {
	const char *name; /* stands for a value in --help: --web.max-requests=NUMBER */
	const char *what; /* "a glob": completes "is not ..."; NULL where expect() says it */
	size_t size;	  /* of the field, or of one item of the list */
	bool secret;	  /* never repeated in an error */
	bool mapping;	  /* "name=value": a YAML mapping may say it */

	/* `text` is valid UTF-8 without control characters. 0 or -EINVAL, and `field` untouched. */
	int (*parse)(const struct option *option, struct str text, void *field);
	bool (*check)(struct str text); /* of types whose field is a text; may be NULL */
	/* The same where there is more to say: NULL, or what is wrong with the text; may be NULL. */
	const char *(*wrong)(struct str text);
	void (*expect)(const struct option *option, FILE *to);
	/* As YAML, secrets masked; the result of print reads back to the same value. */
	void (*print)(const struct option *option, const void *field, FILE *to);
	void (*clear)(void *field); /* NULL: nothing is owned */
	/* JSON schema of one value; NULL: a string. */
	json_t *(*schema)(const struct option *option);
};

struct option {
	const char *key;
	enum taken taken;
	const struct type *type;
	bool list;
	size_t at;		  /* in struct settings, or in struct service_rule */
	uint64_t min, max;	  /* of numbers; of durations in milliseconds */
	const char *const *words; /* of type_word: by enum value, ended by NULL */
	const char *value;	  /* default, as text; NULL: none */
	const char *otel;	  /* OpenTelemetry's variable that means the same, or NULL */
	const char *help;
};

extern const struct option options[];
extern const size_t option_count;
/* The fields of one entry of `services`. */
extern const struct option service_fields[];
extern const size_t service_field_count;

/* NULL when there is none. */
const struct option *option_find(struct str key);

/* Scalars: types.c. */
extern const struct type type_bool, type_number, type_ratio, type_duration, type_seconds, type_word;
/* Texts: texts.c. Fields are NULL when empty. */
extern const struct type type_text, type_path, type_glob, type_route, type_web_path, type_header,
	type_method, type_baggage, type_user, type_address, type_base_url, type_url;
/* Made of parts: parts.c. */
extern const struct type type_ports, type_pair, type_ignore, type_sampler;

/* OTEL_TRACES_SAMPLER's names, by enum sampler_kind. */
extern const char *const sampler_words[];
/* Find `text` among words, whatever its case. -EINVAL when it is none. */
int word_find(const char *const *words, struct str text, int *ret);
/* Digits alone. -EINVAL when it is no number from `min` to `max`. */
int number_parse(struct str text, uint64_t min, uint64_t max, uint64_t *ret);
/* "0.25": from 0 to 1. */
int ratio_parse(struct str text, double *ret);
void ratio_print(double ratio, FILE *to);
/* Is it an HTTP token (RFC 9110, 5.6.2): a method or a header's name? */
bool is_token(struct str text);
/* As a double-quoted YAML scalar. */
void text_print(struct str text, FILE *to);
/* For an error: at most 60 characters of `text`, none that moves a terminal; the caller frees. */
char *text_shown(struct str text);
