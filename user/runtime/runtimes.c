/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/cpython/pauses.h"
#include "user/runtime/go/pauses.h"
#include "user/runtime/jvm/pauses.h"
#include "user/runtime/nodejs/pauses.h"
#include "user/runtime/php/pauses.h"
#include "user/runtime/ruby/pauses.h"

const struct runtime *const runtimes[] = {
	&(const struct runtime){ .name = "nodejs", .describe = nodejs_describe },
	&(const struct runtime){ .name = "jvm", .describe = jvm_describe },
	&(const struct runtime){ .name = "cpython", .describe = cpython_describe },
	&(const struct runtime){ .name = "go", .describe = go_describe },
	&(const struct runtime){ .name = "ruby", .describe = ruby_describe },
	&(const struct runtime){ .name = "php", .describe = php_describe },
	NULL,
};
