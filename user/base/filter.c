/* SPDX-License-Identifier: Apache-2.0 */
#include "user/base/filter.h"

enum { PROTECT_EXEC = 4 };

scmp_filter_ctx filter_new(void)
{
	return seccomp_init(SCMP_ACT_KILL_PROCESS);
}

int filter_allow(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number >= 0)
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return error;
}

int filter_allow_memory(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, 0));

	return error ? error
		     : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROTECT_EXEC, 0));
}

int filter_enter(scmp_filter_ctx filter, int error)
{
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}
