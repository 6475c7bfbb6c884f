/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unread.h - how many connections of a process were not read, and why.
 *
 * A connection is gone when somebody asks why nothing is seen of it; these counts
 * stay as long as its process is known.
 */
#pragma once

#include "user/exchange/exchange.h"
#include "user/process/process.h"

struct unread_table;

/* At most `limit` processes; past that, those that are not known any more make room. */
struct unread_table *unread_new(size_t limit);
void unread_free(struct unread_table *t);
void unread_count(struct unread_table *t, struct processes *processes, struct process_id process,
		  enum unread reason);
void unread_of(const struct unread_table *t, struct process_id process, uint64_t ret[UNREADS]);
