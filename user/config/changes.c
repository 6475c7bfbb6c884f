/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c - what two configurations differ in, and what a running sonde is told to watch. */
#include <stdlib.h>

#include "user/config/services.h"
#include "user/config/settings.h"

static void add_key(const char *key, struct buf *ret)
{
	if (ret->len)
		buf_add_byte(ret, ',');
	buf_add(ret, str_of(key));
}

static char *services_text(const struct config *config)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		abort();
	services_print(config, "", to);
	fclose(to);
	return text;
}

static bool same_services(const struct config *before, const struct config *now)
{
	char *one = services_text(before), *other = services_text(now);
	bool same = !strcmp(one, other);

	free(one);
	free(other);
	return same;
}

void config_changes(const struct config *before, const struct config *now, enum taken taken,
		    struct buf *ret)
{
	const struct settings *one = (const void *)before, *other = (const void *)now;

	for (size_t i = 0; i < option_count; i++)
		if (options[i].taken == taken &&
		    !str_eq(buf_str(&one->origins[i].said), buf_str(&other->origins[i].said)))
			add_key(options[i].key, ret);
	if (taken == TAKEN_BY_NEXT_WORKER && !same_services(before, now))
		add_key("services", ret);
}

void config_watch_flags(const struct config *config, struct buf *ret)
{
	const struct settings *settings = (const void *)config;

	for (size_t i = 0; i < option_count; i++) {
		struct str said = buf_str(&settings->origins[i].said), text;

		if (!str_starts(str_of(options[i].key), STR("watch.")))
			continue;
		while (take_until(&said, '\0', &text)) {
			if (!text.len && said.len)
				continue; /* a list in YAML begins so */
			buf_printf(ret, "--%s=%.*s", options[i].key, STR_ARGS(text));
			buf_add_byte(ret, '\0');
		}
	}
}
