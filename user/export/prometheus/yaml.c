/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/yaml.h"

#include <errno.h>
#include <stdarg.h>

#include "user/base/mem.h"

static int fail_at(struct yaml *y, yaml_mark_t mark, const char *format, va_list args)
{
	char what[400];

	vsnprintf(what, sizeof(what), format, args);
	snprintf(y->error->text, sizeof(y->error->text), "%s:%zu:%zu: %s", y->file, mark.line + 1,
		 mark.column + 1, what);
	return -EINVAL;
}

int yaml_fail(struct yaml *y, const yaml_node_t *at, const char *format, ...)
{
	va_list args;
	int error;

	va_start(args, format);
	error = fail_at(y, at->start_mark, format, args);
	va_end(args);
	return error;
}

static int fail_mark(struct yaml *y, yaml_mark_t mark, const char *format, ...)
{
	va_list args;
	int error;

	va_start(args, format);
	error = fail_at(y, mark, format, args);
	va_end(args);
	return error;
}

int yaml_load(struct yaml *y, struct str text)
{
	yaml_parser_t parser;
	int error = 0;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
	if (!yaml_parser_load(&parser, &y->document))
		error = fail_mark(y, parser.problem_mark, "%s",
				  parser.problem ? parser.problem : "not YAML");
	yaml_parser_delete(&parser);
	return error;
}

void yaml_unload(struct yaml *y)
{
	yaml_document_delete(&y->document);
}

bool yaml_is_null(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = (const char *)node->data.scalar.value;
	return !*text || !strcmp(text, "~") || !strcmp(text, "null");
}

int yaml_scalar(struct yaml *y, const yaml_node_t *node, const char **ret)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		yaml_fail(y, node, "a single value belongs here");
		return -EINVAL;
	}
	text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		yaml_fail(y, node, "a NUL character is not allowed");
		return -EINVAL;
	}
	*ret = text;
	return 0;
}

static int each_pair(struct yaml *y, yaml_node_t *node, yaml_entry *entry, void *context)
{
	int error = 0;

	for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top && !error; p++)
		error = entry(y, yaml_document_get_node(&y->document, p->key),
			      yaml_document_get_node(&y->document, p->value), context);
	return error;
}

static int each_item(struct yaml *y, yaml_node_t *node, yaml_entry *entry, void *context)
{
	int error = 0;

	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top && !error; i++)
		error = entry(y, NULL, yaml_document_get_node(&y->document, *i), context);
	return error;
}

int yaml_each(struct yaml *y, yaml_node_t *node, yaml_node_type_t type, size_t most,
	      yaml_entry *entry, void *context)
{
	bool mapping = type == YAML_MAPPING_NODE;
	size_t count;

	if (yaml_is_null(node))
		return 0;
	if (node->type != type)
		return yaml_fail(y, node,
				 mapping ? "keys and values belong here" : "a list belongs here");
	count = mapping ? (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start)
			: (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count > most)
		return yaml_fail(y, node, "%zu entries, more than %zu", count, most);
	return mapping ? each_pair(y, node, entry, context) : each_item(y, node, entry, context);
}

/* A section while it is read. */
struct section {
	const struct yaml_key *keys;
	uint64_t seen; /* a bit a key */
	char *ret;
};

static int unknown_key(struct yaml *y, const yaml_node_t *at, const struct yaml_key *keys,
		       const char *name)
{
	struct buf known = buf_new(300);
	int error;

	for (size_t i = 0; keys[i].name; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", keys[i].name);
	error = yaml_fail(y, at, "unknown key %.60s; there are %.*s", name, STR_ARGS(known));
	buf_free(&known);
	return error;
}

static int take_key(struct yaml *y, yaml_node_t *key, yaml_node_t *value, void *context)
{
	struct section *s = context;
	const char *name;

	if (yaml_scalar(y, key, &name))
		return -EINVAL;
	for (size_t i = 0; s->keys[i].name; i++) {
		if (strcmp(s->keys[i].name, name))
			continue;
		if (s->seen & UINT64_C(1) << i)
			return yaml_fail(y, key, "%s stands here twice", name);
		s->seen |= UINT64_C(1) << i;
		if (yaml_is_null(value))
			return 0;
		return s->keys[i].read(y, value, s->keys[i].detail, s->ret + s->keys[i].offset);
	}
	return unknown_key(y, key, s->keys, name);
}

int yaml_section(struct yaml *y, yaml_node_t *node, const void *keys, void *ret)
{
	struct section s = { .keys = keys, .ret = ret };

	return yaml_each(y, node, YAML_MAPPING_NODE, 1000, take_key, &s);
}

int yaml_text(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	const char *text;
	char **place = ret;

	(void)detail;
	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	free(*place);
	*place = *text ? xstrdup(text) : NULL;
	return 0;
}

int yaml_bool(struct yaml *y, yaml_node_t *value, const void *detail, void *ret)
{
	static const char *const yes[] = { "true", "yes", "on", NULL };
	static const char *const no[] = { "false", "no", "off", NULL };
	const char *text;

	(void)detail;
	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	for (size_t i = 0; yes[i]; i++)
		if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
			*(bool *)ret = !strcasecmp(text, yes[i]);
			return 0;
		}
	return yaml_fail(y, value, "%.60s is neither true nor false", text);
}

int yaml_word(struct yaml *y, yaml_node_t *value, const void *words, void *ret)
{
	const char *const *word = words;
	struct buf known = buf_new(300);
	const char *text;
	int error;

	if (yaml_scalar(y, value, &text))
		return -EINVAL;
	for (int i = 0; word[i]; i++) {
		if (!strcmp(word[i], text)) {
			*(int *)ret = i;
			buf_free(&known);
			return 0;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", word[i]);
	}
	error = yaml_fail(y, value, "%.60s is none of %.*s", text, STR_ARGS(known));
	buf_free(&known);
	return error;
}
