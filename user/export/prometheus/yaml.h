/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - a document of libyaml read by a table of keys, with the place of what is wrong.
 *
 * Each reader returns 0, or -EINVAL with yaml->error filled ("file:line:column: what").
 * Scalars that YAML calls null leave their place as it is.
 */
#pragma once

#include <yaml.h>

#include "user/base/buf.h"
#include "user/config/config.h"

struct yaml {
	const char *file;
	yaml_document_t document;
	struct config_error *error;
};

struct yaml_key {
	const char *name;
	/* Read the key's value into `ret`, which is `offset` bytes into the section's struct. */
	int (*read)(struct yaml *y, yaml_node_t *value, const void *detail, void *ret);
	size_t offset;
	const void *detail; /* what read() may need */
};

/* Load the first document. -EINVAL when it is not YAML. Unload what was loaded. */
int yaml_load(struct yaml *y, struct str text);
void yaml_unload(struct yaml *y);

/* Fill the error with the node's place. Always -EINVAL. */
int yaml_fail(struct yaml *y, const yaml_node_t *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool yaml_is_null(const yaml_node_t *node);

/* A mapping by its keys (ended by a NULL name); unknown keys and keys twice are refused. */
int yaml_section(struct yaml *y, yaml_node_t *node, const void *keys, void *ret);

/* Called with an entry of a mapping, or of a sequence, where `key` is NULL. */
typedef int yaml_entry(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *context);

/* Call `entry` with each of at most `most` entries until one says it is wrong. */
int yaml_each(struct yaml *y, yaml_node_t *node, yaml_node_type_t type, size_t most,
	      yaml_entry *entry, void *context);

/* The text of a scalar without NULs; borrowed from the document. */
int yaml_scalar(struct yaml *y, const yaml_node_t *node, const char **ret);

/* Readers for tables: into char *, bool, and an int by a NULL-terminated list of words. */
int yaml_text(struct yaml *y, yaml_node_t *value, const void *detail, void *ret);
int yaml_bool(struct yaml *y, yaml_node_t *value, const void *detail, void *ret);
int yaml_word(struct yaml *y, yaml_node_t *value, const void *words, void *ret);
