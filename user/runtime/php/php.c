/* SPDX-License-Identifier: Apache-2.0 */
/* php.c - PHP 7 and 8, as php, php-fpm or libphp.so: the collector's function is exported by all. */
#include "user/runtime/php/pauses.h"

#include "user/elf/symbols.h"

static bool recognise(const struct image *image, char version[static RUNTIME_VERSION])
{
	if (!symbols_exports(image, "php_request_startup") ||
	    !symbols_exports(image, "zend_gc_collect_cycles"))
		return false;
	image_version_after(image, ".rodata", STR("X-Powered-By: PHP/"), version, RUNTIME_VERSION);
	return true;
}

const struct runtime runtime_php = {
	.name = "php",
	.recognise = recognise,
	.describe = php_describe,
	.purposes = {
		{
			.name = "gc",
			.collects = true,
			.without = "collections of cycles of PHP",
			.sets = {
				{
					.name = "zend_gc_collect_cycles",
					.hooks = {
						{ .name = "zend_gc_collect_cycles",
						  .action = PROBE_BEGIN,
						  .scope = PROBE_THREAD,
						  .kind = PHP_CYCLES },
						{ .name = "zend_gc_collect_cycles",
						  .at_return = true,
						  .action = PROBE_END,
						  .scope = PROBE_THREAD,
						  .kind = PHP_CYCLES },
					},
				},
			},
		},
	},
};
