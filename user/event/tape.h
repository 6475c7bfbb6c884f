/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape.h - records in a file, in the order the worker took them.
 *
 *	"sondeTP4"  8 bytes
 *	then records back to back, each padded with zeros to a multiple of 8.
 *
 * Byte order is the host's. A tape holds the first bytes of requests: it is as
 * secret as they are, and is created readable by its owner alone.
 */
#pragma once

#include "headers/record.h"
#include "user/base/str.h"

struct tape_writer;

/*
 * Takes `fd`, a regular file. `whole` says how many bytes of it are whole records and is kept
 * so: it outlives this process, and what one that was killed had half written is cut off by
 * the next. 0: a new tape. NULL when not even the magic could be written.
 */
struct tape_writer *tape_writer_new(int fd, uint64_t *whole);
/* Buffered. 0 or the negative errno of the write; after a failure nothing more is written. */
int tape_write(struct tape_writer *t, const struct record *record);
int tape_flush(struct tape_writer *t);
void tape_writer_free(struct tape_writer *t);

struct tape_error {
	uint64_t offset; /* where the bad record or the missing bytes begin */
	const char *what;
};

/*
 * Call `each` with each record of the tape in `bytes` (a whole file, mapped).
 * 0, or -EINVAL with `error` filled at the first place that is no record.
 */
int tape_read(struct str bytes, void (*each)(void *context, const struct record *record),
	      void *context, struct tape_error *error);
