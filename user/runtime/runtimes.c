/* SPDX-License-Identifier: Apache-2.0 */
#include "user/runtime/runtime.h"

extern const struct runtime runtime_nodejs, runtime_jvm, runtime_cpython, runtime_go, runtime_ruby,
	runtime_php;

/* Their places are their numbers in records: on a tape too, so a new one goes to the end. */
const struct runtime *const runtimes[] = {
	&runtime_nodejs, &runtime_jvm, &runtime_cpython, &runtime_go, &runtime_ruby,
	&runtime_php,	 NULL,
};

static_assert(sizeof(runtimes) / sizeof(runtimes[0]) <= RUNTIMES_MAX + 1, "raise RUNTIMES_MAX");

uint64_t hook_collects(const struct purpose *purpose, const struct hook *hook)
{
	if (!purpose->collects)
		return 0;
	return hook->collecting ? hook->collecting : COLLECTS_ALL;
}
