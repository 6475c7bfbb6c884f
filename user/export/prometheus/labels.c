/* SPDX-License-Identifier: Apache-2.0 */
#include "user/export/prometheus/labels.h"

#include <errno.h>
#include <xxhash.h>

#include "user/base/mem.h"
#include "user/export/prometheus/name.h"
#include "user/export/prometheus/number.h"
#include "user/model/redact.h"
#include "user/model/resource.h"

#define SCOPE_NAME	 STR("sonde")
#define SCOPE_VERSION	 STR(SONDE_VERSION)
#define SCOPE_SCHEMA_URL STR("https://opentelemetry.io/schemas/1.44.0")

/* Labels that are ours to set, or Prometheus' own. */
static const struct str reserved[] = {
	STR("job"),
	STR("instance"),
	STR("le"),
	STR("otel_scope_name"),
	STR("otel_scope_version"),
	STR("otel_scope_schema_url"),
};

void labels_init(struct labels *l)
{
	l->count = 0;
	l->text = buf_new(LABELS_BYTES);
}

void labels_free(struct labels *l)
{
	buf_free(&l->text);
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~')
			return false;
	return true;
}

static void add_clean(struct buf *to, struct str text)
{
	if (is_plain(text))
		buf_add(to, text);
	else
		redact_text(text, to);
}

/* An array is written as JSON: ["it"]. */
static void add_texts(struct buf *to, struct str text)
{
	size_t start;

	buf_add(to, STR("[\""));
	for (size_t i = 0; i < text.len; i = start) {
		for (start = i; start < text.len; start++)
			if (text.at[start] == '"' || text.at[start] == '\\')
				break;
		add_clean(to, (struct str){ text.at + i, start - i });
		if (start < text.len) {
			buf_add_byte(to, '\\');
			buf_add_byte(to, text.at[start++]);
		}
	}
	buf_add(to, STR("\"]"));
}

static void add_value(struct buf *to, const struct attribute *a)
{
	switch (a->type) {
	case ATTRIBUTE_TEXT:
		add_clean(to, a->text);
		break;
	case ATTRIBUTE_TEXTS:
		add_texts(to, a->text);
		break;
	case ATTRIBUTE_INT:
		buf_printf(to, "%lld", (long long)a->number);
		break;
	case ATTRIBUTE_BOOL:
		buf_add(to, a->number ? STR("true") : STR("false"));
		break;
	case ATTRIBUTE_DOUBLE:
		number_add(to, a->real);
		break;
	}
}

static struct label *find(struct labels *l, struct str name)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_eq(label_name(l, i), name))
			return &l->at[i];
	return NULL;
}

static bool is_reserved(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (str_eq(name, reserved[i]))
			return true;
	return false;
}

static int add_own(struct labels *l, struct str name, struct str value)
{
	struct label label = { .name = l->text.len, .name_len = name.len };

	if (!value.len)
		return 0;
	if (l->count == LABELS)
		return -ENOSPC;
	buf_add(&l->text, name);
	buf_add_byte(&l->text, '\0');
	label.value = l->text.len;
	add_clean(&l->text, value);
	label.value_len = l->text.len - label.value;
	buf_add_byte(&l->text, '\0');
	l->at[l->count++] = label;
	return l->text.full ? -ENOSPC : 0;
}

/* Write the label's name at the end of the text. */
static struct label add_name(struct labels *l, struct str key)
{
	struct label label = { .name = l->text.len };

	label_name_add(&l->text, key);
	label.name_len = l->text.len - label.name;
	if (is_reserved((struct str){ l->text.at + label.name, label.name_len })) {
		l->text.len = label.name;
		buf_add(&l->text, STR("exported_"));
		label_name_add(&l->text, key);
		label.name_len = l->text.len - label.name;
	}
	buf_add_byte(&l->text, '\0');
	return label;
}

static int add_attribute(struct labels *l, const struct attribute *a)
{
	struct label label, *same;
	size_t start = l->text.len;

	if (!a->key.len)
		return 0;
	label = add_name(l, a->key);
	if (l->text.full)
		return -ENOSPC;
	same = find(l, (struct str){ l->text.at + label.name, label.name_len });
	label.value = l->text.len;
	if (same) {
		if (!buf_reserve(&l->text, same->value_len + 1))
			return -ENOSPC;
		buf_add(&l->text, (struct str){ l->text.at + same->value, same->value_len });
		buf_add_byte(&l->text, ';');
	}
	add_value(&l->text, a);
	label.value_len = l->text.len - label.value;
	buf_add_byte(&l->text, '\0');
	if (l->text.full || (!same && l->count == LABELS))
		return -ENOSPC;
	if (!label.value_len)
		l->text.len = start;
	else
		*(same ? same : &l->at[l->count++]) = label;
	return 0;
}

static bool key_before(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.at, b.at, common) : 0;

	return order ? order < 0 : a.len < b.len;
}

/* In the order of their keys, which is what joining needs; they are few. */
static int add_attributes(struct labels *l, const struct attribute *set, size_t count)
{
	const struct attribute *sorted[LABELS];

	if (count > LABELS)
		return -ENOSPC;
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at && key_before(set[i].key, sorted[at - 1]->key); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &set[i];
	}
	for (size_t i = 0; i < count; i++)
		if (add_attribute(l, sorted[i]))
			return -ENOSPC;
	return 0;
}

/* job is namespace/name, or the name alone. */
static int add_resource(struct labels *l, const struct resource *r)
{
	size_t len = r->service_namespace.len + 1 + r->service_name.len;
	_cleanup_(freep) char *both = NULL;
	struct str job = r->service_name;

	if (r->service_namespace.len) {
		both = xcalloc(1, len);
		memcpy(both, r->service_namespace.at, r->service_namespace.len);
		both[r->service_namespace.len] = '/';
		memcpy(both + r->service_namespace.len + 1, job.at, job.len);
		job = (struct str){ both, len };
	}
	if (add_own(l, STR("job"), job))
		return -ENOSPC;
	return add_own(l, STR("instance"), r->service_instance);
}

static void begin(struct labels *l)
{
	l->count = 0;
	buf_clear(&l->text);
}

int labels_of_sample(struct labels *l, const struct sample *sample)
{
	begin(l);
	if (sample->resource && add_resource(l, sample->resource))
		return -ENOSPC;
	if (add_own(l, STR("otel_scope_name"), SCOPE_NAME) ||
	    add_own(l, STR("otel_scope_version"), SCOPE_VERSION) ||
	    add_own(l, STR("otel_scope_schema_url"), SCOPE_SCHEMA_URL))
		return -ENOSPC;
	return add_attributes(l, sample->attributes, sample->attribute_count);
}

int labels_of_target(struct labels *l, const struct resource *r)
{
	struct attribute others[RESOURCE_ATTRIBUTES];
	size_t count = 0;

	begin(l);
	for (size_t i = 0; i < r->attribute_count && i < RESOURCE_ATTRIBUTES; i++) {
		struct str key = r->attributes[i].key;

		if (!str_eq(key, STR("service.name")) && !str_eq(key, STR("service.namespace")) &&
		    !str_eq(key, STR("service.instance.id")))
			others[count++] = r->attributes[i];
	}
	if (add_resource(l, r))
		return -ENOSPC;
	return add_attributes(l, others, count);
}

uint64_t labels_hash(const struct labels *l, uint64_t seed)
{
	/* No labels differ by the seed as well. */
	uint64_t sum = XXH3_64bits_withSeed("", 0, seed);

	for (size_t i = 0; i < l->count; i++) {
		struct str name = label_name(l, i), value = label_value(l, i);

		sum += XXH3_64bits_withSeed(name.at, name.len, seed) ^
		       XXH3_64bits_withSeed(value.at, value.len, seed + 1) *
			       UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum;
}
