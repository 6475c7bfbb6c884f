/* SPDX-License-Identifier: Apache-2.0 */
#include "user/process/runtime_facts.h"

#include "user/base/buf.h"
#include "user/base/mem.h"

/* Of one process; 8 files with four purposes each are less. */
enum { LINES_BYTES = 4096 };

struct str runtime_name(struct str runtime)
{
	struct str name = {};

	take_part(&runtime, ' ', &name);
	return name;
}

static bool is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return true;
}

void runtime_facts_learn(char **lines, struct str runtime, struct str hooks)
{
	struct buf kept = buf_new(LINES_BYTES);
	struct str rest = str_of(*lines), before, its_hooks;

	if (!runtime.len || !is_plain(runtime) || !is_plain(hooks))
		return;
	while (take_runtime(&rest, &before, &its_hooks))
		if (!str_eq(runtime_name(before), runtime_name(runtime)))
			buf_printf(&kept, "%.*s\t%.*s\n", STR_ARGS(before), STR_ARGS(its_hooks));
	if (!buf_printf(&kept, "%.*s\t%.*s\n", STR_ARGS(runtime), STR_ARGS(hooks))) {
		free(*lines);
		*lines = xstrndup(kept.at, kept.len);
	}
	buf_free(&kept);
}

bool take_runtime(struct str *lines, struct str *runtime, struct str *hooks)
{
	return take_until(lines, '\t', runtime) && take_until(lines, '\n', hooks);
}

bool take_hook(struct str *hooks, struct hook_fact *ret)
{
	struct str word;

	if (!take_part(hooks, ' ', &word))
		return false;
	*ret = (struct hook_fact){};
	take_part(&word, '=', &ret->purpose);
	take_part(&word, '/', &ret->flavour);
	ret->how = word;
	return true;
}
