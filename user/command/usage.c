/* SPDX-License-Identifier: Apache-2.0 */
#include "user/command/usage.h"

#include <stdio.h>

#include "user/base/exit.h"
#include "user/base/mem.h"
#include "user/config/option.h"
#include "user/config/suggest.h"

static const char *nearest(const char *given, const char *const *known)
{
	struct suggestion near = { .given = str_of(given) };

	for (; *known; known++)
		suggest(&near, *known);
	return near.best;
}

bool usage_near(const char *given, const char *const *known)
{
	const char *best = nearest(given, known);

	return best && strcmp(best, given) != 0;
}

int usage_unknown(const char *who, const char *what, const char *given, const char *const *known)
{
	_cleanup_(freep) char *shown = text_shown(str_of(given));
	const char *best = nearest(given, known);

	if (best) {
		fprintf(stderr, "%s: unknown %s %s; did you mean %s?\n", who, what, shown, best);
		return EXIT_USAGE;
	}
	fprintf(stderr, "%s: unknown %s %s; known:", who, what, shown);
	for (const char *between = " "; *known; known++, between = ", ")
		fprintf(stderr, "%s%s", between, *known);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

bool is_help(const char *argument)
{
	return argument && (!strcmp(argument, "--help") || !strcmp(argument, "-h"));
}
