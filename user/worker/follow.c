/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/follow.h"

#include "user/process/runtime_facts.h"
#include "user/runtime/runtime.h"

static bool runs_to_end(struct str name)
{
	for (size_t i = 0; runtimes[i]; i++)
		if (str_eq(name, str_of(runtimes[i]->name)))
			return runtimes[i]->runs_to_end;
	return false;
}

bool follow_runs_to_end(const struct process *process)
{
	struct str lines = str_of(process->runtimes), runtime, hooks;

	if (!lines.len)
		return false;
	while (take_runtime(&lines, &runtime, &hooks))
		if (!runs_to_end(runtime_name(runtime)))
			return false;
	return true;
}
