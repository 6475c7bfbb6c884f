/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsperf.h - the file of counters that HotSpot keeps for each JVM, /tmp/hsperfdata_USER/PID.
 *
 *	head, 32 bytes	ca fe c0 c0, byte order, version 2.0, ready?, bytes used, first entry, entries
 *	an entry	length, where its name is, where its value; 20 bytes, then both
 *
 * In the order of bytes of the machine that the JVM runs on (OpenJDK, perfMemory.hpp). The JVM
 * writes it while it is read, and the process it belongs to may write anything: each entry is
 * checked when it is stepped on, and what is given borrows from `bytes`.
 */
#pragma once

#include "user/base/str.h"

struct hsperf {
	struct str bytes; /* those in use */
	uint32_t first, count;
};

struct hsperf_entry {
	struct str name;
	bool is_number;
	int64_t number;
	struct str text; /* without its NUL; empty where it is a number, or neither */
};

/*
 * 0; -EAGAIN when the JVM has not made it ready; -EINVAL when it is none, of another version or
 * byte order, or ends before the bytes that it says are in use. `ret` is written only at 0.
 */
int hsperf_open(struct str bytes, struct hsperf *ret);

/* The entry at `at`. Its length, or 0 when there is none that is whole; `ret` is untouched then. */
uint32_t hsperf_entry(const struct hsperf *h, uint32_t at, struct hsperf_entry *ret);
