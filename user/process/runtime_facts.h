/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_facts.h - what is known of the runtimes in a process, as text.
 *
 *	"nodejs 20.20.2\tgc=callbacks/uprobe_multi\n"
 *	"cpython 3.11.2\tgc=none/no-hooks gil=libc/uprobe_multi\n"
 *
 * One line a runtime: its name and version, then for each purpose the flavour of hooks in use, or
 * "none", and how they are attached, or why not (a name of probes/refusal.h).
 */
#pragma once

#include "user/base/str.h"

struct hook_fact {
	struct str purpose, flavour, how;
};

/* Learn a line more, or anew of the runtime of that name. `*lines` is owned; NULL: none yet. */
void runtime_facts_learn(char **lines, struct str runtime, struct str hooks);
/* Take one line; false: there is no more. */
bool take_runtime(struct str *lines, struct str *runtime, struct str *hooks);
/* "nodejs" of "nodejs 20.20.2". */
struct str runtime_name(struct str runtime);
/* Take one purpose; false: there is no more. */
bool take_hook(struct str *hooks, struct hook_fact *ret);
