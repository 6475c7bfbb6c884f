/* SPDX-License-Identifier: Apache-2.0 */
#include "user/config/field.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/mem.h"
#include "user/base/utf8.h"
#include "user/config/settings.h"

/* What each list is; its pointer has a type of its own, so it is moved with memcpy. */
struct list {
	char *at;
	size_t count;
};

static_assert(offsetof(struct text_list, count) == offsetof(struct list, count),
	      "every list is {pointer, count}");
static_assert(offsetof(struct word_list, count) == offsetof(struct list, count),
	      "every list is {pointer, count}");
static_assert(offsetof(struct number_list, count) == offsetof(struct list, count),
	      "every list is {pointer, count}");
static_assert(offsetof(struct port_list, count) == offsetof(struct list, count),
	      "every list is {pointer, count}");
static_assert(offsetof(struct pair_list, count) == offsetof(struct list, count),
	      "every list is {pointer, count}");
static_assert(offsetof(struct config, http.ignore_count) - offsetof(struct config, http.ignore) ==
		      offsetof(struct list, count),
	      "every list is {pointer, count}");

/* One value of any type. */
union value {
	bool on;
	int word;
	uint32_t number;
	uint64_t duration;
	double ratio;
	char *text;
	struct port_range ports;
	struct pair pair;
	struct ignore_rule ignore;
	struct sampler sampler;
};

static struct list list_get(const void *field)
{
	struct list list;

	memcpy(&list, field, sizeof(list));
	return list;
}

static void list_clear(const struct type *type, struct list *list)
{
	for (size_t i = 0; type->clear && i < list->count; i++)
		type->clear(list->at + i * type->size);
	free(list->at);
	*list = (struct list){};
}

static int list_add_item(const struct option *option, struct list *list, struct str text)
{
	union value value;
	int r = option->type->parse(option, text, &value);

	if (r)
		return r;
	list->at = xrealloc(list->at, (list->count + 1) * option->type->size);
	memcpy(list->at + list->count++ * option->type->size, &value, option->type->size);
	return 0;
}

/* All of `text` or nothing of it. */
static int list_add(const struct option *option, void *field, struct str text, struct str *bad)
{
	struct list have = list_get(field), more = {};
	size_t size = option->type->size;
	int r = 0;

	while (!r && take_part(&text, ',', bad)) {
		*bad = str_trim(*bad);
		r = have.count + more.count == LIMIT_LIST_ITEMS
			    ? -E2BIG
			    : list_add_item(option, &more, *bad);
	}
	if (!r && more.count) {
		have.at = xrealloc(have.at, (have.count + more.count) * size);
		memcpy(have.at + have.count * size, more.at, more.count * size);
		have.count += more.count;
		memcpy(field, &have, sizeof(have));
		free(more.at);
		return 0;
	}
	list_clear(option->type, &more);
	return r;
}

int field_add(const struct option *option, void *field, struct str text, struct str *bad)
{
	union value value;
	int r;

	*bad = text = str_trim(text);
	if (!utf8_is_plain(text))
		return -EILSEQ;
	if (option->list)
		return list_add(option, field, text, bad);
	r = option->type->parse(option, text, &value);
	if (r)
		return r;
	field_clear(option, field);
	memcpy(field, &value, option->type->size);
	return 0;
}

void field_clear(const struct option *option, void *field)
{
	struct list list;

	if (option->list) {
		list = list_get(field);
		list_clear(option->type, &list);
		memcpy(field, &list, sizeof(list));
		return;
	}
	if (option->type->clear)
		option->type->clear(field);
	memset(field, 0, option->type->size);
}

void field_print(const struct option *option, const void *field, FILE *to)
{
	struct list list;

	if (!option->list) {
		option->type->print(option, field, to);
		return;
	}
	list = list_get(field);
	fputc('[', to);
	for (size_t i = 0; i < list.count; i++) {
		if (i)
			fputs(", ", to);
		option->type->print(option, list.at + i * option->type->size, to);
	}
	fputc(']', to);
}

char *field_expected(const struct option *option)
{
	char *text = NULL;
	size_t len;
	FILE *to;

	if (!option->type->expect)
		return xstrdup(option->type->what);
	to = open_memstream(&text, &len);
	if (!to)
		abort();
	option->type->expect(option, to);
	fclose(to);
	return text;
}

void field_error(const struct option *option, const char *who, struct str bad, int r,
		 struct config_error *error)
{
	_cleanup_(freep) char *shown = text_shown(bad), *expected = field_expected(option);
	const char *wrong =
		r == -EINVAL && bad.len && option->type->wrong ? option->type->wrong(bad) : NULL;

	if (r == -EILSEQ)
		config_fail(error, "%s: has control characters or is not UTF-8", who);
	else if (r == -E2BIG)
		config_fail(error, "%s: has more than %d entries", who, LIMIT_LIST_ITEMS);
	else if (option->type->secret)
		config_fail(error, "%s: must be %s", who, expected);
	else if (wrong)
		config_fail(error, "%s: \"%s\" is not %s: %s", who, shown, expected, wrong);
	else
		config_fail(error, "%s: \"%s\" is not %s", who, shown, expected);
}
