/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/names.h"

#include "user/base/mem.h"
#include "user/process/cgroup.h"
#include "user/process/environ.h"
#include "user/process/package.h"
#include "user/process/script.h"
#include "user/process/service_rule.h"

struct name_rule {
	const char *name;
	void (*find)(const struct clues *clues, struct buf *ret); /* appends nothing: not found */
};

struct str path_name(struct str path)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;

	return slash ? str_after(path, (size_t)(slash - path.at) + 1) : path;
}

static void by_services(const struct clues *c, struct buf *ret)
{
	const struct service_rule *rule =
		service_rule_find(c->config, c->exe, cgroup_path(c->cgroup), c->ports);

	if (rule)
		buf_add(ret, str_of(rule->name));
}

static void by_service_name(const struct clues *c, struct buf *ret)
{
	buf_add(ret, str_trim(environ_find(c->environ, STR("OTEL_SERVICE_NAME"))));
}

static void by_resource_attributes(const struct clues *c, struct buf *ret)
{
	resource_attribute_find(c->environ, STR("service.name"), ret);
}

/* systemd.unit(5): "\x2d" in a unit's name is '-'. */
static void add_unescaped(struct str text, struct buf *ret)
{
	static const char digits[] = "0123456789abcdef";

	while (text.len) {
		const char *high = text.len >= 4 && str_starts(text, STR("\\x"))
					   ? memchr(digits, text.at[2], 16)
					   : NULL;
		const char *low = high ? memchr(digits, text.at[3], 16) : NULL;
		char byte = low ? (char)((high - digits) << 4 | (low - digits)) : 0;

		buf_add_byte(ret, byte ? byte : text.at[0]);
		text = str_after(text, byte ? 4 : 1);
	}
}

/* "shop@1.service" is one of many shops. */
static void by_systemd_unit(const struct clues *c, struct buf *ret)
{
	struct str unit = cgroup_unit(c->cgroup), template = unit;

	if (!unit.len)
		return;
	if (take_until(&unit, '@', &template) && template.len)
		add_unescaped(template, ret);
	else
		add_unescaped(str_first(template, template.len - strlen(".service")), ret);
}

static bool is_among(const struct str *words, size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

/* shop/src/index.js says "shop": neither what every script is called nor where it is built. */
static void add_script_file(const struct interpreter *interpreter, struct str path, struct buf *ret)
{
	static const struct str common[] = { STR("index"), STR("main"), STR("__main__") };
	static const struct str places[] = { STR("dist"), STR("build"), STR("src"),
					     STR("lib"),  STR("bin"),	STR("out"),
					     STR("app"),  STR("."),	STR("..") };
	struct str name = script_name(interpreter, path), directory;

	if (is_among(common, ARRAY_SIZE(common), name)) {
		do {
			path.len -= path_name(path).len;
			path.len -= path.len > 0;
			directory = path_name(path);
		} while (is_among(places, ARRAY_SIZE(places), directory));
		if (directory.len)
			name = directory;
	}
	buf_add(ret, name);
}

static void by_script(const struct clues *c, struct buf *ret)
{
	const struct interpreter *interpreter = interpreter_find(path_name(c->exe));
	enum script_kind kind;
	struct str script, name;

	if (!interpreter)
		return;
	kind = script_find(interpreter, c->cmdline, &script);
	if (kind == SCRIPT_NAME && take_part(&script, '/', &name)) /* Java's module/class */
		buf_add(ret, name);
	if (kind != SCRIPT_FILE)
		return;
	if (!interpreter->package || !package_name(c->files, script, ret))
		add_script_file(interpreter, script, ret);
}

static void by_executable(const struct clues *c, struct buf *ret)
{
	buf_add(ret, path_name(c->exe));
}

static void by_comm(const struct clues *c, struct buf *ret)
{
	buf_add(ret, c->comm);
}

static const struct name_rule rules[] = {
	{ "services", by_services },
	{ "OTEL_SERVICE_NAME", by_service_name },
	{ "OTEL_RESOURCE_ATTRIBUTES", by_resource_attributes },
	{ "systemd-unit", by_systemd_unit },
	{ "script", by_script },
	{ "executable", by_executable },
	{ "comm", by_comm },
};

const char *service_name_find(const struct clues *clues, struct buf *ret)
{
	size_t before = ret->len;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		rules[i].find(clues, ret);
		/* A file may hold NULs where the kernel writes none. */
		if (ret->len > before)
			ret->len = before + strnlen(ret->at + before, ret->len - before);
		if (ret->len > before)
			return rules[i].name;
	}
	buf_add(ret, STR("unknown_service"));
	return "none";
}
