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

void follows_init(struct follows *f, uint32_t *cells)
{
	*f = (struct follows){ .cells = cells };
	for (size_t i = 0; i < FOLLOW_CELLS; i++)
		__atomic_store_n(&cells[i], 0, __ATOMIC_RELAXED);
}

void follows_set(struct follows *f, uint32_t tgid, uint32_t mask, uint32_t flags)
{
	uint32_t *there = &f->cells[tgid % FOLLOW_CELLS],
		 *refused = &f->refused[tgid % FOLLOW_CELLS];
	uint32_t before = __atomic_load_n(there, __ATOMIC_RELAXED), after;

	if (before && (before & FOLLOW_ID) != tgid) {
		f->lost += flags && *refused != tgid;
		*refused = flags ? tgid : *refused;
		return;
	}
	after = (before & ~mask & ~FOLLOW_ID) | flags;
	after |= after ? tgid : 0;
	if (before != after) /* it is said again with each call */
		__atomic_store_n(there, after, __ATOMIC_RELAXED);
}
