/* SPDX-License-Identifier: Apache-2.0 */
#include "user/probes/refusal.h"

#include <assert.h>

#include "user/base/mem.h"

static const struct {
	const char *name, *sentence;
} refusals[] = {
	[REFUSED_NOT] = { "none", "" },
	[REFUSED_NO_HOOKS] = { "no-hooks",
			       "none of its functions or notes is in the file (stripped, or a "
			       "release that sonde does not know); a build with symbols has them" },
	[REFUSED_READER_FAILED] = { "reader-failed",
				    "its files could not be read; sonde's log says more" },
	[REFUSED_READER_LATE] = { "reader-late", "its files could not be read in time" },
	[REFUSED_READER_NONSENSE] = { "reader-nonsense",
				      "what was read from its files makes no sense" },
	[REFUSED_UNOPENED] = { "unopened", "a file of it could not be opened" },
	[REFUSED_UNREAD] = { "unread", "a file of it could not be read" },
	[REFUSED_OUTSIDE] = { "outside", "the place to probe is in no executable mapping of it" },
	[REFUSED_NO_INSTRUCTION] = { "no-instruction",
				     "no instruction begins at the place to probe" },
	[REFUSED_SEMAPHORE] = { "semaphore", "its USDT semaphore lies where none can be" },
	[REFUSED_FILE] = { "file", "its file cannot be read, or changed meanwhile" },
	[REFUSED_GONE] = { "gone", "it ended, or began another program" },
	[REFUSED_ATTACHER_LATE] = { "attacher-late", "attaching took too long" },
	[REFUSED_ATTACHER_FAILED] = { "attacher-failed", "who attaches ended without an answer" },
	[REFUSED_KERNEL] = { "kernel", "the kernel takes no probe there; sonde check says more" },
	[REFUSED_RETURN] = { "return", "it takes a probe at a function's return, by which this "
				       "kernel ends programs that have a seccomp filter; Linux "
				       "6.14 and later do not" },
	[REFUSED_LIMIT] = { "limit", "too many files or probes at once" },
};
static_assert(ARRAY_SIZE(refusals) == REFUSALS, "each refusal has its row");

const char *refusal_name(enum refusal refusal)
{
	return refusals[refusal].name;
}

const char *refusal_sentence(struct str name)
{
	for (size_t i = 0; i < REFUSALS; i++)
		if (str_eq(name, str_of(refusals[i].name)))
			return refusals[i].sentence;
	return NULL;
}
