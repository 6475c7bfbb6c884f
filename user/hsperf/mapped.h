/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapped.h - where a JVM's file of counters is.
 *
 * Its name has the user's in it, which inside a container only the container knows. Who has it
 * mapped says its path; a file that an earlier process with that id left behind is mapped by
 * nobody, and a JVM that keeps no counters, or not in a file, maps none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What is asked for in its place. */
#define HSPERF_PATTERN "/tmp/hsperfdata_*/*"

/*
 * In /proc/PID/maps, the file of the process with this id in its own pid namespace, as text with a
 * NUL. -ENOENT when it is not there (tools map those of other processes), or not in the first
 * LIMIT_MAPS_BYTES.
 */
int hsperf_mapped(int maps, uint32_t inner_pid, char *ret, size_t size);
