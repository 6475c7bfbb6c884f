/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.h - attributes as OpenTelemetry knows them: a key and a typed value.
 *
 * Keys that sonde sets itself are borrowed string literals; one attribute never
 * owns anything. A set of them is an array; no key stands in it twice.
 */
#pragma once

#include "user/base/str.h"

enum attribute_type {
	ATTRIBUTE_TEXT,
	ATTRIBUTE_INT,
	ATTRIBUTE_BOOL,
	ATTRIBUTE_DOUBLE,
	ATTRIBUTE_TEXTS /* a string array of one element: captured headers */
};

struct attribute {
	struct str key;
	enum attribute_type type;
	union {
		struct str text;
		int64_t number;
		double real;
	};
};

static inline struct attribute attribute_text(struct str key, struct str text)
{
	return (struct attribute){ .key = key, .type = ATTRIBUTE_TEXT, .text = text };
}

static inline struct attribute attribute_int(struct str key, int64_t number)
{
	return (struct attribute){ .key = key, .type = ATTRIBUTE_INT, .number = number };
}

static inline bool attribute_is_text(const struct attribute *a)
{
	return a->type == ATTRIBUTE_TEXT || a->type == ATTRIBUTE_TEXTS;
}

/* At most `limit` bytes of `text`, cut between characters of UTF-8. */
struct str attribute_cut(struct str text, size_t limit);

/* The one with this key, or NULL. */
const struct attribute *attribute_find(const struct attribute *set, size_t count, struct str key);
