/* SPDX-License-Identifier: Apache-2.0 */
#include "user/model/resource.h"

#include "user/base/limits.h"
#include "user/base/mem.h"
#include "user/model/route.h"

static struct str cut(struct str s)
{
	return attribute_cut(s, LIMIT_ATTRIBUTE_BYTES);
}

static struct str copy(struct str s, char **to)
{
	struct str ret = { *to, s.len };

	if (s.len)
		memcpy(*to, s.at, s.len);
	*to += s.len;
	return ret;
}

static struct str text_of(const struct resource *r, struct str key)
{
	const struct attribute *a = attribute_find(r->attributes, r->attribute_count, key);

	return a && a->type == ATTRIBUTE_TEXT ? a->text : (struct str){};
}

static size_t text_bytes(const struct attribute *attributes, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += cut(attributes[i].key).len;
		if (attribute_is_text(&attributes[i]))
			bytes += cut(attributes[i].text).len;
	}
	return bytes;
}

struct resource *resource_new(const struct attribute *attributes, size_t count)
{
	static uint32_t last_id;
	struct resource *r = xcalloc(1, sizeof(*r));
	char *to;

	r->references = 1;
	r->id = ++last_id;
	r->attribute_count = count < RESOURCE_ATTRIBUTES ? count : RESOURCE_ATTRIBUTES;
	r->texts = to = xcalloc(1, text_bytes(attributes, r->attribute_count));
	for (size_t i = 0; i < r->attribute_count; i++) {
		r->attributes[i] = attributes[i];
		r->attributes[i].key = copy(cut(attributes[i].key), &to);
		if (attribute_is_text(&attributes[i]))
			r->attributes[i].text = copy(cut(attributes[i].text), &to);
	}
	r->service_name = text_of(r, STR("service.name"));
	r->service_namespace = text_of(r, STR("service.namespace"));
	r->service_instance = text_of(r, STR("service.instance.id"));
	return r;
}

struct resource *resource_ref(const struct resource *r)
{
	struct resource *counted = (struct resource *)r;

	counted->references++;
	return counted;
}

void resource_unref(struct resource *r)
{
	if (!r || --r->references)
		return;
	routes_unref(r->routes);
	free(r->texts);
	free(r);
}

bool resource_is_over(const struct resource *r, uint64_t now_ns, uint64_t keep_ns)
{
	return r->replaced ||
	       (r->ended_ns && now_ns >= r->ended_ns && now_ns - r->ended_ns >= keep_ns);
}

bool resource_speaks(const struct resource *r, struct str language)
{
	return r && str_eq(text_of(r, STR("telemetry.sdk.language")), language);
}
