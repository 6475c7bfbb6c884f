/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect_request.h - what `sonde explain` and `sonde top` ask the running agent.
 *
 *	"explain 4711\n"	what is known of a process
 *	"top\n"			the numbers of all services
 */
#pragma once

#include <sys/types.h>

#include "user/base/str.h"

enum { INSPECT_REQUEST_BYTES = 64 }; /* the longest, its line end included */

enum inspect_question { INSPECT_EXPLAIN, INSPECT_TOP };

struct inspect_request {
	enum inspect_question question;
	uint32_t pid; /* INSPECT_EXPLAIN */
};

/* What inspect_parse() returns besides a count of bytes used. */
enum { INSPECT_MORE = 0, INSPECT_BAD = -1 };

/* Take one request off the front of `in`; `ret` is written only when the result is > 0. */
ssize_t inspect_parse(struct str in, struct inspect_request *ret);
