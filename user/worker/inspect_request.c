/* SPDX-License-Identifier: Apache-2.0 */
#include "user/worker/inspect_request.h"

#include "user/config/option.h"

/* The kernel's own highest pid. */
enum { PID_LIMIT = 4194304 };

ssize_t inspect_parse(struct str in, struct inspect_request *ret)
{
	const struct str explain = STR("explain ");
	struct str rest = str_first(in, INSPECT_REQUEST_BYTES), line;
	uint64_t pid;

	if (!take_until(&rest, '\n', &line))
		return in.len >= INSPECT_REQUEST_BYTES ? INSPECT_BAD : INSPECT_MORE;
	if (str_eq(line, STR("top"))) {
		*ret = (struct inspect_request){ .question = INSPECT_TOP };
		return (ssize_t)line.len + 1;
	}
	if (!str_starts(line, explain) ||
	    number_parse(str_after(line, explain.len), 1, PID_LIMIT, &pid))
		return INSPECT_BAD;
	*ret = (struct inspect_request){ .question = INSPECT_EXPLAIN, .pid = (uint32_t)pid };
	return (ssize_t)line.len + 1;
}
