/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/script.h"

#include "user/base/mem.h"

static const struct interpreter interpreters[] = {
	{
		.name = "node",
		.language = "nodejs",
		.valued = " -r --require --import --loader --experimental-loader -C --conditions "
			  "--inspect-port --icu-data-dir --title --stack-trace-limit ",
		.code = " -e --eval -p --print -pe - ",
		.verbs = " inspect ",
		.ending = " .js .mjs .cjs .ts ",
		.package = true,
	},
	{
		.name = "deno",
		.language = "nodejs",
		.valued = " -c --config --import-map --lock --cert ",
		.verbs = " run serve ",
		.ending = " .js .mjs .ts .tsx ",
		.package = true,
	},
	{
		.name = "bun",
		.language = "nodejs",
		.valued = " -r --preload --cwd -c --config ",
		.code = " -e --eval ",
		.verbs = " run ",
		.ending = " .js .mjs .ts .tsx ",
		.package = true,
	},
	{
		.name = "python",
		.language = "python",
		.valued = " -W -X --check-hash-based-pycs ",
		.code = " -c - ",
		.module = " -m ",
		.ending = " .py .pyc ",
		.clusters = true,
	},
	{
		.name = "java",
		.language = "java",
		.valued = " -cp -classpath --class-path -p --module-path --add-modules "
			  "--add-opens --add-exports --add-reads --patch-module "
			  "--limit-modules --upgrade-module-path --source ",
		.file = " -jar ",
		.module = " -m --module ",
		.ending = " .jar .war .java ",
		.class = true,
	},
	{
		.name = "ruby",
		.language = "ruby",
		.valued = " -I -r -C -E ",
		.code = " -e - ",
		.verbs = " -S ",
		.ending = " .rb .ru ",
	},
	{
		.name = "php",
		.language = "php",
		.valued = " -S -t -d -c -z ",
		.code = " -r - ",
		.file = " -f ",
		.ending = " .php ",
	},
	{
		.name = "perl",
		.valued = " -I ",
		.code = " -e -E - ",
		.ending = " .pl .psgi ",
	},
	{
		.name = "dotnet",
		.language = "dotnet",
		.valued = " --roll-forward --additionalprobingpath --depsfile --runtimeconfig "
			  "--fx-version ",
		.code = " run test build watch ",
		.verbs = " exec ",
		.ending = " .dll .exe ",
	},
	{ .name = "beam.smp", .language = "erlang", .code = " -- " },
};

/* Other names of the same. */
static const struct {
	const char *name, *same_as;
} aliases[] = { { "nodejs", "node" }, { "pypy", "python" }, { "jruby", "ruby" } };

static bool is_among(const char *words, struct str word)
{
	const char *at = words;

	if (!words || !word.len)
		return false;
	while ((at = strchr(at, ' ')) && *++at) {
		size_t len = strcspn(at, " ");

		if (len == word.len && !memcmp(at, word.at, len))
			return true;
	}
	return false;
}

static struct str without_version(struct str name)
{
	while (name.len && strchr("0123456789.-", name.at[name.len - 1]) && name.at[name.len - 1])
		name.len--;
	return name;
}

const struct interpreter *interpreter_find(struct str exe_name)
{
	struct str name = without_version(exe_name);

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_eq(str_of(aliases[i].name), name))
			name = str_of(aliases[i].same_as);
	for (size_t i = 0; i < ARRAY_SIZE(interpreters); i++)
		if (str_eq(str_of(interpreters[i].name), name))
			return &interpreters[i];
	return NULL;
}

static bool ends_with(struct str s, struct str ending)
{
	return s.len > ending.len && !memcmp(s.at + s.len - ending.len, ending.at, ending.len);
}

/* The one of the interpreter's endings that `s` has; empty when it has none. */
static struct str ending_of(const struct interpreter *i, struct str s)
{
	struct str endings = str_of(i->ending), ending;

	while (take_part(&endings, ' ', &ending))
		if (ending.len && ends_with(s, ending))
			return ending;
	return (struct str){};
}

/* Letters of "-um" up to one that has a meaning here; what follows it is its value. */
static enum script_kind cluster_find(const struct interpreter *interpreter, struct str option,
				     struct str *rest, bool *done, struct str *ret)
{
	for (size_t i = 1; i < option.len; i++) {
		char text[] = { '-', option.at[i] };
		struct str letter = { text, 2 }, value = str_after(option, i + 1);

		*done = is_among(interpreter->code, letter) ||
			is_among(interpreter->module, letter);
		if (!*done && !is_among(interpreter->valued, letter))
			continue;
		if (!value.len && !take_part(rest, '\0', &value))
			return SCRIPT_NONE;
		if (!is_among(interpreter->module, letter))
			return SCRIPT_NONE;
		*ret = value;
		return value.len ? SCRIPT_NAME : SCRIPT_NONE;
	}
	return SCRIPT_NONE;
}

/* One option, and its value off `rest`. `done` says that it decided. */
static enum script_kind option_find(const struct interpreter *i, struct str option,
				    struct str *rest, bool *done, struct str *ret)
{
	struct str value;

	if (i->clusters && option.len > 1 && option.at[1] != '-')
		return cluster_find(i, option, rest, done, ret);
	if (is_among(i->valued, option)) {
		take_part(rest, '\0', &value);
		return SCRIPT_NONE;
	}
	*done = is_among(i->file, option) || is_among(i->module, option);
	if (!*done || !take_part(rest, '\0', &value) || !value.len)
		return SCRIPT_NONE;
	*ret = value;
	return is_among(i->file, option) ? SCRIPT_FILE : SCRIPT_NAME;
}

enum script_kind script_find(const struct interpreter *i, struct str cmdline, struct str *ret)
{
	struct str rest = cmdline, word;
	bool done = false, options = true;

	if (!take_part(&rest, '\0', &word)) /* argv[0] */
		return SCRIPT_NONE;
	while (take_part(&rest, '\0', &word)) {
		if (!word.len || is_among(i->code, word))
			return SCRIPT_NONE;
		if (options && is_among(i->verbs, word))
			continue;
		if (options && str_eq(word, STR("--"))) {
			options = false;
		} else if (options && word.at[0] == '-') {
			enum script_kind kind = option_find(i, word, &rest, &done, ret);

			if (done)
				return kind;
		} else if (word.at[0] != '@' || !i->class) {
			*ret = word;
			return i->class && !ending_of(i, word).len ? SCRIPT_NAME : SCRIPT_FILE;
		}
	}
	return SCRIPT_NONE;
}

/* Cut "-1.2.3-SNAPSHOT" off: a service keeps its name when it is released. */
static struct str without_release(struct str name)
{
	for (size_t i = 1; i + 1 < name.len; i++) {
		size_t end = i + 1;

		if (name.at[i] != '-')
			continue;
		while (end < name.len && name.at[end] >= '0' && name.at[end] <= '9')
			end++;
		if (end > i + 1 && end < name.len && name.at[end] == '.')
			return str_first(name, i);
	}
	return name;
}

struct str script_name(const struct interpreter *interpreter, struct str path)
{
	const char *slash;
	struct str name = path;

	while (name.len && name.at[name.len - 1] == '/')
		name.len--;
	slash = name.len ? memrchr(name.at, '/', name.len) : NULL;
	if (slash)
		name = str_after(name, (size_t)(slash - name.at) + 1);
	name.len -= ending_of(interpreter, name).len;
	return interpreter->class ? without_release(name) : name;
}
