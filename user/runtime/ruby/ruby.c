/* SPDX-License-Identifier: Apache-2.0 */
/* ruby.c - CRuby, as one program or as libruby-3.N.so: marks for SystemTap, else its own names. */
#include "user/runtime/ruby/pauses.h"

#include <stdio.h>

#include "user/elf/symbols.h"

static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	char text[6]; /* "3.1.2" and its NUL: all of it, however short it is */

	if (!symbols_exports(image, "ruby_run_node") || !symbols_exports(image, "ruby_version"))
		return false;
	if (!symbols_value(image, "ruby_version", text, sizeof(text)))
		snprintf(version, RUNTIME_VERSION, "%.*s", (int)sizeof(text), text);
	return true;
}

const struct runtime runtime_ruby = {
	.name = "ruby",
	.recognise = recognise,
	.describe = ruby_describe,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "garbage collections of Ruby",
			.sets = {
				{
					.name = "usdt",
					.hooks = {
						{ .place = PLACE_USDT,
						  .name = "ruby:gc__mark__begin",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_MARK },
						{ .place = PLACE_USDT,
						  .name = "ruby:gc__mark__end",
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_MARK },
						{ .place = PLACE_USDT,
						  .name = "ruby:gc__sweep__begin",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_SWEEP },
						{ .place = PLACE_USDT,
						  .name = "ruby:gc__sweep__end",
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_SWEEP },
					},
				},
				{
					.name = "gc_start",
					.hooks = {
						{ .name = "gc_start",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_GC },
						{ .name = "gc_start",
						  .at_return = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = RUBY_GC },
					},
				},
			},
		},
	},
};
