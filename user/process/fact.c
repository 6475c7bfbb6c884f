/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/fact.h"

#include <assert.h>
#include <errno.h>

#include "user/base/limits.h"
#include "user/base/mem.h"

static const struct str names[] = {
	[FACT_EVENT] = STR("event"),
	[FACT_PARENT] = STR("parent"),
	[FACT_PARENT_STARTED] = STR("parent_started"),
	[FACT_EXE] = STR("exe"),
	[FACT_COMM] = STR("comm"),
	[FACT_COMMAND] = STR("command"),
	[FACT_OWNER] = STR("owner"),
	[FACT_CONTAINER] = STR("container"),
	[FACT_UNIT] = STR("unit"),
	[FACT_CGROUP] = STR("cgroup"),
	[FACT_PORTS] = STR("ports"),
	[FACT_WATCHED_BY] = STR("watched_by"),
	[FACT_NAME] = STR("name"),
	[FACT_NAME_RULE] = STR("name_rule"),
	[FACT_NAMESPACE] = STR("namespace"),
	[FACT_INSTANCE] = STR("instance"),
	[FACT_VERSION] = STR("version"),
	[FACT_LANGUAGE] = STR("language"),
	[FACT_RESOURCE] = STR("resource"),
	[FACT_HOST_ID] = STR("host_id"),
	[FACT_HOST_NAME] = STR("host_name"),
	[FACT_HOST_ARCH] = STR("host_arch"),
	[FACT_CREATED] = STR("created"),
	[FACT_SDK] = STR("sdk"),
	[FACT_RUNTIME] = STR("runtime"),
	[FACT_HOOKS] = STR("hooks"),
};
static_assert(ARRAY_SIZE(names) == FACTS, "each fact has its key");

static void facts_set(struct facts *f, struct str key, struct str value)
{
	for (size_t i = 0; i < FACTS; i++) {
		if (!str_eq(names[i], key))
			continue;
		if (i == FACT_RESOURCE && f->resource_count < RESOURCE_ATTRIBUTES)
			f->resource[f->resource_count++] = value;
		else if (i == FACT_RESOURCE)
			f->resource_dropped++;
		else if (!f->at[i].len)
			f->at[i] = str_first(value, LIMIT_ATTRIBUTE_BYTES);
	}
}

int facts_parse(struct str payload, struct facts *ret)
{
	struct facts f = {};
	struct str text, key;

	while (payload.len) {
		if (!take_until(&payload, '\0', &text) || !take_until(&text, '=', &key))
			return -EINVAL;
		facts_set(&f, key, text);
	}
	if (!f.at[FACT_EVENT].len)
		return -EINVAL;
	*ret = f;
	return 0;
}

int fact_add(struct buf *payload, enum fact fact, struct str value)
{
	size_t before = payload->len;
	int r;

	value = str_first(value, LIMIT_ATTRIBUTE_BYTES);
	value.len = value.len ? strnlen(value.at, value.len) : 0;
	if (!value.len)
		return 0;
	r = buf_add(payload, names[fact]);
	r |= buf_add_byte(payload, '=');
	r |= buf_add(payload, value);
	r |= buf_add_byte(payload, '\0');
	if (r)
		payload->len = before;
	return r;
}

uint64_t fact_number(struct str value)
{
	uint64_t n = 0;

	if (value.len > 19)
		return 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return 0;
		n = n * 10 + (uint64_t)(value.at[i] - '0');
	}
	return n;
}
