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

/* Read the first of `argc` arguments. How many it took, or -EINVAL. */
static int flag_read(struct settings *settings, int argc, char **argv, struct config_error *error)
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
		if (argc < 2 || str_starts(str_of(argv[1]), STR("--")))
			return missing_value(option, error);
		value = str_of(argv[1]);
		took = 2;
	}
	who = xasprintf("--%s", option->key);
	if (settings_set(settings, option, value, &(struct source){ PLACE_FLAG, "flag", who },
			 error))
		return -EINVAL;
	return took;
}

int flags_read(struct settings *settings, int argc, char **argv, struct config_error *error)
{
	int i = 1;

	while (i < argc) {
		int took = flag_read(settings, argc - i, argv + i, error);

		if (took < 0)
			return -EINVAL;
		i += took;
	}
	return 0;
}
