/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.c - a name is taken apart into words, and put together again with "_".
 *
 * In:  "http.server.request.duration", "s", a histogram
 * Out: "http_server_request_duration_seconds", unit "seconds"
 */
#include "user/export/prometheus/name.h"

#include <errno.h>

#include "user/base/mem.h"

enum { WORDS = 32 };

struct words {
	struct str at[WORDS];
	size_t count;
};

struct word_of_unit {
	const char *unit, *word;
};

static const struct word_of_unit units[] = {
	{ "d", "days" },	 { "h", "hours" },	   { "min", "minutes" },
	{ "s", "seconds" },	 { "ms", "milliseconds" }, { "us", "microseconds" },
	{ "ns", "nanoseconds" }, { "By", "bytes" },	   { "KiBy", "kibibytes" },
	{ "MiBy", "mebibytes" }, { "GiBy", "gibibytes" },  { "TiBy", "tibibytes" },
	{ "KBy", "kilobytes" },	 { "kBy", "kilobytes" },   { "MBy", "megabytes" },
	{ "GBy", "gigabytes" },	 { "TBy", "terabytes" },   { "m", "meters" },
	{ "V", "volts" },	 { "A", "amperes" },	   { "J", "joules" },
	{ "W", "watts" },	 { "g", "grams" },	   { "Cel", "celsius" },
	{ "Hz", "hertz" },	 { "%", "percent" },	   { "1", "" },
};

static const struct word_of_unit per_units[] = {
	{ "s", "second" }, { "m", "minute" }, { "min", "minute" }, { "h", "hour" },
	{ "d", "day" },	   { "w", "week" },   { "mo", "month" },   { "y", "year" },
};

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void words_add(struct words *w, struct str word)
{
	if (word.len && w->count < WORDS)
		w->at[w->count++] = word;
}

static bool words_have(const struct words *w, struct str word)
{
	for (size_t i = 0; i < w->count; i++)
		if (str_eq(w->at[i], word))
			return true;
	return false;
}

static void words_remove(struct words *w, struct str word)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++)
		if (!str_eq(w->at[i], word))
			w->at[kept++] = w->at[i];
	w->count = kept;
}

static void words_split(struct words *w, struct str text)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && (is_alphanumeric(text.at[i]) || text.at[i] == ':'))
			continue;
		words_add(w, (struct str){ text.at + start, i - start });
		start = i + 1;
	}
}

static void words_join(const struct words *w, size_t size, char *ret)
{
	struct buf b = buf_new(size - 1);

	if (w->count && w->at[0].at[0] >= '0' && w->at[0].at[0] <= '9')
		buf_add_byte(&b, '_');
	for (size_t i = 0; i < w->count; i++) {
		if (i)
			buf_add_byte(&b, '_');
		buf_add(&b, w->at[i]);
	}
	if (b.len)
		memcpy(ret, b.at, b.len);
	ret[b.len] = '\0';
	buf_free(&b);
}

static struct str unit_word(const struct word_of_unit *table, size_t count, struct str unit)
{
	if (memchr(unit.at, '{', unit.len) || memchr(unit.at, '}', unit.len))
		return (struct str){};
	for (size_t i = 0; i < count; i++)
		if (str_eq(unit, str_of(table[i].unit)))
			return str_of(table[i].word);
	return unit;
}

/* "By/s" is "bytes", "per", "second"; "{request}" is nothing. */
static void unit_words(struct str unit, struct words *ret)
{
	struct str main_unit, word;

	if (!take_until(&unit, '/', &main_unit)) {
		if (unit.len)
			words_split(ret, unit_word(units, ARRAY_SIZE(units), str_trim(unit)));
		return;
	}
	if (main_unit.len)
		words_split(ret, unit_word(units, ARRAY_SIZE(units), str_trim(main_unit)));
	if (!unit.len)
		return;
	word = unit_word(per_units, ARRAY_SIZE(per_units), str_trim(unit));
	if (word.len) {
		words_add(ret, STR("per"));
		words_split(ret, word);
	}
}

void metric_name_of(const struct metric *metric, struct metric_name *ret)
{
	struct str unit = str_of(metric->unit);
	struct words name = {}, of_unit = {};

	words_split(&name, str_of(metric->name));
	unit_words(unit, &of_unit);
	for (size_t i = 0; i < of_unit.count; i++)
		if (str_eq(of_unit.at[i], STR("per")) || !words_have(&name, of_unit.at[i]))
			words_add(&name, of_unit.at[i]);
	if (metric->kind == METRIC_GAUGE && str_eq(unit, STR("1"))) {
		words_remove(&name, STR("ratio"));
		words_add(&name, STR("ratio"));
		words_add(&of_unit, STR("ratio"));
	}
	if (metric->kind == METRIC_COUNTER) {
		words_remove(&name, STR("total"));
		words_add(&name, STR("total"));
	}
	words_join(&name, sizeof(ret->name), ret->name);
	words_join(&of_unit, sizeof(ret->unit), ret->unit);
}

int label_name_add(struct buf *to, struct str key)
{
	char *at = buf_reserve(to, key.len + 4);
	size_t len = 0;

	if (!at)
		return -ENOSPC;
	if (key.len && key.at[0] >= '0' && key.at[0] <= '9') {
		memcpy(at, "key_", 4);
		len = 4;
	}
	for (size_t i = 0; i < key.len; i++) {
		bool legal = is_alphanumeric(key.at[i]);

		if (legal || !len || at[len - 1] != '_')
			at[len++] = legal ? key.at[i] : '_';
	}
	to->len += len;
	return 0;
}
