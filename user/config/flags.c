/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c - --web.max-requests=40, --web.max-requests 40, --watch.all. */
#include <errno.h>

#include "user/base/mem.h"
#include "user/config/field.h"
#include "user/config/settings.h"
#include "user/config/suggest.h"

static int unknown_flag(struct str name, struct config_error *error)
{
	struct suggestion near = { .given = name };
	_cleanup_(freep) char *text = text_shown(name);

	for (size_t i = 0; i < option_count; i++)
		suggest(&near, options[i].key);
	if (!near.best)
		return config_fail(error, "--%s: unknown option; see --help", text);
	return config_fail(error, "--%s: unknown option; did you mean --%s?", text, near.best);
}

static int missing_value(const struct option *option, struct config_error *error)
{
	_cleanup_(freep) char *expected = field_expected(option);

	return config_fail(error, "--%s: needs %s", option->key, expected);
}

/* Read the flag at argv[0]. How many arguments it took, or -EINVAL. */
static int flag_read(struct settings *settings, char **argv, struct config_error *error)
{
	struct str value = str_of(argv[0]), name;
	const struct option *option;
	_cleanup_(freep) char *who = NULL;
	int took = 1;

	if (!str_starts(value, STR("--")) || value.len == 2) {
		who = text_shown(value);
		return config_fail(error, "%s: unexpected argument; options look like --watch.all",
				   who);
	}
	name = value = str_after(value, 2);
	if (!take_until(&value, '=', &name))
		value = (struct str){};
	option = option_find(name);
	if (!option)
		return unknown_flag(name, error);
	if (!value.at && option->type == &type_bool) {
		value = STR("true");
	} else if (!value.at) {
		if (!argv[1] || str_starts(str_of(argv[1]), STR("--")))
			return missing_value(option, error);
		value = str_of(argv[1]);
		took = 2;
	}
	who = xasprintf("--%s", option->key);
	return settings_set(settings, option, value, &(struct source){ PLACE_FLAG, "flag", who },
			    error)
		       ? -1
		       : took;
}

int flags_read(struct settings *settings, int argc, char **argv, struct config_error *error)
{
	/* flag_read() looks at what follows: argv ends with NULL only in main(). */
	_cleanup_(freep) char **args = xcalloc((size_t)(argc > 0 ? argc : 0) + 1, sizeof(*args));
	int i = 1;

	for (int n = 0; n < argc; n++)
		args[n] = argv[n];
	while (i < argc) {
		int took = flag_read(settings, args + i, error);

		if (took < 0)
			return -EINVAL;
		i += took;
	}
	return 0;
}
